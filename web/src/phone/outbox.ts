// What the phone has to say, kept in IndexedDB until the server has taken it: numbered, signed, sent in order, each with one id
// for ever, and only in the name of who said it.
import { computed, ref, shallowRef } from 'vue'
import { call, type Result } from '../api/api'
import { done } from './idb'
import { buddyCode, introduce, sha256Of, sign, signable } from './signer'

export interface Entry {
  n: number               // order; from IndexedDB
  id: string              // of the record: a repeated upload is one
  what: string            // 'panic', 'checkin', 'patrol', 'together', 'tip', 'trip' …
  path: string
  body: Record<string, unknown>
  by?: number             // who said it; sent while they are signed in
  mark?: string           // the signature
  made: number            // device time, ms
  photo?: Blob            // of a tip: goes to /v1/tips/{id}/photo once the tip is there
  refused?: string        // the server's reason; stays until somebody has read it
  tries: number
}

let base: IDBDatabase | null = null
export const entries = shallowRef<Entry[]>([]) // as they came from IndexedDB, which cannot take a reactive one back
const who = ref(0)
export const others = (e: Entry): boolean => e.by !== undefined && e.by !== who.value
const ready = computed(() => entries.value.filter((e) => e.refused === undefined && !others(e)))
export const waiting = computed(() => ready.value.length)
/** Who is signed in: 0, nobody. */
export function speakFor(person: number): void {
  who.value = person
  known.value = false
  void meet()
  void drain()
}
export const refused = computed(() => entries.value.filter((e) => e.refused !== undefined).length)
export const online = ref(navigator.onLine)

const store = (mode: IDBTransactionMode) => base!.transaction('outbox', mode).objectStore('outbox')
async function refresh(): Promise<void> {
  entries.value = base === null ? entries.value : ((await done(store('readonly').getAll())) as Entry[])
}

/** The server knows this phone's key. */
export const known = ref(false)
async function meet(): Promise<void> {
  if (base !== null && !known.value) known.value = await introduce(base, who.value).catch(() => false)
}

/** What the other member scans; null where this browser cannot sign. */
export const myCode = async (): Promise<string | null> => (base === null || !signable() ? null : buddyCode(base, who.value))

export async function open(): Promise<void> {
  const request = indexedDB.open('huxue', 2)
  request.onupgradeneeded = (e) => {
    if (e.oldVersion < 1) request.result.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true })
    request.result.createObjectStore('signer', { keyPath: 'person' })
  }
  base = await done(request)
  await refresh()
  window.addEventListener('online', () => ((online.value = true), void drain()))
  window.addEventListener('offline', () => (online.value = false))
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void drain())
  setInterval(() => void drain(), 10_000)
  void drain()
}

const heard = new Map<string, (r: Result<unknown>) => void>()
const SIGN_MS = 500 // a signature that takes longer is done without: a cry for help waits for nothing
const within = <T>(ms: number, p: Promise<T>): Promise<T | undefined> => Promise.race([p.catch(() => undefined), new Promise<undefined>((ok) => setTimeout(() => ok(undefined), ms))])

/** Keeps a record and tries to send it at once. Resolves with the server's answer, or 'kept' after three seconds without one. */
export async function put(what: string, path: string, said: Record<string, unknown>, photo?: Blob): Promise<Result<unknown> | 'kept'> {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`
  const stamped = what === 'checkin' || what === 'patrol' || what === 'tip' || what === 'together' ? { id, at: new Date().toISOString() } : {}
  const picture = photo === undefined ? undefined : await within(SIGN_MS, sha256Of(photo))
  const body = { ...said, ...stamped, ...(picture === undefined ? {} : { photo_sha256: picture }) }
  const mark = await within(SIGN_MS, sign(base!, who.value, path, id, JSON.stringify(body)))
  const entry: Omit<Entry, 'n'> = { id, what, path, body, by: who.value, made: Date.now(), tries: 0, ...(mark === undefined ? {} : { mark }), ...(photo === undefined ? {} : { photo }) }
  const answer = new Promise<Result<unknown>>((ok) => heard.set(id, ok))
  await done(store('readwrite').add(entry))
  await refresh()
  void drain()
  const late = new Promise<'kept'>((ok) => setTimeout(() => ok('kept'), 3000))
  return Promise.race([answer, late])
}
export async function drop(n: number): Promise<void> {
  await done(store('readwrite').delete(n))
  await refresh()
}

async function send(e: Entry): Promise<Result<unknown>> {
  const r = await call<{ id?: number }>('POST', e.path, e.body, undefined, e.id, e.mark)
  if (!r.ok || e.photo === undefined) return r
  const p = await call<unknown>('PUT', `/v1/tips/${r.value.id}/photo`, e.photo, undefined, `${e.id}-photo`)
  return p.ok ? r : p
}

let running = false
/** Sends in order. A cry for help overtakes; no network or a server in trouble ends the pass; a refusal is kept with its reason. */
export async function drain(): Promise<void> {
  if (running || base === null) return
  running = true
  try {
    for (;;) {
      const next = [...ready.value].sort((a, b) => Number(b.what === 'panic') - Number(a.what === 'panic') || a.n - b.n)[0]
      if (next === undefined) break
      if (next.mark !== undefined && next.what !== 'panic') await meet()
      const r = await send(next)
      const later = !r.ok && (r.code === 'offline' || r.code === 'unauthenticated' || r.code === 'busy' || r.code === 'store' || r.code === 'throttled' || r.code.startsWith('5'))
      online.value = r.ok || r.code !== 'offline'
      if (later) {
        next.tries++
        await done(store('readwrite').put({ ...next }))
        break
      }
      if (r.ok) await drop(next.n)
      else await done(store('readwrite').put({ ...next, refused: r.message }))
      await refresh()
      heard.get(next.id)?.(r)
      heard.delete(next.id)
    }
  } finally {
    running = false
  }
}
