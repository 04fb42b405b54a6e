// What the server tells, kept outside the framework: events change plain maps, and once per animation frame `rev` moves on.
import { ref, shallowRef } from 'vue'
import { get, type Incident, list, type School, type Unit } from '../api/api'

const TYPES = [
  ...['opened', 'fed', 'acked', 'confirmed', 'dispatched', 'arrived', 'controlled', 'closed', 'reviewed', 'cancelled', 'cancel_asked', 'escalated', 'idle', 'noted', 'merged', 'took', 'handed_over', 'reopened', 'site_wide', 'archived', 'warned'].map((x) => `incident.${x}`),
  ...['raised', 'repeated', 'cleared', 'chattering', 'shelved', 'tested', 'acked', 'verified'].map((x) => `alarm.${x}`),
  ...['proposed', 'sent', 'delivered', 'accepted', 'refused', 'timed_out', 'en_route', 'arrived', 'released', 'cancelled'].map((x) => `assignment.${x}`),
  ...['started', 'ready', 'accepted', 'done', 'skipped', 'failed', 'overdue'].map((x) => `task.${x}`),
  ...['planned', 'acknowledged', 'en_route', 'arrived', 'on_duty', 'relieved', 'cancelled', 'substituted', 'judged', 'reported', 'late', 'bare', 'desk', 'left', 'back'].map((x) => `duty.${x}`),
  ...['asked', 'solved', 'failed', 'published', 'dropped'].map((x) => `rota.${x}`), ...['planned', 'checked', 'done', 'missed', 'excused', 'reported', 'photo'].map((x) => `patrol.${x}`),
  ...['added', 'changed', 'alarm', 'alarm_over', 'driver', 'route_added'].map((x) => `vehicle.${x}`), ...['added', 'slips', 'joined', 'ended'].map((x) => `guardian.${x}`), 'family.released', 'family.withdrawn', 'absence.told', 'roll.called', 'roll.left', 'visit.came', 'visit.left', 'plate.seen', 'watch.added', 'watch.ended', 'equipment.added', 'equipment.checked', 'equipment.retired', 'appointment.made', 'appointment.ended', ...['planned', 'ended', 'cancelled'].map((x) => `lesson.${x}`), 'lesson.asked', 'lesson.ask_settled', ...['made', 'questions', 'asked', 'replayed'].map((x) => `broadcast.${x}`), ...['started', 'question', 'closed', 'ask', 'drawn', 'ended'].map((x) => `class.${x}`), ...['planned', 'scripted', 'approved', 'closed', 'reviewed', 'cancelled', 'action_settled'].map((x) => `drill.${x}`), ...['started', 'inject', 'alarm', 'stopped', 'frozen', 'ended', 'file'].map((x) => `run.${x}`), ...['planned', 'started', 'counted', 'checked', 'ended'].map((x) => `trip.${x}`), 'box.dark', 'box.back', 'situation.seen', 'situation.acted', 'situation.cleared',
  ...['made', 'accepted', 'rejected', 'dispatched', 'arrived', 'closed', 'said', 'failed'].map((x) => `handoff.${x}`), 'message.made', 'delivery.sent', 'delivery.received', 'delivery.acked', 'delivery.answered', 'delivery.failed', 'clip.asked', 'clip.ready', 'clip.failed', 'view.opened', 'recorder.added', 'recorder.changed', 'recorder.up', 'recorder.lost', 'recorder.catalog', 'recorder.answered', 'camera.added', 'camera.changed', 'camera.counted',
  ...['raised', 'stepped', 'cleared', 'acked'].map((x) => `warning.${x}`), ...['written', 'signed', 'off', 'dropped', 'shelved', 'unshelved'].map((x) => `rule.${x}`), 'bulletin.received', 'bulletin.over', 'hotline.received', 'hotline.settled', 'proof.made', 'child.added', 'child.changed', 'child.told',
  ...['ordered', 'replaced', 'clearing', 'agreed', 'released'].map((x) => `posture.${x}`), 'headcount.reported', ...['asked', 'acked', 'confirmed', 'no_effect', 'failed'].map((x) => `command.${x}`), ...['asked', 'verified', 'handed_over', 'refused'].map((x) => `pickup.${x}`), 'output.added', 'output.changed', 'class.listed',
  ...['added', 'changed', 'up', 'lost', 'shared', 'unshared', 'told'].map((x) => `upper.${x}`),
  ...['added', 'changed', 'up', 'lost', 'shared', 'unshared', 'refused', 'retold'].map((x) => `arc.${x}`),
  'unit.changed', 'unit.added', 'unit.joined', 'unit.lost', 'unit.found', 'unit.emergency', 'signal.received', 'panel.added', 'panel.changed', 'panel.line', 'shelf.set', 'shelf.ended', 'shelf.ending', 'handover.given', 'handover.taken', 'school.added', 'school.changed',
]
const OVER = new Set(['closed', 'reviewed', 'archived', 'cancelled', 'merged'])
const OVERLAYS = new Set(['unit.lost', 'unit.found', 'unit.emergency'])
const KEEP = 5000
const MESSAGES = 200

export interface Message { seq: number; type: string; at: number; data: Record<string, unknown> }

