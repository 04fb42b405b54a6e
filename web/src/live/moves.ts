// Where units go is no event (a car tells its place every ten seconds): a map that is looked at asks for what moved.
import { onMounted, onUnmounted } from 'vue'
import { list, type Schemas } from '../api/api'
import { units, unitsRev } from './store'

const EVERY_MS = 5000
async function look(): Promise<void> {
  if (document.hidden || units.size === 0) return
  let newest = 0
  for (const u of units.values()) newest = Math.max(newest, Date.parse(u.position_at))
  const moved = await list<Schemas['UnitMove']>(`/v1/unit-moves?after=${newest}`)
  for (const m of moved) {
    const u = units.get(m.id)
    if (u !== undefined) units.set(m.id, { ...u, lon: m.lon, lat: m.lat, position_at: m.position_at })
  }
  if (moved.length > 0) unitsRev.value++
}
export function useMoves(): void {
  let timer = 0
  onMounted(() => (timer = window.setInterval(() => void look(), EVERY_MS)))
  onUnmounted(() => clearInterval(timer))
}
