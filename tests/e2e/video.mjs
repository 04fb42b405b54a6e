// Pictures end to end: simulated recorders on the real protocol, two media nodes, Chromium that plays. With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { stand } from './stand.mjs'
import { axe, finish, shoot, story } from './story.mjs'

const s = await stand({ nodes: 2 })
const token = s.token('admin')
const wait = (ms) => new Promise((d) => setTimeout(d, ms))
const api = async (method, where, body) => {
  const r = await s.api(token, method, where, body)
  assert.ok(r.status < 300, `${method} ${where}: ${JSON.stringify(r.value)}`)
  return r.value
}
async function until(f, ms, what) {
  for (const end = Date.now() + ms; Date.now() < end; await wait(50)) {
    const v = await f()
    if (v) return v
  }
  throw new Error(`not within ${ms} ms: ${what}`)
}
const incidentOf = (school) => until(async () => (await api('GET', '/v1/incidents?state=active&limit=500')).items.find((i) => i.school_id === school), 3000, 'the incident')
const schoolOf = async (n) => (await api('GET', '/v1/recorders?limit=5000')).items.find((r) => r.code.endsWith(String(n).padStart(6, '0')))
/** Waits until a tile shows moving pictures: decoded, and different a moment later. */
async function moving(page, nth = 0, ms = 10_000) {
  await page.waitForFunction((n) => { const v = document.querySelectorAll('.tile video')[n]; return v && v.readyState >= 2 && v.videoWidth > 0 && v.currentTime > 0 }, nth, { timeout: ms })
  const sample = () => page.evaluate((n) => { const v = document.querySelectorAll('.tile video')[n]; const c = document.createElement('canvas'); c.width = 160; c.height = 90; const g = c.getContext('2d'); g.drawImage(v, 0, 0, 160, 90); return [...g.getImageData(0, 0, 160, 90).data].reduce((a, x, i) => (a * 31 + x * (i + 1)) % 1000000007, 7) }, nth)
  const first = await sample()
  await until(async () => (await sample()) !== first, 3000, 'another picture')
}
const nvr = await s.nvr(733, 4)
const gate = await schoolOf(733)

await story('an alarm rings: its cameras are invited before a click, and the desk sees moving pictures', async () => {
  const { page, errors } = await s.desk()
  await wait(1500) // the flagged gate camera is fetched already
  const t0 = Date.now()
  s.panel('100733', 'press', '1')
  await page.waitForFunction(() => [...document.querySelectorAll('.tile video')].some((v) => v.readyState >= 2 && v.currentTime > 0), null, { timeout: 10_000 })
  console.log(`   press to decoded frame ${Date.now() - t0} ms`)
  await moving(page, 0)
  await moving(page, 1)
  const i = await incidentOf(gate.school_id)
  const cameras = (await api('GET', `/v1/incidents/${i.id}/cameras`)).items
  assert.equal(cameras[0].name, '正门') // it is named for the place, and looks at it
  assert.ok(cameras.slice(0, 4).every((c) => c.live.state === 'playing' || c.live.state === 'opening'), JSON.stringify(cameras.map((c) => c.live)))
  await shoot(page, 'desk-video')
  await page.keyboard.press('Enter')
  await page.locator('.tile').nth(3).waitFor()
  for (const n of [0, 1, 2, 3]) await moving(page, n)
  // The ten seconds before: the gate camera was fetched all the time, so its ring reaches back.
  await wait(9000)
  await page.locator('.tile').first().getByRole('button', { name: '回看10秒' }).click()
  const looped = await page.locator('.tile').first().locator('.tag.on').textContent()
  assert.ok(Number(looped.match(/\d+/)[0]) >= 9, looped)
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  await shoot(page, 'incident-video')
  await page.context().close()
})

await story('a recorder\'s own alarm becomes an incident, repeated thrice it is one', async () => {
  const other = await s.nvr(740, 1, '--repeat-alarm', '--tcp')
  const school = await schoolOf(740)
  other.say('alarm 2')
  const i = await incidentOf(school.school_id)
  assert.match(i.title, /侧门/)
  await wait(800)
  const signals = (await api('GET', `/v1/signals?account=${school.code}`)).items
  assert.equal(signals.length, 1)
  assert.equal((await api('GET', `/v1/incidents/${i.id}`)).press_count, 1)
  other.child.kill()
})

