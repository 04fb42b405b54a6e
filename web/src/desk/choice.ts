import { computed, ref } from 'vue'
import { incidents, queue, rev } from '../live/store'

/** The incident that the desk works on. */
export const chosenId = ref(0)
export const rows = computed(() => (rev.value, queue()))
export const chosen = computed(() => (rev.value, incidents.get(chosenId.value) ?? null))

export function move(by: number): void {
  const list = rows.value
  const at = list.findIndex((i) => i.id === chosenId.value)
  const next = list[Math.max(0, Math.min(list.length - 1, at + by))]
  if (next !== undefined) chosenId.value = next.id
}
