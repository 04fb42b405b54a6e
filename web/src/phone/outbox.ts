// What the phone has to say, kept in IndexedDB until the server has taken it: numbered, sent in order, each with one id for ever.
import { computed, ref, shallowRef } from 'vue'
import { call, type Result } from '../api/api'

export interface Entry {
  n: number               // order; from IndexedDB
  id: string              // of the record: a repeated upload is one
  what: string            // 'panic', 'checkin', 'patrol', 'tip', 'trip'
  path: string
  body: Record<string, unknown>
  made: number            // device time, ms
  photo?: Blob            // of a tip: goes to /v1/tips/{id}/photo once the tip is there
  refused?: string        // the server's reason; stays until somebody has read it
  tries: number
}

let base: IDBDatabase | null = null
export const entries = shallowRef<Entry[]>([]) // as they came from IndexedDB, which cannot take a reactive one back
export const waiting = computed(() => entries.value.filter((e) => e.refused === undefined).length)
export const refused = computed(() => entries.value.filter((e) => e.refused !== undefined).length)
export const online = ref(navigator.onLine)

function done<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((ok, fail) => {
    r.onsuccess = () => ok(r.result)
    r.onerror = () => fail(r.error ?? new Error('storage'))
  })
}
const store = (mode: IDBTransactionMode) => base!.transaction('outbox', mode).objectStore('outbox')
async function refresh(): Promise<void> {
  entries.value = base === null ? entries.value : ((await done(store('readonly').getAll())) as Entry[])
}

export async function open(): Promise<void> {
  const request = indexedDB.open('huxue', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true })
  base = await done(request)
  await refresh()
  window.addEventListener('online', () => ((online.value = true), void drain()))
  window.addEventListener('offline', () => (online.value = false))
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void drain())
  setInterval(() => void drain(), 10_000)
  void drain()
}

const heard = new Map<string, (r: Result<unknown>) => void>()
/** Keeps a record and tries to send it at once. Resolves with the server's answer, or 'kept' after three seconds without one. */
export async function put(what: string, path: string, body: Record<string, unknown>, photo?: Blob): Promise<Result<unknown> | 'kept'> {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`
  const entry: Omit<Entry, 'n'> = { id, what, path, body: { ...body, ...(what === 'checkin' || what === 'patrol' || what === 'tip' ? { id, at: new Date().toISOString() } : {}) }, made: Date.now(), tries: 0 }
  if (photo !== undefined) entry.photo = photo
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
  const r = await call<{ id?: number }>('POST', e.path, e.body, undefined, e.id)
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
      const next = [...entries.value].filter((e) => e.refused === undefined).sort((a, b) => Number(b.what === 'panic') - Number(a.what === 'panic') || a.n - b.n)[0]
      if (next === undefined) break
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
