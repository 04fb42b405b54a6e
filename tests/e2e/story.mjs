// How stories are told: each by itself, counted, photographed when a folder is given as argument.
import fs from 'node:fs'
import { axePath, browsers } from './stand.mjs'

const photos = process.argv[2]
if (photos) fs.mkdirSync(photos, { recursive: true })
export const shoot = (page, name) => (photos ? page.screenshot({ path: `${photos}/${name}.png` }) : null)

let passed = 0
let failed = 0
export async function story(name, f) {
  try {
    await f()
    passed++
    console.log(`ok ${name}`)
  } catch (e) {
    failed++
    console.log(`not ok ${name}\n${e.stack}`)
    for (const page of browsers.flatMap((b) => b.contexts()).flatMap((c) => c.pages())) console.log(`   ${page.url()} shows: ${await shown(page)}`)
  }
}
const shown = (page) => page.evaluate(() => document.body.innerText.replace(/\s+/g, ' ').slice(0, 1500), null).catch((e) => e.message)
export const wait = (ms) => new Promise((d) => setTimeout(d, ms))
/** What `f` gives once it gives something. */
export async function until(f, ms, what) {
  for (const end = Date.now() + ms; Date.now() < end; await wait(50)) {
    const v = await f()
    if (v) return v
  }
  throw new Error(`not within ${ms} ms: ${what}`)
}
/** Calls of the API that must succeed. */
export const asking = (stand, token) => async (method, where, body) => {
  const r = await stand.api(token, method, where, body)
  if (r.status >= 300) throw new Error(`${method} ${where}: ${JSON.stringify(r.value)}`)
  return r.value
}
/** Ends what was started, says the counts, and ends. */
export async function finish(...stands) {
  for (const one of stands) await one.end()
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed ? 1 : 0)
}

/** What axe finds serious or critical on the page as it is. */
export async function axe(page) {
  const source = fs.readFileSync(axePath, 'utf8')
  return page.evaluate(async (code) => { if (!window.axe) (0, eval)(code); const r = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] }); return r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`) }, source).catch((e) => [`axe: ${e}`])
}

/** Waits until a tile shows moving pictures: decoded, and different a moment later. */
export async function moving(page, nth = 0, ms = 10_000) {
  await page.waitForFunction((n) => { const v = document.querySelectorAll('.tile video')[n]; return v && v.readyState >= 2 && v.videoWidth > 0 && v.currentTime > 0 }, nth, { timeout: ms })
  const sample = () => page.evaluate((n) => { const v = document.querySelectorAll('.tile video')[n]; const c = document.createElement('canvas'); c.width = 160; c.height = 90; const g = c.getContext('2d'); g.drawImage(v, 0, 0, 160, 90); return [...g.getImageData(0, 0, 160, 90).data].reduce((a, x, i) => (a * 31 + x * (i + 1)) % 1000000007, 7) }, nth)
  const first = await sample()
  await until(async () => (await sample()) !== first, 8000, 'another picture')
}