await story('who looks outside an incident says why, the school sees it, and a view is cut within a second', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/video`)
  await page.getByPlaceholder('名称、代码或拼音首字母').fill((await schoolOf(735)).school)
  await page.locator('.schools .row').first().click()
  await page.locator('.cameras .row').first().waitFor()
  assert.ok(await page.locator('.cameras .row').first().isDisabled()) // no reason yet
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('家长反映门口拥堵')
  for (const n of [0, 1, 3]) await page.locator('.cameras .row').nth(n).click()
  for (const n of [0, 1, 2]) await moving(page, n)
  await shoot(page, 'video-wall')
  assert.deepEqual(await axe(page), [])
  const views = (await api('GET', '/v1/views?limit=3')).items
  assert.equal(views[0].note, '家长反映门口拥堵')
  const refused = await s.api(token, 'POST', `/v1/cameras/${views[0].camera_id}/open`, { reason: 'patrol' })
  assert.equal(refused.status, 422)
  const before = await page.evaluate(() => performance.now())
  const tile = await page.evaluate(() => { window.__cut = 0; const W = window.WebSocket; return W.name })
  assert.equal(tile, 'WebSocket')
  const closed = page.waitForEvent('websocket', { timeout: 5000 }).catch(() => null) // the tile opens anew with a new reason on record
  await api('POST', `/v1/views/${views[0].id}/end`)
  assert.ok(await closed, 'the view was not cut')
  assert.ok((await page.evaluate(() => performance.now())) - before < 2000)
  await page.getByRole('tab', { name: '调阅记录' }).click()
  await page.getByRole('cell', { name: '家长反映门口拥堵' }).first().waitFor()
  await shoot(page, 'video-views')
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a camera turns while the button is held, and stops by itself', async () => {
  const { page } = await s.desk()
  await page.goto(`${s.base}/video`)
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('检修')
  await page.getByPlaceholder('名称、代码或拼音首字母').fill((await schoolOf(734)).school)
  await page.locator('.schools .row').first().click()
  await page.locator('.cameras .row', { hasText: '操场' }).click()
  await moving(page, 0)
  nvr.forget()
  const right = page.getByRole('button', { name: '右' })
  await right.hover()
  await page.mouse.down()
  await nvr.heard(/A50F01018080?00..|A50F010180/)
  await wait(1500)
  await page.mouse.up()
  await nvr.heard(/A50F0100000000B5/)
  // A console that dies in the middle: the daemon stops the camera after two seconds.
  nvr.forget()
  const camera = (await api('GET', `/v1/cameras?school=${(await schoolOf(734)).school_id}`)).items.find((c) => c.ptz)
  await wait(3200)
  await api('POST', `/v1/cameras/${camera.id}/steer`, { pan: -1 })
  await nvr.heard(/A50F0102/)
  await nvr.heard(/A50F0100000000B5/, 4000)
  const other = await s.api(s.token('operator'), 'POST', `/v1/cameras/${camera.id}/steer`, { pan: 1 })
  assert.equal(other.status, 409) // the administrator steered just now
  await page.context().close()
})

await story('a clip of the alarm is ready, plays, and one flipped bit of it is found', async () => {
  const i = await incidentOf(gate.school_id)
  const opened = new Date(i.opened_at).getTime()
  const clip = await until(async () => (await api('GET', `/v1/clips?incident=${i.id}`)).items.find((k) => k.camera === '正门' && k.state === 'ready'), 75_000, 'the automatic clip')
  assert.ok(new Date(clip.from_at).getTime() <= opened - 9000)
  const ticket = await api('POST', `/v1/clips/${clip.id}/open`)
  const file = path.join(s.dir, 'clip.mp4')
  fs.writeFileSync(file, Buffer.from(await (await fetch(ticket.url)).arrayBuffer()))
  fs.writeFileSync(path.join(s.dir, 'clip.json'), await (await fetch(ticket.manifest_url)).text())
  const manifest = JSON.parse(fs.readFileSync(path.join(s.dir, 'clip.json')))
  assert.ok(manifest.chain[1].from <= opened - 3000, 'the seconds before the alarm are in it')
  assert.match(execFileSync(s.bin('huxue'), ['clip', 'verify', file]).toString(), /^genuine/)
  const bytes = fs.readFileSync(file)
  bytes[bytes.length >> 1] ^= 1
  fs.writeFileSync(file, bytes)
  assert.throws(() => execFileSync(s.bin('huxue'), ['clip', 'verify', file], { stdio: 'pipe' }))
  assert.equal((await fetch(ticket.url.replace(/.$/, (c) => (c === '0' ? '1' : '0')))).status, 403)
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/incidents/${i.id}`)
  await page.getByRole('row', { name: /正门/ }).filter({ hasText: '可用' }).first().getByRole('button', { name: '播放' }).click()
  await page.waitForFunction(() => { const v = document.querySelector('.clip video'); return v && v.readyState >= 2 && v.currentTime > 0.5 }, null, { timeout: 10_000 })
  await page.evaluate(() => { document.querySelector('.clip video').currentTime = 20 })
  await page.waitForFunction(() => { const v = document.querySelector('.clip video'); return v.readyState >= 2 && v.currentTime > 20.2 }, null, { timeout: 10_000 })
  await shoot(page, 'incident-clip')
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a media node dies: the watched pictures come back from the other within three seconds', async () => {
  const { page } = await s.desk()
  const school = await schoolOf(736)
  s.panel('100736', 'press', '1')
  const i = await incidentOf(school.school_id)
  await page.goto(`${s.base}/incidents/${i.id}`)
  await page.locator('.tile').nth(3).waitFor()
  for (const n of [0, 1, 2, 3]) await moving(page, n)
  const t0 = Date.now()
  s.media[0].removeAllListeners('exit')
  s.media[0].kill('SIGKILL')
  await wait(300)
  for (const n of [0, 1, 2, 3]) await moving(page, n, 6000)
  console.log(`   all four moved again after ${Date.now() - t0} ms`)
  assert.ok(Date.now() - t0 < 4500)
  s.media[0] = await s.startMedia(0)
  await page.context().close()
})

