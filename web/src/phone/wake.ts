// Being woken while the page is closed: the browser's push service brings what only this browser can open.
import { ref } from 'vue'
import { get, post } from '../api/api'

export type Wake = 'off' | 'on' | 'refused' | 'unable' | 'not_here' // unable: this browser cannot; not_here: this server does not
interface State { on: boolean; key: string; devices: { endpoint: string; pushed_at: string | null; fault: string }[] }
export const wake = ref<Wake>('unable')
export const wakeFault = ref('')

const worker = async (): Promise<ServiceWorkerRegistration | undefined> => ('serviceWorker' in navigator ? navigator.serviceWorker.getRegistration('/m/').catch(() => undefined) : undefined)
const able = (): boolean => 'PushManager' in window && 'Notification' in window && window.isSecureContext

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const raw = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(raw, (c) => c.charCodeAt(0))
}
export async function lookWake(): Promise<void> {
  wakeFault.value = ''
  const r = await get<State>('/v1/push')
  if (!r.ok) return
  if (!r.value.on) return void (wake.value = 'not_here')
  const there = able() ? await worker() : undefined
  if (there === undefined) return void (wake.value = 'unable')
  if (Notification.permission === 'denied') return void (wake.value = 'refused')
  const mine = await there.pushManager.getSubscription()
  const known = r.value.devices.find((d) => d.endpoint === mine?.endpoint)
  wake.value = known ? 'on' : 'off'
  wakeFault.value = known?.fault ?? ''
}
/** After a touch: browsers ask their user only then. */
export async function switchOn(): Promise<void> {
  const there = await worker()
  const r = await get<State>('/v1/push')
  if (there === undefined || !r.ok) return
  if ((await Notification.requestPermission()) !== 'granted') return void (wake.value = 'refused')
  try {
    const s = (await there.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(r.value.key) })).toJSON()
    const kept = await post('/v1/push/devices', { endpoint: s.endpoint, p256dh: s.keys!.p256dh, auth: s.keys!.auth, name: navigator.userAgent.replace(/^.*?\(([^;)]*).*$/, '$1').slice(0, 60) })
    await lookWake()
    if (!kept.ok) wakeFault.value = kept.message
  } catch (e) {
    wakeFault.value = (e as Error).message // its push service cannot be reached
  }
}
/** Also when its user signs out: the next one of this phone is not told what was meant for them. */
export async function switchOff(): Promise<void> {
  const mine = able() ? await (await worker())?.pushManager.getSubscription() : undefined
  if (!mine) return
  await post('/v1/push/forget', { endpoint: mine.endpoint })
  await mine.unsubscribe().catch(() => false)
  await lookWake()
}
export async function tryWake(): Promise<void> {
  const r = await post('/v1/push/test')
  wakeFault.value = r.ok ? '' : r.message
}
