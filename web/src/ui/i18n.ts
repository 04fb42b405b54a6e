import { ref } from 'vue'
import { zh, type Texts } from '../locale/zh-CN'

export const lang = ref(localStorage.getItem('huxue.lang') ?? 'zh-CN')
let pages: object = {} // the texts of pages, once one was opened
const whole = () => ({ ...zh, ...pages }) as Texts
const texts = ref<Texts>(whole())

/** The texts of the chosen language; Chinese is the source, English is fetched when it is chosen. */
export const t = texts

export async function setLang(name: string): Promise<void> {
  texts.value = name === 'en' ? (await import('../locale/en')).en : whole()
  lang.value = name
  localStorage.setItem('huxue.lang', name)
  document.documentElement.lang = name
}

/** Before a page is drawn that is not the desk: its texts. */
export async function pageTexts(): Promise<void> {
  if ('help' in pages) return
  pages = (await import('../locale/zh-CN.pages')).zhPages
  if (lang.value !== 'en') texts.value = whole()
}

/** "{n} steps" with its values. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ''))
}

/** A word of a table of words, or the key itself when a newer server says one that we do not know. */
export function word(table: Record<string, string>, key: string | null | undefined): string {
  return key == null ? '' : (table[key] ?? key)
}

/** What an incident is called: the system's own titles are in both languages, a person's as it was written. */
export function titled(i: { title?: unknown; title_en?: unknown }): string {
  return String((lang.value === 'en' && i.title_en) || (i.title ?? ''))
}
/** The names of the days whose bits are set: bit 0 is Monday. */
export const weekDays = (days: number): string => t.value.patrol.week.filter((_, i) => (days >> i) & 1).join(' ')
