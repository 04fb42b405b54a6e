// Drills in which this person has a part, of today or running; heard over the live feed, asked every ten seconds where that is silent.
import { ref } from 'vue'
import { get, type Schemas } from '../api/api'
import { playVerb } from '../live/tone'
import { may, me } from './state'

export type Drill = Schemas['Drill']
export const drills = ref<Drill[]>([])
let source: EventSource | null = null
let timer = 0

export async function loadDrills(): Promise<void> {
  if (me.value === null || !may('drill.join')) return
  const mine = await get<{ items: Schemas['DrillMine'][] }>('/v1/drills/mine')
  if (!mine.ok) return
  const whole = await Promise.all(mine.value.items.map((d) => get<Drill>(`/v1/drills/${d.id}`)))
  const next = whole.flatMap((r) => (r.ok ? [r.value] : []))
  for (const d of next) {
    const was = drills.value.find((x) => x.id === d.id)
    if (was !== undefined && was.run !== d.run && ['running', 'stopped', 'frozen'].includes(d.run)) {
      playVerb('hold', d.run !== 'frozen')
      navigator.vibrate?.(d.run === 'frozen' ? [600, 150, 600, 150, 600] : [300, 200, 300])
    }
  }
  drills.value = next
}
function listen(): void {
  source?.close()
  source = new EventSource('/v1/live?only=run.')
  for (const x of ['hello', 'resync', 'run.started', 'run.inject', 'run.alarm', 'run.stopped', 'run.frozen', 'run.ended']) source.addEventListener(x, () => void loadDrills())
}
export function followDrills(): void {
  if (!may('drill.join')) return
  listen()
  clearInterval(timer)
  timer = window.setInterval(() => {
    if (source === null || source.readyState === EventSource.CLOSED) listen()
    void loadDrills()
  }, 10_000)
}
export function forgetDrills(): void {
  clearInterval(timer)
  source?.close()
  source = null
  drills.value = []
}