await story('a stranger at the door is entered in the console, and its picture comes', async () => {
  const { page, errors } = await s.desk()
  const school = await schoolOf(745)
  const knocking = await s.nvr(999000, 1, '--stranger')
  await page.goto(`${s.base}/video`)
  await page.getByRole('tab', { name: '录像机' }).click()
  await until(async () => { await page.reload(); await page.getByRole('tab', { name: '录像机' }).click(); await wait(300); return page.locator('.unknown button').count() }, 10_000, 'the stranger')
  await page.locator('.unknown button').first().click()
  await page.getByLabel('学校', { exact: true }).fill(school.school)
  await shoot(page, 'video-stranger')
  await page.getByRole('button', { name: '新增' }).click()
  await knocking.heard(/registered/, 25_000)
  const camera = await until(async () => (await api('GET', `/v1/cameras?school=${school.school_id}`)).items.find((c) => c.code.includes('9000') && c.state === 'on'), 5000, 'its cameras')
  await page.getByRole('tab', { name: '视频墙' }).click()
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('验收')
  await page.getByPlaceholder('名称、代码或拼音首字母').fill(school.school)
  await page.locator('.schools .row').first().click()
  await page.locator('.cameras .row').last().click()
  await moving(page, 0)
  assert.ok(camera.id > 0)
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('an opening that fails says why: no packet, refused by way, recorder away; TCP is found and remembered', async () => {
  const mute = await s.nvr(750, 1, '--no-rtp')
  const tcpOnly = await s.nvr(751, 1, '--no-udp', '--no-map', '--other-ssrc', '--utf8')
  const [a, b, c] = [await schoolOf(750), await schoolOf(751), await schoolOf(760)]
  const open = async (school) => {
    const camera = (await api('GET', `/v1/cameras?school=${school.school_id}`)).items[0]
    const { url } = await api('POST', `/v1/cameras/${camera.id}/open`, { reason: 'maintenance', note: 'test' })
    const ws = new WebSocket(url)
    return { id: camera.id, ws }
  }
  const away = await open(c)
  await until(async () => (await api('GET', `/v1/cameras/${away.id}`)).live.cause === 'recorder_away', 3000, 'recorder_away')
  const good = await open(b)
  await until(async () => (await api('GET', `/v1/cameras/${good.id}`)).live.state === 'playing', 12_000, 'TCP found')
  assert.equal((await until(async () => { const r = await api('GET', `/v1/recorders/${b.id}`); return r.way !== 'udp' && r }, 3000, 'the way remembered')).way, 'tcp_passive')
  const silent = await open(a)
  await until(async () => (await api('GET', `/v1/cameras/${silent.id}`)).live.cause === 'no_packet', 20_000, 'no_packet')
  for (const x of [away, good, silent]) x.ws.close()
  const { page } = await s.desk()
  await page.goto(`${s.base}/video`)
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('验收')
  await page.getByPlaceholder('名称、代码或拼音首字母').fill(a.school)
  await page.locator('.schools .row').first().click()
  await page.locator('.cameras .row').first().click()
  await page.getByText('已应答，但没有收到码流').first().waitFor({ timeout: 20_000 })
  await shoot(page, 'video-cause')
  await page.context().close()
  mute.child.kill()
  tcpOnly.child.kill()
})

await story('no request leaves our origin and the media nodes', async () => assert.deepEqual(s.strangers, []))
await s.end()
finish()
