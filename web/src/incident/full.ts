import { onUnmounted, ref, watch, type Ref } from 'vue'
import { get, type IncidentFull, type Proposals } from '../api/api'
import { listen } from '../live/store'

/** The whole record of one incident, kept fresh while its events come in (at most four reads a second). */
export function useFull(id: Ref<number>) {
  const full = ref<IncidentFull | null>(null)
  const proposals = ref<Proposals | null>(null)
  let timer = 0
  async function load(): Promise<void> {
    const wanted = id.value
    if (wanted === 0) return
    const [f, p] = await Promise.all([get<IncidentFull>(`/v1/incidents/${wanted}`), get<Proposals>(`/v1/incidents/${wanted}/proposals`)])
    if (id.value !== wanted) return
    if (f.ok) full.value = f.value
    proposals.value = p.ok ? p.value : null
  }
  function soon(): void {
    if (timer === 0) timer = window.setTimeout(() => ((timer = 0), void load()), 250)
  }
  watch(id, () => ((full.value = null), (proposals.value = null), void load()), { immediate: true })
  const stop = listen((m) => {
    if (m.data.id === id.value || m.data.incident_id === id.value) soon()
  })
  onUnmounted(() => (stop(), clearTimeout(timer)))
  return { full, proposals, load }
}
