// Who is signed in on this phone, and what was last heard from the server: kept, so that a phone without network still shows its duty.
import { ref, watch } from 'vue'
import { get, type Me, post, type Schemas, setCsrf, whenSignedOut } from '../api/api'
import { drain, speakFor } from './outbox'

export type Duty = Schemas['Duty']
export type Patrol = Schemas['Patrol']
export type Trip = Schemas['Trip']

export const me = ref<Me | null>(null)
export const ready = ref(false)
export const duties = ref<Duty[]>([])
export const patrols = ref<Patrol[]>([])
export const school = ref<Schemas['School'] | null>(null)
export const trips = ref<Trip[]>([])
export const toast = ref('')
let timer = 0

export function tell(text: string): void {
  toast.value = text
  clearTimeout(timer)
  timer = window.setTimeout(() => (toast.value = ''), 5000)
}
export const may = (permission: string): boolean => me.value?.permissions.includes(permission) ?? false

const KEY = 'huxue.phone'
function keep(): void {
  localStorage.setItem(KEY, JSON.stringify({ me: me.value, duties: duties.value, patrols: patrols.value, school: school.value, trips: trips.value }))
}
watch(() => me.value?.id ?? 0, speakFor)
watch([duties, patrols, trips], keep) // also what the phone did itself while there was no network
function recall(): void {
  try {
    const k = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { me: Me; duties: Duty[]; patrols: Patrol[]; school: Schemas['School'] | null; trips: Trip[] } | null
    if (k === null) return
    me.value = k.me
    setCsrf(k.me.csrf) // what waits is sent with it as soon as there is a network
    duties.value = k.duties
    patrols.value = k.patrols
    school.value = k.school
    trips.value = k.trips
  } catch {
    localStorage.removeItem(KEY)
  }
}
function forget(): void {
  me.value = null
  localStorage.removeItem(KEY)
}
whenSignedOut(forget)

export function begin(who: Me): void {
  setCsrf(who.csrf)
  me.value = who
  keep()
  void reload()
  void drain()
}
/** The address of a QR picture carries a code behind '#': it signs this phone in, once. */
async function joinByCode(): Promise<void> {
  const secret = /^#j=([0-9A-Fa-f]{64})$/.exec(location.hash)?.[1]
  if (secret === undefined) return
  history.replaceState(null, '', '/m/')
  const r = await post<Me>('/v1/join', { secret })
  if (!r.ok) tell(r.message)
}
export async function resume(): Promise<void> {
  await joinByCode()
  recall()
  const r = await get<Me>('/v1/me')
  if (r.ok) begin(r.value)
  else if (r.code !== 'offline') forget()
  ready.value = true
}
export async function signOut(): Promise<void> {
  await post('/v1/logout')
  forget()
}

async function items<T>(path: string): Promise<T[] | null> {
  const r = await get<{ items: T[] }>(path)
  return r.ok ? r.value.items : null
}
export async function reload(): Promise<void> {
  if (me.value === null) return
  const [d, p, t] = await Promise.all([
    may('duty.report') ? items<Duty>('/v1/duties/mine') : null,
    may('duty.report') ? get<Schemas['MyPatrols']>('/v1/patrols/mine') : null,
    may('duty.report') ? items<Trip>('/v1/trips/mine') : null,
  ])
  if (d !== null) duties.value = d
  if (p?.ok) (patrols.value = p.value.patrols), (school.value = p.value.school)
  if (t !== null) trips.value = t
  keep()
}
