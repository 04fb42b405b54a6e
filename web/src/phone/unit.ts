// The unit that this person is with, and its orders: heard at once over the live feed. While with one, the phone tells where it stands.
import { computed, ref } from 'vue'
import { call, get, patch, post, type Schemas } from '../api/api'
import { tone } from '../live/tone'
import { makeFeed } from './feed'
import { online } from './outbox'
import { place, placeFields } from './place'
import { may, me, tell } from './state'

type MyUnit = Schemas['MyUnit']
export type Order = Schemas['Order']
export type UnitStatus = 'available' | 'patrol' | 'busy' | 'off'
export const mine = ref<MyUnit | null>(null)
export const orders = computed(() => mine.value?.orders ?? [])
const PLACE_MS = 10_000
let timer = 0

function ringFor(fresh: Order[]): void {
  if (fresh.length === 0) return
  for (let i = 0; i < 3; i++) tone(i % 2 ? 1000 : 800, i * 0.35, 0.3, 0.3)
  navigator.vibrate?.([500, 150, 500, 150, 500])
}
export async function loadUnit(): Promise<void> {
  if (me.value === null || !may('unit.report')) return
  const r = await get<MyUnit>('/v1/my-unit')
  if (!r.ok) return
  const known = new Set(orders.value.map((o) => o.id))
  ringFor(r.value.orders.filter((o) => o.state === 'sent' && !known.has(o.id)))
  mine.value = r.value
}
// An order changes its unit; guards, who see no units, hear the orders of their own school.
const ofUnits = makeFeed('unit.', ['changed', 'lost', 'found', 'emergency'], loadUnit, (d) => d.id === mine.value?.unit?.id)
const ofSchool = makeFeed('assignment.', ['sent', 'accepted', 'en_route', 'arrived', 'released', 'cancelled', 'refused', 'timed_out'], loadUnit, (d) => d.unit_id === mine.value?.unit?.id)

export async function join(unit: number): Promise<void> {
  const r = await post<MyUnit>('/v1/my-unit', { unit, every_s: 30 })
  if (r.ok) mine.value = r.value
  else tell(r.message)
  if (r.ok) tellPlace()
}
export async function leave(): Promise<void> {
  const r = await call<MyUnit>('DELETE', '/v1/my-unit')
  if (r.ok) mine.value = r.value
  else tell(r.message)
}
export async function setStatus(status: UnitStatus): Promise<void> {
  const unit = mine.value?.unit
  if (unit == null) return
  const r = await patch(`/v1/units/${unit.id}`, { status }, unit.version)
  if (!r.ok) tell(r.message)
  void loadUnit()
}
function tellPlace(): void {
  if (mine.value?.unit != null && place.value !== null && online.value) void post('/v1/my-place', placeFields())
}
export function followUnit(): void {
  if (!may('unit.report')) return
  ;(may('unit.read') ? ofUnits : ofSchool).begin()
  clearInterval(timer)
  timer = window.setInterval(tellPlace, PLACE_MS)
}
export function forgetUnit(): void {
  ofUnits.end()
  ofSchool.end()
  clearInterval(timer)
  mine.value = null
}
