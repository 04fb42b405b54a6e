import type { components } from './schema.gen'
import { fill, t } from '../ui/i18n'

export type Schemas = components['schemas']
export type Incident = Schemas['Incident']
export type IncidentFull = Schemas['IncidentFull']
export type School = Schemas['School']
export type Panel = Schemas['Panel']
export type Unit = Schemas['Unit']
export type Assignment = Schemas['Assignment']
export type Task = Schemas['Task']
export type Proposals = Schemas['Proposals']
export type Person = Schemas['Person']
export type Me = Schemas['Me']
export type JournalEvent = Schemas['Event']
export type Result<T> = { ok: true; value: T } | { ok: false; code: string; message: string; current?: unknown }

let csrf = ''
let onSignedOut: () => void = () => {}

export function setCsrf(token: string | undefined): void {
  csrf = token ?? ''
}
export function whenSignedOut(f: () => void): void {
  onSignedOut = f
}

/** One call of the API. It returns, it does not throw. `key`: the id of a record that may come twice; `mark`: what signs it. */
export async function call<T>(method: string, path: string, body?: unknown, version?: number, key?: string, mark?: string): Promise<Result<T>> {
  const headers: Record<string, string> = { 'Accept-Language': localStorage.getItem('huxue.lang') ?? 'zh-CN' } // refusals come in it
  if (method !== 'GET') {
    headers['X-CSRF-Token'] = csrf
    headers['Idempotency-Key'] = key ?? crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
  }
  if (mark !== undefined) headers['Huxue-Record'] = mark
  if (version !== undefined) headers['If-Match'] = `"${version}"`
  if (body !== undefined && !(body instanceof Blob)) headers['Content-Type'] = 'application/json'
  try {
    const init: RequestInit = { method, headers, credentials: 'same-origin' }
    if (body !== undefined) init.body = body instanceof Blob ? body : JSON.stringify(body)
    const reply = await fetch(path, init)
    const value: unknown = await reply.json().catch(() => null)
    if (reply.ok) return { ok: true, value: value as T }
    const problem = (value ?? {}) as { code?: string; detail?: string; current?: unknown }
    if (reply.status === 401 && path !== '/v1/login') onSignedOut()
    return { ok: false, code: problem.code ?? String(reply.status), message: problem.detail ?? fill(t.value.err.other, { detail: reply.status }), current: problem.current }
  } catch {
    return { ok: false, code: 'offline', message: t.value.err.offline }
  }
}
export const get = <T>(path: string) => call<T>('GET', path)
export const post = <T>(path: string, body: unknown = {}, version?: number) => call<T>('POST', path, body, version)
export const patch = <T>(path: string, body: unknown, version?: number) => call<T>('PATCH', path, body, version)
export async function list<T>(path: string): Promise<T[]> {
  const r = await get<{ items: T[] }>(path)
  return r.ok ? r.value.items : []
}
