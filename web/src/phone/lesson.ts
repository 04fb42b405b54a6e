// A seat of a live lesson: joined by a code, without an account. What is shown now, what was answered, how far the server's clock is.
import { computed, ref } from 'vue'
import type { Result, Schemas } from '../api/api'
import { tellServer } from './bare'

export type State = Schemas['ClassState']
export type Question = Schemas['ClassQuestion']
type Seat = Schemas['ClassSeat']
interface Values { value: string; answers: number; right_answers: number }

const KEY = 'huxue.class.seat'
export const token = ref('')
export const state = ref<State | null>(null)
export const values = ref<Values[]>([])
export const gone = ref('')
export const clock = ref(Date.now())
/** Milliseconds from this clock to the server's, by the quickest question and answer so far. */
export const offset = ref(0)
export const rtt = ref(0)
/** How long the picture is behind: a question appears with it. */
export const lagMs = ref(0)
let best = Infinity
let source: EventSource | null = null

export const question = computed(() => state.value?.question ?? null)
export const leftS = computed(() => {
  const q = question.value
  return q === null || q.state !== 'open' ? 0 : Math.max(0, Math.ceil((new Date(q.opened_at).getTime() + q.limit_s * 1000 - clock.value - offset.value) / 1000))
})
setInterval(() => (clock.value = Date.now()), 250)

async function ask(path: string): Promise<State | null> {
  const from = performance.now()
  try {
    const r = await fetch(`${path}?t=${token.value}`, { cache: 'no-store' })
    const way = performance.now() - from
    if (r.status === 401) return leave(), null
    if (!r.ok) return null
    const s = (await r.json()) as State
    if (way < best) (best = way), (rtt.value = Math.round(way)), (offset.value = s.now - (Date.now() - way / 2))
    return s
  } catch {
    return null
  }
}
export async function load(): Promise<void> {
  const s = await ask('/v1/class/state')
  if (s) state.value = s
}
function listen(): void {
  source?.close()
  source = new EventSource(`/v1/class/feed?t=${token.value}`)
  const on = (type: string, f: (d: Record<string, unknown>) => void) => source!.addEventListener(type, (e) => f(JSON.parse((e as MessageEvent<string>).data) as Record<string, unknown>))
  on('hello', () => void load())
  on('resync', () => void load())
  on('class.started', () => void load())
  on('class.question', (d) => {
    const show = () => {
      if (state.value === null) return
      values.value = []
      state.value = { ...state.value, question: { ...(d.question as Question), solution: '', state: 'open' }, answer: null }
    }
    if (lagMs.value > 0) setTimeout(show, Math.min(lagMs.value, 3000))
    else show()
  })
  on('class.closed', (d) => {
    if (state.value === null) return
    values.value = d.values as Values[]
    state.value = { ...state.value, question: d.question as Question, top: d.top as State['top'] }
    setTimeout(() => void load(), Math.random() * 2000) // one's own place; not all in the same moment
  })
  on('class.ask', () => setTimeout(() => void load(), Math.random() * 1000))
  on('class.drawn', (d) => state.value && (state.value = { ...state.value, draw: d as unknown as State['draw'] }))
  on('class.ended', (d) => {
    if (state.value) state.value = { ...state.value, state: 'ended', picture: false, seed: String(d.seed), top: d.top as State['top'] }
    setTimeout(() => void load(), Math.random() * 3000) // its record, if there is one; not all in the same moment
    source?.close()
  })
}
async function begin(t: string): Promise<void> {
  token.value = t
  sessionStorage.setItem(KEY, t)
  for (let i = 0; i < 3; i++) await load()
  if (token.value) listen()
}
export async function join(body: Record<string, unknown>): Promise<Result<Seat>> {
  const r = await tellServer<Seat>('/v1/class/join', body)
  if (r.ok) await begin(r.value.token)
  return r
}
export async function resumeSeat(): Promise<void> {
  const t = sessionStorage.getItem(KEY)
  if (t) await begin(t)
}
export function leave(): void {
  source?.close()
  token.value = ''
  state.value = null
  sessionStorage.removeItem(KEY)
}
/** Sent until the server has it: a repeated one changes nothing. */
export async function answer(value: string): Promise<Result<Schemas['ClassAnswered']>> {
  const q = question.value!
  for (let i = 0; ; i++) {
    const r = await tellServer<Schemas['ClassAnswered']>('/v1/class/answers', { token: token.value, question_id: q.id, value, rtt_ms: rtt.value })
    if (r.ok && state.value) state.value = { ...state.value, answer: r.value }
    if (r.ok || r.code !== 'offline' || i === 9) return r
    await new Promise((d) => setTimeout(d, 500 * (i + 1)))
  }
}