export const schools = new Map<number, School>()
/** The school that a person named: by its full name, its code or its pinyin. */
export function findSchool(text: string): School | undefined {
  const exact = text.trim(), q = exact.toLowerCase()
  for (const s of schools.values()) if (s.name === exact || s.code === q || s.pinyin === q) return s
  return undefined
}
export const incidents = new Map<number, Incident>()
export const units = new Map<number, Unit>()
export const messages: Message[] = []
export const rev = shallowRef(0)
export const schoolsRev = shallowRef(0)
export const unitsRev = shallowRef(0)
/** When the server was last heard (our clock), and what is wrong with its store. */
export const heardAt = ref(Date.now())
export const connected = ref(false)
export const fault = ref('')
export const recentAlarms: number[] = []
/** From a signal's receipt at the server to the frame that showed it, ms: newest last. */
export const paintDelays: number[] = []

type Hear = (m: Message) => void
const listeners = new Set<Hear>()
export function listen(f: Hear): () => void {
  listeners.add(f)
  return () => listeners.delete(f)
}

let frame = 0
let pending: number[] = []
function changed(): void {
  if (frame !== 0) return
  frame = requestAnimationFrame(() => {
    frame = 0
    rev.value++
    const channel = new MessageChannel()
    const stamps = pending
    pending = []
    channel.port1.onmessage = () => {
      for (const s of stamps) paintDelays.push(performance.timeOrigin + performance.now() - s)
      if (paintDelays.length > 2000) paintDelays.splice(0, paintDelays.length - 1000)
      channel.port1.close()
    }
    channel.port2.postMessage(0)
  })
}

function keepIncident(i: Incident): void {
  incidents.set(i.id, i)
  if (incidents.size <= KEEP + 500) return
  for (const [id, old] of incidents) {
    if (incidents.size <= KEEP) break
    if (OVER.has(old.state)) incidents.delete(id)
  }
}

function apply(m: Message): void {
  heardAt.value = Date.now()
  const noun = m.type.slice(0, m.type.indexOf('.'))
  if (noun === 'incident') {
    keepIncident(m.data as unknown as Incident)
    if (m.type === 'incident.opened') recentAlarms.push(Date.now())
    pending.push(performance.timeOrigin + performance.now())
    changed()
  } else if (noun === 'unit') {
    const unit = m.data as unknown as Unit
    units.set(unit.id, unit)
    unitsRev.value++
  }
  if (noun === 'incident' || noun === 'assignment' || noun === 'task' || noun === 'alarm' || noun === 'shelf' || m.type === 'panel.line' || OVERLAYS.has(m.type)) {
    messages.push(m)
    if (messages.length > MESSAGES + 50) messages.splice(0, messages.length - MESSAGES)
    changed()
  }
  for (const f of listeners) f(m)
}

export function isOver(i: Incident): boolean {
  return OVER.has(i.state)
}

/** Newest first within the same urgency: what nobody has looked at is on top. */
export function queue(): Incident[] {
  const open: Incident[] = []
  for (const i of incidents.values()) if (!OVER.has(i.state)) open.push(i)
  const rank = (i: Incident) => (i.state === 'open' ? 0 : 10) + i.severity
  return open.sort((a, b) => rank(a) - rank(b) || b.id - a.id)
}

/** ISA-18.2: a flood begins with more than ten in ten minutes and ends with fewer than five. */
let flooding = false
export function flood(): boolean {
  const from = Date.now() - 600_000
  while (recentAlarms.length > 0 && recentAlarms[0]! < from) recentAlarms.shift()
  flooding = recentAlarms.length > 10 || (flooding && recentAlarms.length >= 5)
  return flooding
}

let source: EventSource | null = null

export async function loadAll(): Promise<void> {
  const [s, i] = await Promise.all([list<School>('/v1/schools?limit=5000'), list<Incident>('/v1/incidents?state=active&limit=5000')])
  for (const x of s) schools.set(x.id, x)
  incidents.clear()
  for (const x of i) incidents.set(x.id, x)
  // What rang before this page was opened counts as far as it still stands.
  recentAlarms.splice(0, recentAlarms.length, ...i.map((x) => new Date(x.opened_at).getTime()).filter((at) => at > Date.now() - 600_000).sort((a, b) => a - b))
  schoolsRev.value++
  rev.value++
  const u = await list<Unit>('/v1/units?limit=10000')
  for (const x of u) units.set(x.id, x)
  unitsRev.value++
}

export async function connect(): Promise<void> {
  disconnect()
  const health = await get<{ journal_seq: number }>('/healthz')
  const after = health.ok ? health.value.journal_seq : -1
  await loadAll()
  open(after)
}

function open(after: number): void {
  const es = new EventSource(after >= 0 ? `/v1/live?after=${after}` : '/v1/live')
  source = es
  const heard = () => {
    heardAt.value = Date.now()
    connected.value = true
  }
  es.onopen = heard
  es.onerror = () => (connected.value = false)
  es.addEventListener('beat', heard)
  es.addEventListener('hello', heard)
  es.addEventListener('resync', () => void loadAll())
  es.addEventListener('fault', (e) => (fault.value = String((JSON.parse((e as MessageEvent<string>).data) as { reason: string }).reason)))
  es.addEventListener('fault.over', () => (fault.value = ''))
  es.addEventListener('session.over', () => window.dispatchEvent(new Event('huxue-signed-out')))
  for (const type of TYPES) {
    es.addEventListener(type, (e) => {
      const m = e as MessageEvent<string>
      connected.value = true
      apply({ seq: Number(m.lastEventId), type, at: Date.now(), data: JSON.parse(m.data) as Record<string, unknown> })
    })
  }
}

export function disconnect(): void {
  source?.close()
  source = null
  connected.value = false
}
