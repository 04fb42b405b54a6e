// The phone's own key. What the outbox keeps is numbered, chained and signed with it, so that nobody between here and the desk
// can change, repeat or leave out a record unseen. The private half cannot be read out of the browser. src/api/phone_record.h
import { post, type Schemas } from '../api/api'
import { done } from './idb'

interface Signer { person: number; keys: CryptoKeyPair; tag: string; n: number; last: string }

export const signable = (): boolean => window.isSecureContext && 'subtle' in crypto && 'locks' in navigator
const hex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join('')
const base64url = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const sha256 = async (bytes: BufferSource): Promise<string> => hex(await crypto.subtle.digest('SHA-256', bytes))
export const sha256Of = async (blob: Blob): Promise<string | undefined> => (signable() ? sha256(await blob.arrayBuffer()) : undefined)

const store = (base: IDBDatabase, mode: IDBTransactionMode) => base.transaction('signer', mode).objectStore('signer')

async function make(base: IDBDatabase, person: number): Promise<Signer> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const tag = (await sha256(await crypto.subtle.exportKey('raw', keys.publicKey))).slice(0, 16)
  const s = { person, keys, tag, n: 0, last: '0'.repeat(64) }
  await done(store(base, 'readwrite').put(s))
  return s
}
const load = async (base: IDBDatabase, person: number): Promise<Signer> => ((await done(store(base, 'readonly').get(person))) as Signer | undefined) ?? make(base, person)

/** The mark of a record: the header Huxue-Record; undefined where this browser cannot sign. One record at a time, over all tabs. */
export async function sign(base: IDBDatabase, person: number, path: string, id: string, body: string): Promise<string | undefined> {
  if (!signable() || person === 0) return undefined
  return navigator.locks.request('huxue.sign', async () => {
    const s = await load(base, person)
    const n = s.n + 1
    const at = Date.now()
    const utf8 = new TextEncoder()
    const text = utf8.encode(['huxue-record-1', n, at, s.last, `POST ${path}`, id, await sha256(utf8.encode(body))].join('\n'))
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, s.keys.privateKey, text)
    await done(store(base, 'readwrite').put({ ...s, n, last: await sha256(text) }))
    return `k=${s.tag}; n=${n}; at=${at}; prev=${s.last}; sig=${base64url(signature)}`
  })
}

/** What the browser calls the phone: the first brackets of its own line. */
const named = (): string => (/\(([^)]*)\)/.exec(navigator.userAgent)?.[1] ?? navigator.userAgent).slice(0, 80)

/** Tells the server the key. One that was ended there is replaced by a new one; false: not heard, try again later. */
export async function introduce(base: IDBDatabase, person: number): Promise<boolean> {
  if (!signable() || person === 0) return false
  return navigator.locks.request('huxue.sign', async () => {
    const tell = async (s: Signer) => post<Schemas['Phone']>('/v1/phones', { key: base64url(await crypto.subtle.exportKey('raw', s.keys.publicKey)), name: named() })
    let r = await tell(await load(base, person))
    if (r.ok && r.value.ended_at) r = await tell(await make(base, person))
    return r.ok
  })
}

const STEP_MS = 30_000
/** What another member scans to say that we are together: signed by this phone, for half a minute. */
export async function buddyCode(base: IDBDatabase, person: number): Promise<string> {
  const s = await load(base, person)
  const step = Math.floor(Date.now() / STEP_MS)
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, s.keys.privateKey, new TextEncoder().encode(`huxue-buddy-1\n${person}\n${step}`))
  return `HXB:${s.tag}:${person}:${step}:${base64url(signature)}`
}
