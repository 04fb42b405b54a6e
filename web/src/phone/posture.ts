// What stands at the schools of this person, heard at once over the live feed; asked every ten seconds where that does not come through.
import { ref } from 'vue'
import { get, type Schemas } from '../api/api'
import { playVerb } from '../live/tone'
import { makeFeed } from './feed'
import { may, me } from './state'

export type Posture = Schemas['Posture']
export interface MySchool { id: number; name: string; code: string }
export const postures = ref<Posture[]>([])
export const mySchools = ref<MySchool[]>([])
const KEY = 'huxue.posture'

export async function loadPostures(): Promise<void> {
  if (me.value === null || !may('posture.read')) return
  const r = await get<Schemas['PosturesMine']>('/v1/postures/mine')
  if (!r.ok) return
  for (const p of r.value.postures) {
    const known = postures.value.find((x) => x.id === p.id)
    if (known === undefined && p.state === 'standing') {
      playVerb(p.verb, p.drill)
      navigator.vibrate?.(p.verb === 'lockdown' ? [600, 150, 600, 150, 600] : [300, 200, 300])
    }
  }
  postures.value = r.value.postures
  mySchools.value = r.value.schools as MySchool[]
  localStorage.setItem(KEY, JSON.stringify({ postures: postures.value, schools: mySchools.value }))
}
/** A county's phones do not all ask because one school is shut. */
const feed = makeFeed('posture.', ['ordered', 'replaced', 'clearing', 'agreed', 'released'], loadPostures, (d) => mySchools.value.some((s) => s.id === d.school_id))
/** Once somebody is signed in; `forgetPostures` ends it. */
export function followPostures(): void {
  try {
    const k = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { postures: Posture[]; schools: MySchool[] } | null
    if (k) (postures.value = k.postures), (mySchools.value = k.schools)
  } catch {
    localStorage.removeItem(KEY)
  }
  if (may('posture.read')) feed.begin()
}
export function forgetPostures(): void {
  feed.end()
  postures.value = []
  mySchools.value = []
  localStorage.removeItem(KEY)
}
