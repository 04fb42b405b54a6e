import { get, type Schemas } from '../api/api'
import { localDay } from '../ui/minutes'

/** The class that this phone calls, with its names, kept for a morning without a network. No number of a guardian is kept. */
const KEY = 'huxue.roll'
/** Where the class that this phone counts and calls is remembered. */
export const CLASS = 'huxue.class'
interface Kept { school: number; classes: Schemas['SchoolClass'][]; class: number; pupils: Schemas['RollPupil'][]; day: string }

function recall(school: number): Kept {
  const none: Kept = { school, classes: [], class: 0, pupils: [], day: '' }
  try {
    const k = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Kept | null
    if (k === null || k.school !== school) return none
    // What was said of a day holds for that day alone.
    return k.day === localDay() ? k : { ...k, pupils: k.pupils.map((p) => ({ ...p, absent: '' as const, missing_at: null, left_at: null, called_at: null })) }
  } catch {
    return none
  }
}
export interface Loaded { classes: Schemas['SchoolClass'][]; class: number; pupils: Schemas['RollPupil'][]; kept: boolean }

/** The classes of a school, and the pupils of one (0: the one that was called last): as the server has them, else as they were kept. */
export async function loadRoll(school: number, id = 0): Promise<Loaded> {
  const k = recall(school), last = id || k.class || Number(localStorage.getItem(CLASS) ?? 0)
  if (id !== 0) localStorage.setItem(CLASS, String(id))
  const classes = await get<{ items: Schemas['SchoolClass'][] }>(`/v1/schools/${school}/classes`)
  if (!classes.ok) return { ...k, class: last, pupils: last === k.class ? k.pupils : [], kept: true }
  const chosen = classes.value.items.some((c) => c.id === last) ? last : 0
  const pupils = chosen === 0 ? null : await get<{ items: Schemas['RollPupil'][] }>(`/v1/classes/${chosen}/roll`)
  if (pupils !== null && !pupils.ok) return { classes: classes.value.items, class: chosen, pupils: chosen === k.class ? k.pupils : [], kept: true }
  const items = pupils === null ? [] : pupils.value.items
  keepRoll(school, classes.value.items, chosen, items)
  return { classes: classes.value.items, class: chosen, pupils: items, kept: false }
}
export function keepRoll(school: number, classes: Schemas['SchoolClass'][], id: number, pupils: Schemas['RollPupil'][]): void {
  localStorage.setItem(KEY, JSON.stringify({ school, classes, class: id, pupils: pupils.map((p) => ({ ...p, phone: null })), day: localDay() } satisfies Kept))
}
export function forgetRoll(): void {
  localStorage.removeItem(KEY)
}
