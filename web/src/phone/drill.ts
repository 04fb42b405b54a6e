// Drills in which this person has a part, of today or running; heard over the live feed, asked every ten seconds where that is silent.
import { ref } from 'vue'
import { get, type Schemas } from '../api/api'
import { playVerb } from '../live/tone'
import { makeFeed } from './feed'
import { mySchools } from './posture'
import { may, me } from './state'

export type Drill = Schemas['Drill']
export const drills = ref<Drill[]>([])

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
const feed = makeFeed('run.', ['started', 'inject', 'alarm', 'stopped', 'frozen', 'ended'], loadDrills, (d) => drills.value.some((x) => x.id === d.id) || mySchools.value.some((s) => s.id === d.school_id))
export function followDrills(): void {
  if (may('drill.join')) feed.begin()
}
export function forgetDrills(): void {
  feed.end()
  drills.value = []
}
