// Pictures of a student vehicle (JT/T 1078): its terminal says that it has some, and an operator sees them move; a child left behind opens them
// on the desk before anybody clicks. With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import { axe, asking, finish, moving, shoot, story, until, wait } from './story.mjs'
import { stand } from './stand.mjs'

const s = await stand({ nodes: 1 })
const api = asking(s, s.token('admin'))
const school = (await api('GET', '/v1/schools?limit=1')).items[0]
const vehicle = await api('POST', '/v1/vehicles', { plate: '贵E7D078', school_id: school.id, capacity: 36, terminal: '13907808001' })
const at = `${school.lon},${school.lat}`
let bus
const cameras = async () => (await api('GET', `/v1/cameras?school=${school.id}`)).items.filter((c) => c.vehicle_id === vehicle.id)

await story('a terminal that has pictures brings its cameras with it; one without brings none', async () => {
  s.bus(vehicle.terminal, at) // no pictures
  await wait(600)
  assert.deepEqual(await cameras(), [])
  bus = s.busWith(vehicle.terminal, 2, at)
  const all = await until(async () => { const c = await cameras(); return c.length === 2 ? c : null }, 5000, 'two cameras')
  assert.deepEqual(all.map((c) => [c.code, c.kind, c.name]), [['1', 'jt1078', '贵E7D078 车载 1'], ['2', 'jt1078', '贵E7D078 车载 2']])
  const r = await until(async () => { const x = await api('GET', `/v1/recorders/${all[0].recorder_id}`); return x.line === 'up' ? x : null }, 3000, 'the terminal is there')
  assert.deepEqual([r.vehicle_id, r.name], [vehicle.id, '贵E7D078'])
  assert.equal((await s.api(s.token('admin'), 'POST', `/v1/recorders/${r.id}/catalog`)).status, 409)
})

await story('the page of the bus: a reason, and it moves; the look is on record; nobody looks, and the bus stops sending', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/buses/${vehicle.id}`)
  await page.getByRole('heading', { name: '车内画面' }).waitFor()
  const one = page.getByRole('button', { name: '通道 1' })
  assert.ok(await one.isDisabled())
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('家长来电询问')
  await one.click()
  await moving(page)
  // What is heard in a bus with pupils: only once somebody says so.
  assert.deepEqual((await cameras()).map((x) => x.sound), [false, false])
  assert.equal(await page.getByRole('button', { name: '听现场' }).count(), 0)
  await api('PATCH', `/v1/cameras/${(await cameras())[1].id}`, { sound: true })
  await page.getByRole('button', { name: '通道 2' }).click()
  await page.getByRole('button', { name: '听现场' }).click()
  await until(() => page.evaluate(() => { const v = document.querySelectorAll('.tile video')[1]; return !v.muted && v.webkitAudioDecodedByteCount > 1000 }), 6000, 'the sound of the bus')
  assert.match(bus.said(), /pictures 2 \w+ \w+ sound/)
  await until(async () => (await page.locator('video').count()) === 2, 4000, 'two tiles')
  await wait(1500)
  await shoot(page, 'bus-pictures')
  assert.deepEqual(await axe(page), [])
  const [c] = await cameras()
  assert.deepEqual([c.live.state, c.live.way], ['playing', 'tcp_passive'])
  assert.ok((await api('GET', '/v1/views?limit=5')).items.some((v) => v.camera === '贵E7D078 车载 1' && v.note === '家长来电询问'))
  // The line of the bus breaks: the tile says so, and moves again by itself when it is back.
  bus.child.kill('SIGKILL')
  await page.getByText('终端不在线').waitFor({ timeout: 6000 })
  await page.locator('.tile').first().getByText(/录像机不在线|中断|未注册/).waitFor({ timeout: 8000 })
  bus = s.busWith(vehicle.terminal, 2, at)
  await moving(page, 0, 20_000)
  assert.deepEqual(errors, [])
  await page.context().close()
  await until(() => /stopped 1/.test(bus.said()) && /stopped 2/.test(bus.said()), 25_000, 'the bus stops sending')
})

await story('a child is left behind: the desk sees the inside of the bus, not the school gate', async () => {
  const { page, errors } = await s.desk()
  const other = await api('POST', '/v1/vehicles', { plate: '贵E7D079', school_id: school.id, capacity: 36, terminal: '13907808002' })
  const route = await api('POST', '/v1/bus-routes', { school_id: school.id, name: '1 号线', path: [[school.lon, school.lat], [school.lon + 0.01, school.lat]], stops: [{ name: '村口', lon: school.lon + 0.01, lat: school.lat, after_min: 10 }] })
  const trip = await api('POST', '/v1/trips', { vehicle_id: other.id, route_id: route.id, direction: 'to_school', roster: 12, due_at: new Date().toISOString(), attendant_id: (await api('GET', '/v1/me')).id })
  await api('POST', `/v1/trips/${trip.id}/start`)
  await api('POST', `/v1/trips/${trip.id}/count`, { boarded: 12 })
  s.busWith(other.terminal, 2, '--acc', '0', '--kmh', '0', '--span', '70', at, at) // it has stood switched off for longer than a minute
  const row = page.locator('[role=listitem], .row').filter({ hasText: '校车熄火仍有学生' }).first()
  await row.waitFor({ timeout: 15_000 })
  await row.click()
  await moving(page)
  await shoot(page, 'bus-child')
  const [incident] = (await api('GET', '/v1/incidents?limit=5')).items.filter((i) => i.title.startsWith('校车熄火仍有学生 · ') && i.title_en.startsWith('Child left in a bus · '))
  const ranked = (await api('GET', `/v1/incidents/${incident.id}/cameras`)).items
  assert.deepEqual(ranked.slice(0, 2).map((c) => c.vehicle_id), [other.id, other.id])
  s.panel((await api('GET', `/v1/panels?school=${school.id}`)).items[0].account, 'press', '1') // an alarm of the school itself
  const gate = await until(async () => (await api('GET', '/v1/incidents?limit=5')).items.find((i) => i.school_id === school.id && i.id !== incident.id), 4000, 'the gate rings')
  assert.ok((await api('GET', `/v1/incidents/${gate.id}/cameras`)).items.every((c) => c.vehicle_id === null))
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('the driver presses: it rings; acknowledged, the terminal is told and takes its alarm away; pressed again it rings again', async () => {
  const third = await api('POST', '/v1/vehicles', { plate: '贵E7D080', school_id: school.id, capacity: 36, terminal: '13907808003' })
  const rings = async () => (await api('GET', '/v1/incidents?state=active&limit=50')).items.filter((i) => i.title === '校车紧急报警 · 贵E7D080')
  let last = 0
  for (const _ of [1, 2]) {
    const driver = s.busWith(third.terminal, 1, '--emergency', at)
    const i = await until(async () => (await rings()).find((x) => x.id > last), 6000, 'the bus rings')
    assert.deepEqual([i.severity, i.state], [1, 'open'])
    assert.ok(!/confirmed/.test(driver.said()))
    await api('POST', `/v1/incidents/${i.id}/ack`)
    await until(() => /confirmed/.test(driver.said()), 3000, 'the terminal is told')
    await until(async () => (await api('GET', '/v1/vehicle-alarms')).items.find((a) => a.incident_id === i.id)?.closed_at, 5000, 'the alarm is over')
    last = i.id
    driver.child.kill('SIGKILL')
  }
})

await finish(s)
