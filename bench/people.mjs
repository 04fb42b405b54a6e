// The phone's first paint on a slow phone, and the list of substitutes for a duty. Prints one line of JSON.
import { stand } from '../tests/e2e/stand.mjs'

// Lighthouse's slow phone: 1.6 Mbit/s down, 750 kbit/s up, 150 ms round trip, a processor four times slower.
const SLOW = { offline: false, downloadThroughput: (1.6e6 / 8) * 0.9, uploadThroughput: (750e3 / 8) * 0.9, latency: 150 }
const RUNS = 7
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]
const s = await stand()

const usable = []
async function paint(context) {
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', SLOW)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.goto(`${s.base}/m/`, { waitUntil: 'load' })
  await page.locator('input[autocomplete=username]').waitFor()
  usable.push(await page.evaluate(() => performance.now()))
  const at = await page.evaluate(() => new Promise((done) => new PerformanceObserver((l) => done(l.getEntries().find((e) => e.name === 'first-contentful-paint')?.startTime)).observe({ type: 'paint', buffered: true })))
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.close()
  return at
}
const first = []
const again = []
for (let i = 0; i < RUNS; i++) {
  const context = await s.browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, locale: 'zh-CN' })
  first.push(await paint(context))
  again.push(await paint(context))
  await context.close()
}

const token = s.token('admin')
const org = (await s.api(token, 'GET', '/v1/orgs')).value.items.find((o) => o.code === 'P522325').id
const day = (n) => new Date(Date.now() + 8 * 3600e3 + n * 864e5).toISOString().slice(0, 10)
const rota = (await s.api(token, 'POST', '/v1/rotas', { org_id: org, from_date: day(1), to_date: day(5) })).value
let draft = rota
while (draft.state === 'solving') {
  await new Promise((done) => setTimeout(done, 200))
  draft = (await s.api(token, 'GET', `/v1/rotas/${rota.id}`)).value
}
const duties = (await s.api(token, 'GET', `/v1/rotas/${draft.id}/duties?limit=20000`)).value.items.filter((d) => d.person_id)
const took = []
let found = 0
for (let i = 0; i < 200; i++) {
  const begun = performance.now()
  const r = await s.api(token, 'GET', `/v1/duties/${duties[Math.floor((i * duties.length) / 200)].id}/substitutes`)
  took.push(performance.now() - begun)
  found += r.value.items.length > 0
}
const empty = []
for (let i = 0; i < 200; i++) {
  const begun = performance.now()
  await s.api(token, 'GET', '/v1/me')
  empty.push(performance.now() - begun)
}
took.sort((a, b) => a - b)
console.log(JSON.stringify({ paint_first_ms: Math.round(median(first)), paint_again_ms: Math.round(median(again)), usable_first_ms: Math.round(median(usable.filter((_, i) => i % 2 === 0))), usable_again_ms: Math.round(median(usable.filter((_, i) => i % 2 === 1))), substitutes_of: duties.length, substitutes_p50_ms: Number(took[100].toFixed(1)), substitutes_p95_ms: Number(took[190].toFixed(1)), me_p50_ms: Number(median(empty).toFixed(1)), found }))
await s.end()
