// A live lesson from the speaker's own browser: camera and voice by WebCodecs, seen and heard by a class screen and a phone.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until } from './story.mjs'

const s = await stand({ nodes: 1, devices: true })
const api = asking(s, s.token('admin'))
const school = (await api('GET', '/v1/schools?limit=1')).items[0]
const { page: host, errors } = await s.desk({ user: 'supervisor' })
const pictures = (page) => page.waitForFunction(() => { const v = document.querySelector('.stage video'); return v && v.readyState >= 3 && v.videoWidth > 0 && v.currentTime > 0.5 }, null, { timeout: 20_000 })
const position = (page) => page.evaluate(() => document.querySelector('.stage video').currentTime)
const heard = (page) => page.evaluate(() => document.querySelector('.stage video').webkitAudioDecodedByteCount)
let id = 0
let code = ''
const seats = []
async function join(width, height, mobile) {
  const context = await s.browser.newContext({ viewport: { width, height }, hasTouch: mobile, isMobile: mobile })
  const page = await context.newPage()
  await page.addInitScript(() => { const Own = WebSocket; window.lines = []; window.WebSocket = class extends Own { constructor(...a) { super(...a); window.lines.push(this) } } })
  await page.goto(`${s.base}/m/class?c=${code}`)
  await page.getByRole('button', { name: /^(进入|Join)$/ }).click()
  await page.locator('.pill').first().waitFor()
  seats.push(page)
}

await story('the speaker opens camera and microphone, and nobody sees it before it is live', async () => {
  await host.goto(`${s.base}/broadcasts`)
  await host.locator('#broadcast-schools option').first().waitFor({ state: 'attached' }) // the schools have come
  await host.getByPlaceholder('题目').fill('防范校园欺凌')
  await host.getByPlaceholder('录播室所在学校').fill(school.name)
  await host.getByLabel('录播室画面').selectOption('browser')
  await host.getByRole('button', { name: '新建直播课' }).click()
  code = await host.locator('strong.code').textContent()
  id = Number(new URL(host.url()).pathname.split('/').pop())
  await join(1920, 1080, false)
  await join(390, 844, true)
  await host.getByRole('button', { name: '打开摄像头和话筒' }).click()
  await host.getByText(/正在送出 [1-9]\d* kbit\/s/).waitFor({ timeout: 15_000 })
  assert.deepEqual(await axe(host), [])
  assert.equal(await seats[0].locator('.stage video').isVisible(), false)
  const early = await fetch(`${s.base}/v1/class/picture`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token: await seats[0].evaluate(() => JSON.parse(localStorage.getItem('huxue.seat') ?? 'null')?.token ?? localStorage.getItem('huxue.class') ?? '') }) })
  assert.notEqual(early.status, 200)
})

await story('it goes live: class screen and phone see it move and, after a touch, hear it', async () => {
  await host.getByRole('button', { name: '开始直播' }).click()
  for (const p of seats) await pictures(p)
  for (const p of seats) {
    const button = p.getByRole('button', { name: /打开声音|Sound on/ })
    if (await button.isVisible()) await button.click()
    const before = await heard(p)
    await until(async () => (await heard(p)) > before, 5000, 'sound that is decoded')
    assert.equal(await p.evaluate(() => document.querySelector('.stage video').muted), false)
  }
  const first = await position(seats[0])
  await until(async () => (await position(seats[0])) > first + 1, 5000, 'a picture that goes on')
  await shoot(host, 'speaker')
  await shoot(seats[0], 'speaker-screen')
  await shoot(seats[1], 'speaker-phone')
})

await story('the speaker shows the screen instead of the camera, which has another size, and goes back', async () => {
  const width = (page) => page.evaluate(() => document.querySelector('.stage video').videoWidth)
  const camera = await width(seats[0])
  await host.getByRole('button', { name: '共享屏幕' }).click()
  await host.getByRole('button', { name: '回到摄像头' }).waitFor()
  for (const p of seats) await until(async () => (await width(p)) > camera, 10_000, 'the screen in the class')
  await host.getByRole('button', { name: '回到摄像头' }).click()
  for (const p of seats) await until(async () => (await width(p)) === camera, 10_000, 'the camera in the class')
  const first = await position(seats[0])
  await until(async () => (await position(seats[0])) > first + 1, 8000, 'a picture that goes on')
})

await story('the speaker mutes, the line breaks and comes back, another browser of theirs takes over', async () => {
  await host.getByRole('button', { name: '静音' }).click()
  await host.getByRole('button', { name: '已静音，恢复声音' }).waitFor()
  await host.getByRole('button', { name: '已静音，恢复声音' }).click()
  s.media[0].kill('SIGKILL')
  await host.getByText('线路中断，正在重连').waitFor({ timeout: 5000 })
  s.media[0] = await s.startMedia(0)
  await host.getByText(/正在送出 [1-9]/).waitFor({ timeout: 15_000 })
  for (const p of seats) await pictures(p)
  const t0 = await position(seats[0])
  await until(async () => (await position(seats[0])) !== t0, 5000, 'moving again')
})

