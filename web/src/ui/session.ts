import { ref } from 'vue'
import { get, type Me, post, setCsrf, whenSignedOut } from '../api/api'
import { disconnect } from '../live/store'
import { setLang } from './i18n'

export const me = ref<Me | null>(null)
export const ready = ref(false)

export function may(permission: string): boolean {
  return me.value?.permissions.includes(permission) ?? false
}

export function begin(who: Me): void {
  setCsrf(who.csrf)
  me.value = who
  if (localStorage.getItem('huxue.lang') === null) void setLang(who.lang)
}

export function forget(): void {
  disconnect()
  me.value = null
}
whenSignedOut(forget)
window.addEventListener('huxue-signed-out', forget)

export async function resume(): Promise<void> {
  const r = await get<Me>('/v1/me')
  if (r.ok) begin(r.value)
  ready.value = true
}

export async function signOut(): Promise<void> {
  await post('/v1/logout')
  forget()
}
