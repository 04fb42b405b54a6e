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

/** What people have decided about it. A signal that comes again, a unit that arrives and a deadline that passes change a record too, and decide nothing. */
const decided = (i: Incident) => JSON.stringify([i.state === 'on_scene' ? 'dispatched' : i.state, i.owner_id, i.severity, i.school_id, i.cancel_asked_by, i.cause])

/**
 * One act; the version that was seen goes with it, so that two desks never overwrite each other. A guard who
 * presses again while the operator does is no other desk: where people have decided nothing since, it is asked anew.
 */
export async function act(i: Incident, what: string, body: unknown = {}): Promise<boolean> {
  const send = (seen: Incident) => post<IncidentFull>(`/v1/incidents/${i.id}/${what}`, body, what === 'note' ? undefined : seen.version)
  let r = await send(i)
  for (let again = 0; again < 4 && !r.ok && r.code === 'conflict' && r.current !== undefined; again++) {
    incidents.set(i.id, r.current as Incident)
    rev.value++
    if (decided(r.current as Incident) !== decided(i)) {
      tell(t.value.err.conflict, true)
      return false
    }
    r = await send(r.current as Incident)
  }
  if (!said(r)) return false
  incidents.set(i.id, r.value)
  if (subject.value?.id === i.id) subject.value = r.value
  rev.value++
  return true
}

/** Dispatch answers with assignments, not the incident; its own event brings the record. */
export async function dispatch(i: Incident, units: number[]): Promise<boolean> {
  const r = await post(`/v1/incidents/${i.id}/dispatch`, units.length > 0 ? { units } : {})
  return said(r)
}
