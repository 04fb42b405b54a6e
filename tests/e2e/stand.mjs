// A daemon on free ports with the demo prefecture, a panel, and a browser; everything it starts it also ends.
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
export const axePath = require.resolve('axe-core')
const root = new URL('../..', import.meta.url).pathname

const freePort = () => new Promise((done) => { const s = net.createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)) }) })
/** The line that a program prints once it is ready. */
const readyLine = (child, log) => new Promise((done, fail) => {
  let text = ''
  child.stdout.on('data', (b) => ((text += b), text.includes('\n') && done(text)))
  child.on('exit', (code) => fail(new Error(`ended with ${code}: ${log ? fs.readFileSync(log) : text}`)))
})

/** The demo's peaks away from this hour: at a peak its unmanned gates flood the desk, and a story must not depend on the time of the day. */
function quietPeaks(data) {
  const minute = Math.floor((Date.now() / 60_000 + 480) % 1440) // Asia/Shanghai
  const shift = minute >= 900 && minute < 1170 ? -240 : minute >= 370 && minute < 570 ? 240 : 0
  if (shift) execFileSync('sqlite3', [path.join(data, 'huxue.db'), `UPDATE peak SET begins_min = begins_min + ${shift}, ends_min = ends_min + ${shift}; UPDATE duty SET begins_at = begins_at + ${shift * 60_000}, ends_at = ends_at + ${shift * 60_000}, arrive_by = arrive_by + ${shift * 60_000}, arrived_at = arrived_at + ${shift * 60_000}, relieved_at = relieved_at + ${shift * 60_000}`])
}

