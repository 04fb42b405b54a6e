// A family's phone: it joined by a slip and has a token of its own; there is no account.
import { computed, ref } from 'vue'
import { get, type Schemas } from '../api/api'
import { tellServer } from './bare'

export type Family = Schemas['Family']
const KEY = 'huxue.family'
export const token = ref(localStorage.getItem(KEY) ?? '')
export const family = ref<Family | null>(null)
export const fault = ref('')
export const heardAt = ref(0)
export const calm = computed(() => family.value === null || (family.value.state === 'normal' && !family.value.missing))
let timer = 0

export async function join(code: string): Promise<boolean> {
  const r = await tellServer<{ token: string }>('/v1/family/join', { code })
  if (!r.ok) return (fault.value = r.message), false
  token.value = r.value.token
  localStorage.setItem(KEY, token.value)
  fault.value = ''
  await load()
  return true
}
/** Once a minute while all is well, every ten seconds while it is not. */
export async function load(): Promise<void> {
  window.clearTimeout(timer)
  if (token.value === '') return
  const r = await get<Family>(`/v1/family?t=${token.value}`)
  if (r.ok) (family.value = r.value), (fault.value = ''), (heardAt.value = Date.now())
  else if (r.code === 'unauthenticated') leave(), (fault.value = r.message)
  else fault.value = r.message
  if (token.value !== '' && !document.hidden) timer = window.setTimeout(() => void load(), calm.value ? 60_000 : 10_000)
}
export function leave(): void {
  window.clearTimeout(timer)
  localStorage.removeItem(KEY)
  token.value = ''
  family.value = null
}
export async function tellAbsence(reason: Schemas['AbsenceNew']['reason'], note: string): Promise<boolean> {
  const r = await tellServer<Schemas['Absence']>('/v1/family/absence', { token: token.value, reason, note })
  if (r.ok && family.value) family.value = { ...family.value, absence: r.value, missing: reason === 'none' ? family.value.missing : undefined }
  fault.value = r.ok ? '' : r.message
  return r.ok
}
export async function tellLeft(): Promise<void> {
  const r = await tellServer('/v1/family/left', { token: token.value })
  fault.value = r.ok ? '' : r.message
  if (r.ok) await load()
}
document.addEventListener('visibilitychange', () => !document.hidden && void load())
