// Signing in by another system: the browser goes there and comes back with a code. What only this browser knows waits in its session storage.
import { call, list, type Me, post, type Schemas } from '../api/api'

export type SignIn = Schemas['SignIn']
interface Begun { provider: number; binder: string }
const KEY = 'huxue.sign-in'

export const signIns = (): Promise<SignIn[]> => list<SignIn>('/v1/sign-ins')

/** Leaves this page; what went wrong otherwise. `page` is where the provider sends the browser back to. */
export async function goThere(provider: number, page: '/sign-in' | '/m/'): Promise<string> {
  const r = await post<Schemas['SignInBegun']>(`/v1/sign-ins/${provider}/begin`, { redirect: location.origin + page })
  if (!r.ok) return r.message
  sessionStorage.setItem(KEY, JSON.stringify({ provider, binder: r.value.binder } satisfies Begun))
  location.href = r.value.url
  return ''
}
/** What the browser came back with: null where it did not come from there. */
export async function comeBack(page: '/' | '/m/'): Promise<{ who?: Me; error?: string } | null> {
  const query = new URLSearchParams(location.search)
  const kept = sessionStorage.getItem(KEY)
  if (!query.has('state') || kept === null) return null
  sessionStorage.removeItem(KEY)
  history.replaceState(null, '', page)
  const code = query.get('code')
  if (code === null) return { error: query.get('error_description') ?? query.get('error') ?? '' }
  const iss = query.get('iss')
  const r = await call<Me>('POST', '/v1/sign-ins/finish', { state: query.get('state'), binder: (JSON.parse(kept) as Begun).binder, code, ...(iss === null ? {} : { iss }) })
  return r.ok ? { who: r.value } : { error: r.message }
}
