// Socket → pixel on the real desk: 5,000 incidents loaded, then 100 incident events a second for ten seconds. Prints one line of JSON.
import { stand } from '../tests/e2e/stand.mjs'

const s = await stand()
const token = s.token('admin')
s.storm(1144, 1000)
for (let i = 0; i < 3856; i += 16)
  await Promise.all(Array.from({ length: 16 }, (_, k) => s.api(token, 'POST', '/v1/incidents', { title: `来电 ${i + k}`, severity: 3 + (k % 2) })))
const { page } = await s.desk({ user: 'admin' })
await page.waitForFunction(() => Number(document.querySelector('.queue header .num')?.textContent?.split('/')[1]) >= 4900, null, { timeout: 30_000 })
await page.waitForTimeout(3000)
await page.evaluate(() => {
  window.longTasks = 0
  new PerformanceObserver((l) => (window.longTasks += l.getEntries().length)).observe({ entryTypes: ['longtask'] })
})
s.storm(1000, 10_000)
await page.waitForTimeout(500)
const longTasks = await page.evaluate(() => window.longTasks)
await page.evaluate(() => document.querySelector('.nav a[href="/health"]').click())
await page.locator('.tiles').getByText('ms').waitFor()
const [p50, p95] = /→ (\d+) \/ (\d+) ms/.exec(await page.locator('.tiles').innerText()).slice(1).map(Number)
console.log(JSON.stringify({ incidents: 5000, events_per_s: 100, p50_ms: p50, p95_ms: p95, long_tasks: longTasks }))
await s.end()
