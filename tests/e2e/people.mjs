// A day of the people at the gate, console and phones side by side. With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import zlib from 'node:zlib'
import { stand } from './stand.mjs'
import { axe, finish, shoot, story } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = async (method, path, body) => {
  const r = await s.api(token, method, path, body)
  assert.ok(r.status < 300, `${method} ${path}: ${JSON.stringify(r.value)}`)
  return r.value
}
const local = (ms = Date.now()) => new Date(ms + 8 * 3600e3)
const today = local().toISOString().slice(0, 10)
const weekday = (local().getUTCDay() + 6) % 7
const minute = local().getUTCHours() * 60 + local().getUTCMinutes()
const incident = (text) => api('GET', '/v1/incidents?state=active&limit=500').then((r) => r.items.find((i) => i.title.includes(text)))
async function until(f, ms, what) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((d) => setTimeout(d, 100))) {
    const v = await f()
    if (v) return v
  }
  throw new Error(`not within ${ms} ms: ${what}`)
}

await story('a county is solved, proven optimal, published, and re-planned after a sickness', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/rotas`)
  await page.locator('header select').selectOption({ label: '贞丰县公安局' })
  await page.locator('header input[type=date]').nth(0).fill('2027-03-01')
  await page.locator('header input[type=date]').nth(1).fill('2027-03-05')
  await page.getByRole('button', { name: '排班' }).click()
  await page.getByText('草案').first().waitFor({ timeout: 15_000 })
  await page.locator('section.card').nth(1).getByText(/缺岗 0；/).waitFor({ timeout: 5000 })
  const draft = (await api('GET', '/v1/rotas?county=522325')).items[0]
  assert.ok(draft.optimal && draft.cost === draft.bound && draft.uncovered === 0, JSON.stringify(draft))
  await page.getByRole('button', { name: '发布' }).click()
  await page.locator('h2').getByText('已发布').waitFor({ timeout: 5000 })
  await shoot(page, 'rota')
  const someone = (await api('GET', `/v1/rotas/${draft.id}/duties?limit=1`)).items[0]
  await api('POST', '/v1/leave', { person_id: someone.person_id, from_date: '2027-03-01', to_date: '2027-03-05', kind: 'sick' })
  await page.getByRole('button', { name: '按请假重排' }).click()
  const again = await until(async () => (await api('GET', '/v1/rotas?county=522325')).items.find((r) => r.keeps_id === draft.id && r.state === 'draft'), 15_000, 'the new draft')
  const mine = (await api('GET', `/v1/rotas/${draft.id}/duties?limit=20000`)).items.filter((d) => d.person_id === someone.person_id).length
  assert.ok(again.changed >= mine && again.changed <= mine + 0.03 * again.slots, `${again.changed} changed for ${mine} duties`)
  assert.equal((await api('GET', `/v1/rotas/${again.id}/duties?limit=20000`)).items.some((d) => d.person_id === someone.person_id), false)
  assert.deepEqual(errors, [])
  await page.context().close()
})

// Two gates of Zhenfeng with a peak that begins in six minutes; the demo's officer at one, somebody who stays away at the other.
const posts = (await api('GET', '/v1/posts?county=522325&limit=3')).items
const [gate, bare] = posts
const officer = (await api('GET', '/v1/people?q=officer')).items.find((p) => p.name === 'officer')
const begins = Math.min(minute + 6, 1430)
const duties = []
for (const [post, person] of [[gate, officer.id], [bare, null]]) {
  const peak = await api('POST', '/v1/peaks', { school_id: post.school_id, name: '今日高峰', weekdays: 1 << weekday, begins_min: begins, ends_min: Math.min(begins + 40, 1440) })
  const who = person ?? (await api('GET', '/v1/officers?county=522325&limit=50')).items[20].id
  duties.push(await api('POST', '/v1/duties', { post_id: post.id, peak_id: peak.id, date: today, person_id: who }))
}
// The stories before may have left the officer a duty of this hour: at his own gate, or as a substitute at the other.
const spare = (await api('GET', '/v1/officers?county=522325&limit=50')).items.slice(30).map((p) => p.id)
const freed = async () => {
  for (const { id } of duties)
    if ((await api('GET', `/v1/duties/${id}`)).person_id === officer.id) await api('POST', `/v1/duties/${id}/substitute`, { person_id: spare.pop() })
}
const tab = (page, name) => page.locator('nav.tabs').getByRole('button', { name }).click()
const tile = (page, school) => page.locator(`.tiles button[aria-label^="${school} "]`)

await story('an officer checks in from the phone; the bare gate is seen before the peak and gets a substitute', async () => {
  const { page: desk } = await s.desk()
  await desk.goto(`${s.base}/posts`)
  await desk.locator('header select').selectOption('522325')
  const { page: phone, errors } = await s.phone({ user: 'officer', at: { longitude: gate.lon, latitude: gate.lat } })
  await tab(phone, '勤务')
  const card = phone.locator('.card').filter({ hasText: '今日高峰' })
  await card.getByRole('button', { name: '收到' }).click()
  await card.getByText('已收到').waitFor({ timeout: 5000 })
  await shoot(phone, 'phone-duty')
  await card.getByRole('button', { name: '到岗签到' }).click()
  await card.getByText('已到岗').waitFor({ timeout: 5000 })
  await card.getByText('位置可信').waitFor()
  await tile(desk, gate.school).and(desk.locator('.manned, .partly')).waitFor({ timeout: 10_000 })
  await tile(desk, bare.school).and(desk.locator('.late')).waitFor({ timeout: 15_000 })
  await tile(desk, bare.school).click()
  const duty = desk.locator('.duty').filter({ hasText: '今日高峰' })
  await duty.getByRole('button', { name: '找人替岗' }).click()
  await duty.locator('table button').first().waitFor({ timeout: 5000 })
  await shoot(desk, 'posts')
  await duty.locator('table button').first().click()
  const after = await until(async () => { const d = await api('GET', `/v1/duties/${duties[1].id}`); return d.person_id !== duties[1].person_id && d }, 5000, 'the substitute')
  assert.equal(after.state, 'planned')
  assert.deepEqual(errors, [])
  await phone.context().close()
  await desk.context().close()
})

await story('a check-in from far away is amber, goes to a person, and never to a punishment', async () => {
  const far = await s.phone({ user: 'officer', at: { longitude: gate.lon + 0.02, latitude: gate.lat } })
  const peak = await api('POST', '/v1/peaks', { school_id: gate.school_id, name: '第二高峰', weekdays: 1 << weekday, begins_min: Math.min(begins + 1, 1431), ends_min: Math.min(begins + 30, 1440) })
  await freed()
  const duty = await api('POST', '/v1/duties', { post_id: gate.id, peak_id: peak.id, date: today, person_id: officer.id })
  duties.push(duty)
  await far.page.reload()
  await tab(far.page, '勤务')
  const card = far.page.locator('.card').filter({ hasText: '第二高峰' })
  await card.getByRole('button', { name: '到岗签到' }).click()
  await card.getByText('待人工核对').waitFor({ timeout: 5000 })
  const { page } = await s.desk()
  await page.goto(`${s.base}/posts`)
  const row = page.locator('tr').filter({ hasText: '距岗位' })
  await row.getByRole('button', { name: '采信', exact: true }).click()
  await until(async () => (await api('GET', `/v1/duties/${duty.id}`)).proof === 'accepted', 5000, 'the verdict')
  await far.page.context().close()
  await page.context().close()
})

await story('the code on the box screen proves a presence that the position cannot', async () => {
  const { page: screen } = await s.desk()
  await screen.goto(`${s.base}/code/${gate.id}`)
  const shown = screen.locator('.code')
  await screen.locator('svg.qr').waitFor()
  await shoot(screen, 'code')
  const { page: phone } = await s.phone({ user: 'officer', at: { longitude: gate.lon + 0.004, latitude: gate.lat } })
  await freed()
  const peak = await api('POST', '/v1/peaks', { school_id: gate.school_id, name: '第三高峰', weekdays: 1 << weekday, begins_min: Math.min(begins + 50, 1438), ends_min: Math.min(begins + 70, 1440), early_min: 5 })
  const duty = await api('POST', '/v1/duties', { post_id: gate.id, peak_id: peak.id, date: today, person_id: officer.id })
  await phone.reload()
  await tab(phone, '勤务')
  const card = phone.locator('.card').filter({ hasText: '第三高峰' })
  await card.locator('input').fill((await shown.textContent()).replace(' ', ''))
  await card.getByRole('button', { name: '到岗签到' }).click()
  await card.getByText('已到岗').waitFor({ timeout: 5000 })
  const proof = (await api('GET', `/v1/duties/${duty.id}`)).checkins
  const reasons = JSON.stringify(proof.map((c) => c.reasons))
  assert.ok(!reasons.includes('outside') && !reasons.includes('wrong_code'), reasons)
  await phone.context().close()
  await screen.context().close()
})

await story('posts, peaks, special days and situations are set on the screen', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/posts`)
  await page.locator('header select').selectOption('522325')
  await tile(page, posts[2].school).click()
  await page.getByText('岗位与高峰设置').click()
  const form = page.locator('details form')
  await form.nth(0).locator('input').nth(0).fill('晚自习')
  await form.nth(0).locator('input').nth(1).fill('21:00')
  await form.nth(0).locator('input').nth(2).fill('21:30')
  await form.nth(0).getByRole('button').click()
  await page.locator('details').getByText('21:00–21:30').waitFor({ timeout: 4000 })
  await form.nth(1).locator('input').nth(1).fill('运动会')
  await form.nth(1).getByRole('button').click()
  await page.locator('details').getByText('运动会').waitFor({ timeout: 4000 })
  await page.locator('details').getByRole('button', { name: '+ 保安' }).click()
  await until(async () => (await api('GET', `/v1/posts/${posts[2].id}`)).needs.some((n) => n.kind === 'guard'), 4000, 'the need')
  const gates = page.locator('section').filter({ hasText: '现场情况' }).last()
  await gates.locator('input').first().fill('贵E88888')
  await gates.getByRole('button', { name: '新增' }).click()
  await gates.getByText('贵E88888').waitFor({ timeout: 4000 })
  await gates.locator('td input').first().fill('已劝离')
  await gates.getByRole('button', { name: '保存' }).click()
  await gates.getByText('已劝离').waitFor({ timeout: 4000 })
  await gates.getByRole('button', { name: '已消除' }).click()
  await until(async () => (await api('GET', '/v1/situations')).items[0].cleared_at, 4000, 'the clearing')
  assert.deepEqual((await api('GET', '/v1/coverage?county=522325')).totals.management, { part: 1, whole: 1, share: 1 })
  await shoot(page, 'post-settings')
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('the guard holds the button: the desk rings within a second, a withdrawal is a note and closes nothing', async () => {
  const { page: desk } = await s.desk()
  const school = (await s.api(s.token('guard'), 'GET', '/v1/patrols/mine')).value.school
  const { page: phone, errors } = await s.phone({ user: 'guard', at: { longitude: school.lon, latitude: school.lat } })
  await shoot(phone, 'phone-home')
  const hold = phone.locator('.hold')
  const box = await hold.boundingBox()
  await phone.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await phone.mouse.down()
  await phone.waitForTimeout(700)
  await phone.mouse.up()
  await phone.waitForTimeout(400)
  assert.equal(await incident('手机报警'), undefined, 'a short press is none')
  await phone.mouse.down()
  await phone.waitForTimeout(1600)
  await phone.mouse.up()
  await desk.getByText('手机报警').first().waitFor({ timeout: 3000 })
  await phone.getByText('报警已到指挥中心').waitFor({ timeout: 3000 })
  await shoot(phone, 'phone-panic')
  await phone.getByRole('button', { name: /误报，撤销/ }).click()
  const i = await until(() => incident('手机报警'), 3000, 'the incident')
  assert.equal(i.school_id, school.id)
  await until(async () => JSON.stringify((await api('GET', `/v1/incidents/${i.id}`))).includes('报警人撤销'), 3000, 'the note')
  assert.equal((await api('GET', `/v1/incidents/${i.id}`)).state, 'open')
  assert.deepEqual(errors, [])
  await phone.context().close()
  await desk.context().close()
})

