// What stands at the schools of this person, heard at once over the live feed; asked every ten seconds where that does not come through.
import { ref } from 'vue'
import { get, type Schemas } from '../api/api'
import { playVerb } from '../live/tone'
import { may, me } from './state'

export type Posture = Schemas['Posture']
export interface MySchool { id: number; name: string; code: string }
export const postures = ref<Posture[]>([])
export const mySchools = ref<MySchool[]>([])
const KEY = 'huxue.posture'
let source: EventSource | null = null
let timer = 0

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
function listen(): void {
  source?.close()
  source = new EventSource('/v1/live?only=posture.')
  for (const x of ['hello', 'resync']) source.addEventListener(x, () => void loadPostures())
  for (const x of ['ordered', 'replaced', 'clearing', 'agreed', 'released'])
    source.addEventListener(`posture.${x}`, (e: MessageEvent<string>) => {
      const at = (JSON.parse(e.data) as { school_id: number }).school_id // a county's phones do not all ask because one school is shut
      if (mySchools.value.some((s) => s.id === at)) void loadPostures()
    })
}
/** Once somebody is signed in; `forgetPostures` ends it. */
export function followPostures(): void {
  try {
    const k = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { postures: Posture[]; schools: MySchool[] } | null
    if (k) (postures.value = k.postures), (mySchools.value = k.schools)
  } catch {
    localStorage.removeItem(KEY)
  }
  if (!may('posture.read')) return
  listen()
  clearInterval(timer)
  timer = window.setInterval(() => {
    if (source === null || source.readyState === EventSource.CLOSED) listen()
    void loadPostures()
  }, 10_000)
}
export function forgetPostures(): void {
  clearInterval(timer)
  source?.close()
  source = null
  postures.value = []
  mySchools.value = []
  localStorage.removeItem(KEY)
}
