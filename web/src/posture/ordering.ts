// Which school is about to be told something: the key L, the buttons and the page open one dialog.
import { ref } from 'vue'
import type { Incident, School } from '../api/api'
import { schools } from '../live/store'
import type { Verb } from './words'

export interface Ordering { school: number; name: string; code: string; pinyin: string; incident: number | null; drill: boolean; verb: Verb | null }
export const ordering = ref<Ordering | null>(null)

export function orderAt(s: School, verb: Verb | null = null): void {
  ordering.value = { school: s.id, name: s.name, code: s.code, pinyin: s.pinyin, incident: null, drill: false, verb }
}
export function orderFor(i: Incident | null, verb: Verb | null = null): void {
  const s = schools.get(i?.school_id ?? 0)
  if (i && s) ordering.value = { school: s.id, name: s.name, code: s.code, pinyin: s.pinyin, incident: i.id, drill: i.drill, verb }
}