await story('offline: a volunteer reports a stranger with a photo, and presses and rounds wait; all arrive once', async () => {
  const { page: desk } = await s.desk()
  const { page: phone, context } = await s.phone({ user: 'volunteer', at: { longitude: gate.lon, latitude: gate.lat } })
  await phone.evaluate(() => navigator.serviceWorker.ready)
  await phone.reload()
  await phone.locator('nav.tabs').waitFor()
  await context.setOffline(true)
  await tab(phone, '上报')
  await phone.getByRole('radio', { name: '可疑人员' }).click()
  await phone.locator('input[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: fs.readFileSync(new URL('../../docs/picture/desk.png', import.meta.url)) })
  await phone.locator('main img').waitFor()
  await phone.locator('textarea').fill('黑衣男子在门口徘徊')
  await shoot(phone, 'phone-tip')
  await phone.locator('button.main').click()
  await phone.getByText('没有网络，已存下').waitFor({ timeout: 6000 })
  await tab(phone, '巡逻')
  const round = phone.locator('.card').filter({ has: phone.getByRole('button', { name: '到点' }) }).first()
  const has = await round.count()
  if (has) await round.getByRole('button', { name: '到点' }).first().click()
  await phone.getByText(`${has ? 2 : 1} 条待上传`).waitFor({ timeout: 8000 })
  await phone.reload() // the shell opens without a network, and knows who and what
  await phone.getByText(/条待上传/).waitFor({ timeout: 8000 })
  await phone.getByText('没有网络：记录已存在手机里').waitFor({ timeout: 15_000 })
  await shoot(phone, 'phone-offline')
  await context.setOffline(false)
  await desk.getByText('可疑人员').first().waitFor({ timeout: 20_000 })
  await phone.getByText(/条待上传/).waitFor({ state: 'hidden', timeout: 15_000 })
  const tips = (await api('GET', '/v1/tips')).items
  assert.equal(tips.length, 1)
  assert.ok(tips[0].photo && tips[0].incident_id)
  const photo = await fetch(`${s.base}/v1/tips/${tips[0].id}/photo`, { headers: { Authorization: `Bearer ${token}` } })
  assert.equal(photo.headers.get('content-type'), 'image/jpeg')
  assert.ok((await photo.arrayBuffer()).byteLength > 5000)
  if (has) assert.equal((await api('GET', '/v1/patrols')).items.reduce((n, p) => n + p.done, 0), 1)
  await desk.goto(`${s.base}/patrols`)
  await desk.locator('.tip img').waitFor()
  await shoot(desk, 'patrols')
  await phone.context().close()
  await desk.context().close()
})

await story('a bus leaves its corridor and a child is left behind: both ring; the attendant ends the trip only when every seat is empty', async () => {
  const { page: desk } = await s.desk()
  const school = (await s.api(s.token('guard'), 'GET', '/v1/patrols/mine')).value.school
  const guard = (await api('GET', '/v1/people?q=guard')).items.find((p) => p.name === 'guard')
  const [x, y] = [school.lon, school.lat]
  const vehicle = await api('POST', '/v1/vehicles', { plate: '贵E·X0001', school_id: school.id, capacity: 30, terminal: '13900000001' })
  const route = await api('POST', '/v1/bus-routes', { school_id: school.id, name: '一号线', path: [[x - 0.05, y], [x, y]], stops: [{ name: '村口', lon: x - 0.05, lat: y, after_min: 0 }, { name: '学校', lon: x, lat: y, after_min: 20 }] })
  const trip = await api('POST', '/v1/trips', { vehicle_id: vehicle.id, route_id: route.id, attendant_id: guard.id, direction: 'to_school', roster: 12, due_at: new Date().toISOString() })
  const { page: phone } = await s.phone({ user: 'guard', at: { longitude: x, latitude: y } })
  await tab(phone, '校车')
  await phone.getByRole('button', { name: '发车' }).click()
  for (let n = 1; n <= 3; n++) {
    await phone.getByRole('button', { name: '上车 +1' }).click()
    await phone.getByText(`车上 ${n}`).waitFor({ timeout: 4000 })
  }
  await shoot(phone, 'phone-bus')
  s.bus('13900000001', '--span', 60, `${x - 0.04},${y}`, `${x - 0.04},${y + 0.01}`, `${x - 0.035},${y + 0.01}`, `${x - 0.03},${y + 0.01}`)
  await desk.getByText('校车偏离路线').first().waitFor({ timeout: 5000 })
  s.bus('13900000001', '--span', 1, '--acc', 0, '--kmh', 0, `${x},${y}`)
  await desk.goto(`${s.base}/buses/${vehicle.id}`)
  await desk.locator('canvas').first().waitFor()
  await desk.waitForTimeout(1500)
  await shoot(desk, 'buses')
  assert.equal((await s.api(s.token('guard'), 'POST', `/v1/trips/${trip.id}/end`, {})).status, 409)
  const left = await until(() => incident('校车熄火仍有学生'), 75_000, 'the child')
  assert.equal(left.severity, 1)
  await desk.goto(s.base)
  await desk.getByText('校车熄火仍有学生').first().waitFor({ timeout: 5000 })
  for (let n = 2; n >= 0; n--) {
    await phone.getByRole('button', { name: '下车 +1' }).click()
    await phone.getByText(`车上 ${n}`).waitFor({ timeout: 4000 })
  }
  await phone.getByRole('button', { name: /座位全空/ }).click()
  await phone.getByRole('button', { name: '结束行程' }).click()
  await phone.getByText('已结束').waitFor({ timeout: 4000 })
  assert.equal((await api('GET', '/v1/vehicle-alarms')).items.find((a) => a.kind === 'child_left').closed_at === null, false)
  await phone.context().close()
  await desk.context().close()
})

await story('a phone joins by one QR code, once', async () => {
  const { page: desk } = await s.desk({ user: 'admin' })
  await desk.goto(`${s.base}/admin`)
  await desk.locator('section input').first().fill('volunteer')
  await desk.keyboard.press('Enter')
  await desk.locator('tr').filter({ hasText: 'volunteer' }).click()
  const made = desk.waitForResponse((r) => r.url().endsWith('/join'))
  await desk.getByRole('button', { name: '生成入网二维码' }).click()
  const { secret } = await (await made).json()
  await desk.locator('svg.qr').waitFor()
  await shoot(desk, 'join')
  const { page, context } = await s.phone({ user: 'volunteer', at: { longitude: gate.lon, latitude: gate.lat } })
  await context.clearCookies()
  await page.evaluate(() => localStorage.clear())
  await page.goto('about:blank')
  await page.goto(`${s.base}/m/#j=${secret}`)
  await page.locator('nav.tabs').waitFor({ timeout: 5000 })
  assert.equal(new URL(page.url()).hash, '')
  assert.equal((await s.api('', 'POST', '/v1/join', { secret })).status, 401)
  const boss = (await api('GET', '/v1/people?q=supervisor')).items[0]
  assert.equal((await s.api(token, 'POST', `/v1/people/${boss.id}/join`, {})).status, 409)
  await context.close()
  await desk.context().close()
})

await story('the phone: small shell, big targets, both languages and themes, clean for axe', async () => {
  const { page, errors } = await s.phone({ user: 'guard', at: { longitude: gate.lon, latitude: gate.lat }, theme: 'light', lang: 'en', where: '/m/diag' })
  const urls = await page.evaluate(() => performance.getEntriesByType('resource').filter((r) => /\.(js|css|svg)$|assets/.test(r.name)).map((r) => r.name))
  let bytes = 0
  for (const u of urls) bytes += zlib.gzipSync(Buffer.from(await (await fetch(u)).arrayBuffer()), { level: 9 }).length
  assert.ok(bytes < 300_000 && bytes > 10_000, `${bytes} bytes`)
  for (const name of ['Watch', 'Patrol', 'Report', 'More']) {
    await page.locator('nav.tabs').getByRole('button', { name }).click()
    await page.waitForTimeout(300)
    await shoot(page, `phone-${name.toLowerCase()}-light-en`)
    const small = await page.evaluate(() => [...document.querySelectorAll('button, a, input:not(.visually-hidden), select, textarea')].map((e) => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width > 0 && (r.height < 44 || r.width < 44)).map(([e]) => e.outerHTML.slice(0, 80)))
    assert.deepEqual(small, [], name)
    const bad = await axe(page)
    assert.deepEqual(bad, [], name)
  }
  console.log(`   the phone's shell is ${(bytes / 1000).toFixed(0)} kB gzipped`)
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('no request left our origin', () => assert.deepEqual(s.strangers, []))
await s.end()
finish()
