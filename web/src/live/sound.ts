// Alarm sounds, generated: no files. P1 two-tone until acknowledged, P2 three pulses each 5 s, P3 one chime, P4 none.
// A drill has the same rhythm behind a wood-block lead, and the spoken word.
import { ref } from 'vue'
import type { Incident } from '../api/api'
import { lang, t, word } from '../ui/i18n'
import { context, tone, woodBlock } from './tone'

export const proven = ref(sessionStorage.getItem('huxue.sound') === 'proven')
export const silentUntil = ref(0)

/** One second of P1: louder after 15 s without an acknowledgement. */
function ringP1(volume: number): void {
  for (let i = 0; i < 4; i++) tone(i % 2 === 0 ? 800 : 1000, i * 0.25, 0.25, volume)
}

export function playTest(): void {
  context()
  setTimeout(() => ringP1(0.25), 60)
}

export function setProven(): void {
  proven.value = true
  sessionStorage.setItem('huxue.sound', 'proven')
}

export function unlock(): void {
  context()
  setTimeout(() => context(), 200)
}

export function silence(): void {
  silentUntil.value = Date.now() + 60_000
}

export function speak(i: Incident): void {
  if (!('speechSynthesis' in window) || i.severity > 2) return
  const words = [i.drill ? (lang.value === 'en' ? 'drill' : '演练') : '', t.value.sev[i.severity], i.school ?? '', word(t.value.cls, i.class)]
  const u = new SpeechSynthesisUtterance(words.filter(Boolean).join('，'))
  u.lang = lang.value
  speechSynthesis.speak(u)
}

let lastP2 = 0
let lastP3 = ''
/** Called each second with the queue. */
export function ring(open: Incident[]): void {
  const waiting = open.filter((i) => i.state === 'open')
  const p1 = waiting.filter((i) => i.severity === 1)
  const now = Date.now()
  if (waiting.length > 0) context()
  const first = p1[0]
  if (first !== undefined) {
    const oldest = Math.min(...p1.map((i) => new Date(i.opened_at).getTime()))
    if (first.drill) woodBlock()
    const quiet = now < silentUntil.value ? 0.06 : 0.2 // a P1 is never quite silent
    ringP1(now - oldest > 15_000 ? quiet * 2 : quiet)
    return
  }
  if (now < silentUntil.value) return
  const p2 = waiting.find((i) => i.severity === 2)
  if (p2 !== undefined && now - lastP2 >= 5000) {
    lastP2 = now
    if (p2.drill) woodBlock()
    for (let n = 0; n < 3; n++) tone(660, 0.1 + n * 0.25, 0.15, 0.2, 'sine')
  }
  const p3 = waiting.find((i) => i.severity === 3)
  if (p3 !== undefined && String(p3.id) !== lastP3) {
    lastP3 = String(p3.id)
    tone(880, 0, 0.4, 0.15, 'sine')
  }
}
