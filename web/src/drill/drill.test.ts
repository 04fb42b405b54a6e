import { describe, expect, it } from 'vitest'
import { dotsAt, type Drill, eventsUntil, opinion, reached, stamp, standsFor, stateAt } from './drill'

const T = '2026-11-25T07:00:00.000Z'
const at = (s: number) => new Date(new Date(T).getTime() + s * 1000).toISOString()
const move = (s: number, x: number, y: number, state = 'done') => ({ id: s, at_s: s, kind: 'move', text: '甲', role: '', class: '', x, y, state, done_at: state === 'done' ? at(s) : null })
const drill = {
  started_at: T, ended_at: at(100),
  live: {
    injects: [move(0, 0.2, 1), move(10, 0.4, 0.8), move(60, 0.9, 0.9, 'skipped')],
    tasks: [{ step: 'alarm', state: 'done', ready_at: at(1), ended_at: at(20) }, { step: 'hold', state: 'waiting', ready_at: null, ended_at: null }],
    events: [{ type: 'drill.planned', happened_at: at(-50) }, { type: 'run.started', happened_at: at(0) }, { type: 'task.ready', happened_at: at(1) }, { type: 'task.done', happened_at: at(20) }],
  },
} as unknown as Drill

describe('a drill on the slider', () => {
  it('moves dots between the places that they really had', () => {
    expect(dotsAt(drill, -1)).toEqual([])
    expect(dotsAt(drill, 5)[0]!.x).toBeCloseTo(0.3)
    expect(dotsAt(drill, 99)[0]).toEqual({ name: '甲', x: 0.4, y: 0.8 })
  })
  it('knows what a step was then', () => {
    const [alarm, hold] = drill.live!.tasks
    expect([0, 5, 20].map((s) => stateAt(drill, alarm!, s))).toEqual(['waiting', 'ready', 'done'])
    expect(stateAt(drill, hold!, 99)).toBe('waiting')
  })
  it('tells what had happened, and nothing from before the start', () => expect(eventsUntil(drill, 19).map((e) => e.type)).toEqual(['run.started']))
  it('has a first opinion by the clock', () => {
    expect(reached(drill, 'alarm')).toBe(20)
    expect([30, 18, 10].map((n) => opinion(drill, 'alarm', n))).toEqual(['P', 'S', 'M'])
    expect(opinion(drill, 'hold', 60)).toBe('U')
    expect(opinion(drill, '', 60)).toBe('')
  })
  it('writes times of both signs', () => expect([stamp(70), stamp(-5), stamp(NaN)]).toEqual(['+01:10', '−00:05', '']))
  it('knows whose steps a part does', () => expect([standsFor(['floor'], 'teacher'), standsFor(['guard'], 'police'), standsFor([], 'guard')]).toEqual([true, false, false]))
})
