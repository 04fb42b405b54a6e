// Where the phone is, while somebody looks at it.
import { ref } from 'vue'

export interface Place { lon: number; lat: number; accuracy_m: number; at: number }
export const place = ref<Place | null>(null)
export const denied = ref(false)

export function watchPlace(): void {
  if (!('geolocation' in navigator)) {
    denied.value = true
    return
  }
  navigator.geolocation.watchPosition(
    (p) => {
      place.value = { lon: Number(p.coords.longitude.toFixed(7)), lat: Number(p.coords.latitude.toFixed(7)), accuracy_m: Math.round(p.coords.accuracy), at: Date.now() }
      denied.value = false
    },
    (e) => (denied.value = e.code === e.PERMISSION_DENIED),
    { enableHighAccuracy: true, maximumAge: 10_000, timeout: 20_000 },
  )
}
/** The fields of a request; none where there is no fresh position. */
export function placeFields(): Record<string, number> {
  const p = place.value
  return p === null || Date.now() - p.at > 120_000 ? {} : { lon: p.lon, lat: p.lat, accuracy_m: p.accuracy_m }
}
export function metresTo(lon: number, lat: number): number | null {
  const p = place.value
  if (p === null) return null
  const k = Math.cos((lat * Math.PI) / 180)
  return Math.round(Math.hypot((p.lon - lon) * k, p.lat - lat) * 111195)
}
