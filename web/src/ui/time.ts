import { computed, ref } from 'vue'
import { fill, lang, t } from './i18n'

/** The clock that ages are shown by: one tick a second for the whole console. */
export const now = ref(Date.now())
setInterval(() => (now.value = Date.now()), 1000)

export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return fill(t.value.ago.s, { n: s })
  if (s < 3600) return fill(t.value.ago.m, { n: Math.floor(s / 60), s: s % 60 })
  if (s < 86400) return fill(t.value.ago.h, { n: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) })
  return fill(t.value.ago.d, { n: Math.floor(s / 86400) })
}

const formats = computed(() => ({
  time: new Intl.DateTimeFormat(lang.value, { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }),
  full: new Intl.DateTimeFormat(lang.value, { timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }),
}))

/** UTC from the server, shown in Asia/Shanghai: the one place where times become local. */
export function clock(iso: string | number | null | undefined): string {
  return iso == null ? '' : formats.value.time.format(new Date(iso))
}
export function dateTime(iso: string | null | undefined): string {
  return iso == null ? '' : formats.value.full.format(new Date(iso))
}
export function seconds(ms: number | null | undefined): string {
  return ms == null ? '–' : ms < 1000 ? `${ms} ms` : ms < 120000 ? `${(ms / 1000).toFixed(1)} s` : span(ms)
}