/** All browsers that were opened: a story that fails says what their pages showed. */
export const browsers = []
/** `nodes`: how many media nodes serve pictures. `devices`: the browser has a camera and a microphone (of its own making). `conf`: more of huxue.conf. */
export async function stand({ nodes = 0, devices = false, conf = '' } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'huxue-e2e-'))
  const data = path.join(dir, 'data')
  const bin = (name) => path.join(root, process.env.HUXUE_BUILD ?? 'build', name)
  fs.writeFileSync(path.join(dir, 'password'), 'huxue-demo\n')
  if (process.env.HUXUE_E2E_DEMO) {
    fs.cpSync(process.env.HUXUE_E2E_DEMO, data, { recursive: true }) // made once for the whole run
  } else {
    execFileSync(bin('huxue'), ['init', '--data', data, '--admin', 'admin', '--password-file', path.join(dir, 'password')])
    execFileSync(bin('huxue'), ['demo', '--data', data])
  }
  quietPeaks(data)
  const log = fs.openSync(path.join(dir, 'huxued.log'), 'w')
  const mediaPorts = await Promise.all(Array.from({ length: nodes }, freePort))
  const mediaUrls = mediaPorts.map((p) => `http://127.0.0.1:${p}`)
  fs.writeFileSync(path.join(data, 'huxue.conf'), `[sip]\npassword = huxue-demo\n${conf}`)
  const daemon = spawn(bin('huxued'), ['--data', data, '--http', '127.0.0.1:0', '--dc09', '127.0.0.1:0', '--jt808', '127.0.0.1:0', '--sip', '127.0.0.1:0', ...(nodes ? ['--media', mediaUrls.join(' ')] : [])], { stdio: ['ignore', 'pipe', log] })
  const line = await readyLine(daemon, path.join(dir, 'huxued.log'))
  const { http, dc09, jt808, sip } = Object.fromEntries([...line.matchAll(/(\w+)=(\S+)/g)].map((m) => [m[1], m[2]]))
  const base = `http://${http}`
  const children = []
  const startMedia = async (n) => {
    const child = spawn(bin('huxue-media'), ['--key', path.join(data, 'keys/media.key'), '--dir', path.join(dir, `media${n}`), '--http', `127.0.0.1:${mediaPorts[n]}`, '--rtp', '127.0.0.1', '--ports', `${31000 + 400 * n}-${31399 + 400 * n}`], { stdio: ['ignore', 'pipe', fs.openSync(path.join(dir, `media${n}.log`), 'a')] })
    children.push(child)
    await readyLine(child)
    return child
  }
  const media = []
  for (let n = 0; n < nodes; n++) media.push(await startMedia(n))
  // Recorders of demo schools: `say` sends a command, `heard` waits for what they print.
  const nvr = async (from, count, ...more) => {
    const child = spawn(bin('huxue'), ['sim', 'nvr', '--sip', sip, '--from', String(from), '--count', String(count), '--keepalive', '5', ...more], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    let text = ''
    child.stdout.on('data', (b) => (text += b))
    const heard = async (what, ms = 10_000) => { for (const end = Date.now() + ms; !what.test(text); await new Promise((d) => setTimeout(d, 20))) if (Date.now() > end) throw new Error(`the recorder did not say ${what}: ${text.slice(-300)}`) }
    if (!more.includes('--stranger')) await heard(/registered/)
    return { child, say: (line) => child.stdin.write(`${line}\n`), heard, forget: () => (text = ''), said: () => text }
  }
  // Network cameras: `at` is where their RTSP answers, `onvif` their ONVIF.
  const cameras = async (...more) => {
    const child = spawn(bin('huxue'), ['sim', 'camera', '--rtsp', '127.0.0.1:0', '--onvif', '127.0.0.1:0', ...more], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    let text = ''
    child.stdout.on('data', (b) => (text += b))
    const said = Object.fromEntries([...(await readyLine(child)).matchAll(/(\w+)=(\S+)/g)].map((m) => [m[1], m[2]]))
    return { child, said: () => text, at: said.rtsp, onvif: said.onvif, say: (line) => child.stdin.write(`${line}\n`) }
  }
  // The box of a school that acts: `said` is what it was told, `say` a command to it.
  const site = async (...more) => {
    const http = `127.0.0.1:${await freePort()}`
    const child = spawn(bin('huxue'), ['sim', 'site', '--http', http, ...more], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    let text = ''
    child.stdout.on('data', (b) => (text += b))
    await readyLine(child)
    return { url: `http://${http}`, said: () => text, say: (line) => child.stdin.write(`${line}\n`) }
  }
  const token = (user) => execFileSync(bin('huxue'), ['token', 'add', '--data', data, '--user', user]).toString().trim()
  const panel = (account, ...command) => execFileSync(bin('huxue'), ['sim', 'panel', '--dc09', dc09, '--account', account, ...command]).toString()
  const storm = (count, spread) => execFileSync(bin('huxue'), ['sim', 'storm', '--dc09', dc09, '--count', String(count), '--spread-ms', String(spread)]).toString()
  const api = async (who, method, where, body) => {
    const r = await fetch(base + where, { method, headers: { Authorization: `Bearer ${who}` }, ...(body ? { body: JSON.stringify(body) } : {}) })
    return { status: r.status, value: await r.json() }
  }
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=user-gesture-required', ...(devices ? ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--auto-select-tab-capture-source-by-title=护学'] : [])],
  })
  browsers.push(browser)
  const strangers = []
  const desk = async ({ user = 'supervisor', theme = 'dark', lang = 'zh-CN', width = 1920, height = 1080 } = {}) => {
    const context = await browser.newContext({ viewport: { width, height }, locale: 'zh-CN' })
    await context.addInitScript(([t, l]) => { localStorage.setItem('huxue.theme', t); localStorage.setItem('huxue.lang', l) }, [theme, lang])
    const page = await context.newPage()
    page.on('request', (r) => { const u = new URL(r.url()); if (!['data:', 'blob:'].includes(u.protocol) && u.origin !== base && !mediaUrls.includes(u.origin)) strangers.push(r.url()) })
    const errors = []
    page.on('pageerror', (e) => errors.push(String(e)))
    page.on('console', (m) => m.type() === 'error' && errors.push(m.text()))
    await page.goto(base)
    await page.locator('input[name=user]').fill(user)
    await page.locator('input[name=password]').fill('huxue-demo')
    await page.locator('button.primary').click()
    const box = page.locator('dialog[open] button')
    await box.first().click() // plays the P1 alarm
    await box.nth(1).click()
    await page.locator('[role=list]').first().waitFor()
    errors.length = 0 // the console notes the 401 of the first look
    return { page, errors, context }
  }
  const bus = (terminal, ...more) => execFileSync(bin('huxue'), ['sim', 'bus', '--jt808', jt808, '--terminal', terminal, ...more.map(String)]).toString()
  // A bus that stays, with so many cameras: `said` is what it was told.
  const busWith = (terminal, channels, ...more) => {
    const child = spawn(bin('huxue'), ['sim', 'bus', '--jt808', jt808, '--terminal', terminal, '--video', String(channels), ...more.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    let text = ''
    child.stdout.on('data', (b) => (text += b))
    return { child, said: () => text }
  }
  // A phone of 390×844 with touch, standing at `at`: {longitude, latitude}.
  const phone = async ({ user, at, theme = 'dark', lang = 'zh-CN', where = '/m/' }) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, locale: 'zh-CN', permissions: ['geolocation'], geolocation: { ...at, accuracy: 12 } })
    await context.addInitScript(([t, l]) => { localStorage.setItem('huxue.theme', t); localStorage.setItem('huxue.lang', l) }, [theme, lang])
    const page = await context.newPage()
    page.on('request', (r) => { const u = new URL(r.url()); if (!['data:', 'blob:'].includes(u.protocol) && u.origin !== base && !mediaUrls.includes(u.origin)) strangers.push(r.url()) })
    const errors = []
    page.on('pageerror', (e) => errors.push(String(e)))
    await page.goto(base + where)
    await page.locator('input[autocomplete=username]').fill(user)
    await page.locator('input[type=password]').fill('huxue-demo')
    await page.locator('button.main').click()
    await page.locator('nav.tabs').waitFor()
    return { page, errors, context }
  }
  const end = async () => {
    await browser.close()
    for (const c of children) c.removeAllListeners('exit'), c.kill('SIGKILL')
    const gone = new Promise((done) => daemon.on('exit', done))
    daemon.removeAllListeners('exit')
    daemon.once('exit', () => {})
    daemon.kill('SIGTERM')
    await Promise.race([gone, new Promise((done) => setTimeout(done, 3000))])
    fs.rmSync(dir, { recursive: true, force: true })
  }
  return { dir, bin, media, startMedia, nvr, cameras, site, sip, base, dc09, data, token, panel, storm, bus, busWith, api, browser, desk, phone, strangers, end, log: () => fs.readFileSync(path.join(dir, 'huxued.log'), 'utf8') }
}
