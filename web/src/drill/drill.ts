// One drill as its pages see it: seconds since the start, where the dots are, who may do what.
import type { JournalEvent, Schemas } from '../api/api'

export type Drill = Schemas['Drill']
export type Inject = Schemas['DrillInject']
export type DrillTask = Schemas['DrillTask']
export const RATINGS = ['P', 'S', 'M', 'U'] as const
export const ROLES = ['commander', 'safety', 'police1', 'police2', 'guard', 'principal', 'floor', 'counter', 'medic', 'intruder', 'observer'] as const

const ms = (iso: string | null | undefined) => (iso == null ? NaN : new Date(iso).getTime())
export const begun = (d: Drill) => ms(d.started_at)
/** Seconds from the start of the drill to this moment; NaN before it began. */
export const after = (d: Drill, iso: string | null | undefined) => (ms(iso) - begun(d)) / 1000
/** "+02:10"; a minus before the start. */
export function stamp(s: number): string {
  if (Number.isNaN(s)) return ''
  const n = Math.abs(Math.floor(s))
  return `${s < 0 ? '−' : '+'}${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`
}
/** How long the replay is: to the end of the run, and to the last thing that happened after it. */
export function length(d: Drill, nowMs: number): number {
  const end = d.ended_at ? ms(d.ended_at) : nowMs
  return Math.max(1, Math.ceil((end - begun(d)) / 1000))
}

export interface Dot { name: string; x: number; y: number }
/** The dots of the script at second `s`: each where its last move put it, on its way to the next one where that is known. */
export function dotsAt(d: Drill, s: number): Dot[] {
  const ways = new Map<string, { s: number; x: number; y: number }[]>()
  for (const i of d.live?.injects ?? []) {
    if (i.kind !== 'move' || i.state !== 'done' || i.x == null || i.y == null) continue
    const way = ways.get(i.text) ?? []
    way.push({ s: after(d, i.done_at), x: i.x, y: i.y })
    ways.set(i.text, way)
  }
  const dots: Dot[] = []
  for (const [name, way] of ways) {
    way.sort((a, b) => a.s - b.s)
    const at = way.filter((p) => p.s <= s).at(-1)
    if (at === undefined) continue
    const next = way.find((p) => p.s > s)
    const share = next === undefined ? 0 : (s - at.s) / (next.s - at.s)
    dots.push({ name, x: at.x + ((next?.x ?? at.x) - at.x) * share, y: at.y + ((next?.y ?? at.y) - at.y) * share })
  }
  return dots
}

/** What a step was at second `s` of the replay. */
export function stateAt(d: Drill, task: DrillTask, s: number): 'waiting' | 'ready' | 'done' | 'skipped' {
  const ended = after(d, task.ended_at)
  if (ended <= s) return task.state === 'done' ? 'done' : 'skipped'
  return after(d, task.ready_at) <= s ? 'ready' : 'waiting'
}
/** What happened up to second `s`, the run's own noise left out. */
export function eventsUntil(d: Drill, s: number): JournalEvent[] {
  return (d.live?.events ?? []).filter((e) => {
    const at = after(d, e.happened_at)
    return at >= 0 && at <= s && !['task.started', 'task.ready', 'run.alarm', 'message.made', 'delivery.sent', 'delivery.received'].includes(e.type)
  })
}
/** Seconds from the start until the step of an objective was done. */
export function reached(d: Drill, step: string): number | null {
  const task = d.live?.tasks.find((x) => x.step === step && x.state === 'done')
  return task === undefined ? null : Math.round(after(d, task.ended_at))
}
/** A first opinion: in time, late by a quarter, later, or not at all. A person decides. */
export function opinion(d: Drill, step: string, limit: number | null | undefined): '' | 'P' | 'S' | 'M' | 'U' {
  if (!step || limit == null) return ''
  const s = reached(d, step)
  return s === null ? 'U' : s <= limit ? 'P' : s <= limit * 1.25 ? 'S' : 'M'
}

const PARTS: Record<string, string[]> = { commander: ['commander', 'desk'], safety: ['commander'], police1: ['police'], police2: ['police'], guard: ['guard'], principal: ['principal'], floor: ['teacher'], counter: ['teacher', 'principal'], medic: ['medic'] }
/** Whether one of these parts does the steps of `who` in a plan. */
export const standsFor = (roles: string[], who: string) => roles.some((r) => PARTS[r]?.includes(who))
/** A step that can be done now. */
export const open = (x: DrillTask) => x.state === 'ready' || x.state === 'sent' || x.state === 'accepted'
