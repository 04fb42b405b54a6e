import type { Result } from '../api/api'
import { w } from './words'

/** A call of those who have no account: without session and without a key, since what is told again changes nothing by itself. */
export async function tellServer<T>(path: string, body: unknown): Promise<Result<T>> {
  try {
    const r = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    const value = (await r.json().catch(() => null)) as (T & { code?: string; detail?: string }) | null
    return r.ok ? { ok: true, value: value as T } : { ok: false, code: value?.code ?? String(r.status), message: value?.detail ?? String(r.status) }
  } catch {
    return { ok: false, code: 'offline', message: w.value.err.offline }
  }
}
