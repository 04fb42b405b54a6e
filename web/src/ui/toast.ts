import { ref } from 'vue'
import type { Result } from '../api/api'

export const toast = ref('')
export const refused = ref(false) // what it says is why something failed, not how it went
let timer = 0

/** Says why a call failed, in the words of the server; true when it did not. */
export function said<T>(r: Result<T>): r is { ok: true; value: T } {
  if (r.ok) return true
  tell(r.message, true)
  return false
}
export function tell(text: string, failed = false): void {
  toast.value = text
  refused.value = failed
  clearTimeout(timer)
  timer = window.setTimeout(() => (toast.value = ''), 8000)
}