await story('what strangers may not: give a picture without a ticket, or with a ticket for looking', async () => {
  const ticket = await api('POST', `/v1/broadcasts/${id}/publish`)
  const opens = (url) => host.evaluate((u) => new Promise((done) => { const w = new WebSocket(u); w.onopen = () => { w.close(); done('open') }; w.onerror = () => done('refused') }), url)
  assert.equal(await opens(ticket.url.replace(/ticket=.*/, 'ticket=x')), 'refused')
  assert.equal(await opens(ticket.watch_url.replace('/live?', '/publish?')), 'refused')
  assert.equal(await opens(ticket.url.replace('/publish?', '/live?')), 'refused')
  assert.equal((await fetch(`${s.base}/v1/broadcasts/${id}/publish`, { method: 'POST' })).status, 401)
})

await story('it ends: the picture goes, nothing can be given any more, and what was said is on the disk, with sound, for other programs too', async () => {
  const dir = path.join(s.dir, 'media0', `b${id}`)
  const kept = () => fs.readdirSync(dir).filter((f) => f.endsWith('.mp4')).sort()
  await until(async () => kept().length >= 2, 20_000, 'segments on the disk')
  await host.getByRole('button', { name: '结束直播' }).click()
  await seats[0].getByText(/直播课已结束|live lesson is over/).waitFor({ timeout: 8000 })
  assert.equal((await s.api(s.token('admin'), 'POST', `/v1/broadcasts/${id}/publish`)).status, 409)
  await new Promise((d) => setTimeout(d, 1500))
  const file = path.join(dir, kept()[0])
  const streams = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', file]).toString()
  assert.match(streams, /h264/)
  assert.match(streams, /opus/)
  execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-map', '0:a', '-f', 'null', '-'])
  assert.deepEqual(errors.filter((e) => !/WebSocket/.test(e)), [])
})

await story('who missed it watches again: in the console and at a class screen that joins afterwards, with the voice; it stands still, goes to a place, and ends', async () => {
  await host.getByRole('heading', { name: '录像' }).waitFor()
  await host.getByRole('button', { name: /回看/ }).click()
  const shows = (page) => page.waitForFunction(() => { const v = document.querySelector('.replay video'); return v && v.readyState >= 3 && v.videoWidth > 0 && v.currentTime > 0.3 }, null, { timeout: 15_000 })
  const there = (page) => page.evaluate(() => document.querySelector('.replay video').currentTime)
  await shows(host)
  const one = await there(host)
  await until(async () => (await there(host)) > one + 0.5, 5000, 'a record that goes on')
  await shoot(host, 'replay')
  await host.getByRole('button', { name: '暂停' }).click()
  await new Promise((d) => setTimeout(d, 1500))
  const still = await there(host)
  await new Promise((d) => setTimeout(d, 1200))
  assert.ok((await there(host)) - still < 0.3, 'it stands still')
  await host.getByRole('button', { name: '继续' }).click()
  await until(async () => (await there(host)) > still + 0.5, 6000, 'on again')
  await join(1280, 800, false)
  const late = seats.at(-1)
  await late.getByRole('button', { name: /回看|Watch again/ }).click()
  await shows(late)
  const button = late.locator('.replay .hushed')
  if (await button.isVisible()) await button.click()
  await until(() => late.evaluate(() => document.querySelector('.replay video').webkitAudioDecodedByteCount > 2000), 8000, 'the voice')
  await shoot(late, 'replay-screen')
  assert.deepEqual(await axe(late), [])
  await late.evaluate(() => window.lines.at(-1).close()) // the line breaks within ten seconds: the viewer decides
  await late.getByText(/画面中断|The picture broke/).waitFor()
  await late.getByRole('button', { name: /回看|Watch again/ }).click()
  await shows(late)
  const slider = late.locator('.replay input[type=range]')
  await slider.fill(String(Number(await slider.getAttribute('max')) - 3))
  await late.getByText(/已放完|That was all/).waitFor({ timeout: 30_000 })
  await seats[0].getByRole('button', { name: /回看|Watch again/ }).waitFor() // who was there too
  assert.equal((await api('GET', `/v1/broadcasts/${id}`)).plays, 3)
  const bad = await fetch(`${s.base}/v1/class/replay/pace`, { method: 'POST', body: JSON.stringify({ token: '0'.repeat(64), play: 1, percent: 0 }) })
  assert.equal(bad.status, 401)
})

await story('no request leaves our origin and the media node', async () => assert.deepEqual(s.strangers, []))
await finish(s)
