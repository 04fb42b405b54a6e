// What a person does to an incident, from the desk, the full view, the board and the keys alike.
import { ref } from 'vue'
import { type Incident, type IncidentFull, post } from '../api/api'
import { incidents, rev } from '../live/store'
import { t } from '../ui/i18n'
import { said, tell } from '../ui/toast'

/** Which dialog is open: the keys open it, the dialog asks and acts. */
export const asking = ref<'' | 'false' | 'note' | 'close' | 'call' | 'merge' | 'hand' | 'escalate' | 'review' | 'reopen' | 'dispatch'>('')
export const subject = ref<Incident | null>(null)

export function ask(what: typeof asking.value, i: Incident | null): void {
  subject.value = i
  asking.value = what
}

/** One act; the version that was seen goes with it, so that two desks never overwrite each other. */
export async function act(i: Incident, what: string, body: unknown = {}): Promise<boolean> {
  const r = await post<IncidentFull>(`/v1/incidents/${i.id}/${what}`, body, what === 'note' ? undefined : i.version)
  if (!r.ok && r.code === 'conflict' && r.current !== undefined) {
    incidents.set(i.id, r.current as Incident)
    rev.value++
    tell(t.value.err.conflict)
    return false
  }
  if (!said(r)) return false
  if (what !== 'dispatch') incidents.set(i.id, r.value)
  rev.value++
  return true
}

/** Dispatch answers with assignments, not the incident; its own event brings the record. */
export async function dispatch(i: Incident, units: number[]): Promise<boolean> {
  const r = await post(`/v1/incidents/${i.id}/dispatch`, units.length > 0 ? { units } : {})
  return said(r)
}
