/** The app's own name of this phone, for as long as the browser keeps it. */
export function deviceKey(): string {
  let k = localStorage.getItem('huxue.device')
  if (k === null) localStorage.setItem('huxue.device', (k = crypto.randomUUID?.() ?? String(Math.random()).slice(2)))
  return k
}
