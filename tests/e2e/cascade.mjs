// A county's platform below a prefecture's, over GB/T 28181: two whole systems on one machine, of which the upper knows nothing but the standard; and a
// platform of the tests, which does what real ones do wrong.
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import net from 'node:net'
import { platform } from './platform.mjs'
import { stand } from './stand.mjs'
import { asking, axe, finish, moving, shoot, story, until, wait } from './story.mjs'

const PLATFORM = '52230000002000000001'
const OURS = '52232500002000000009'
const parent = await stand({ nodes: 1 })
const county = await stand({ nodes: 1 })
const above = asking(parent, parent.token('admin'))
const below = asking(county, county.token('admin'))
const nvr = await county.nvr(733, 2)
const school = (await below('GET', '/v1/recorders?limit=5000')).items.find((r) => r.code.endsWith('000733')).school_id
const name = (await below('GET', `/v1/schools/${school}`)).name
const atSchool = (await above('GET', '/v1/schools?county=522325&limit=1')).items[0]
const device = await above('POST', '/v1/recorders', { school_id: atSchool.id, code: OURS, name: '贞丰县平台', password: 'cascade-1' })
const upper = async () => (await below('GET', '/v1/uppers')).items.find((u) => u.code === PLATFORM)
const change = async (body) => below('PATCH', `/v1/uppers/${(await upper()).id}`, body)
const seen = async () => (await above('GET', `/v1/cameras?school=${atSchool.id}`)).items.filter((c) => c.recorder_id === device.id)
const looks = async () => (await below('GET', '/v1/views?limit=20')).items.filter((v) => v.upper_id)
const up = (ms = 10_000) => until(async () => (await upper()).line === 'up', ms, 'the line up')

async function look(page, camera) {
  await page.goto(`${parent.base}/video`)
  await page.getByPlaceholder('名称、代码或拼音首字母').fill(atSchool.name)
  await page.locator('.schools .row').first().click()
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('州局抽查')
  await page.locator('.cameras .row', { hasText: `${name} ${camera}` }).click()
}

await story('a platform above is entered in the console; a wrong password is named, the right one registers', async () => {
  const { page, errors } = await county.desk({ user: 'admin' })
  await page.goto(`${county.base}/video`)
  await page.getByRole('tab', { name: '上级平台' }).click()
  const form = page.locator('form.form')
  await form.getByLabel('名称').fill('州公安视频平台')
  await form.getByLabel('平台编码').fill(PLATFORM)
  await form.getByLabel('平台 SIP 地址').fill(parent.sip)
  await form.getByLabel('本级编码').fill(OURS)
  await form.getByLabel('注册密码').fill('falsch')
  await form.getByRole('button', { name: '新增' }).click()
  await page.getByRole('cell', { name: '密码不对' }).waitFor({ timeout: 8000 })
  await page.locator('section.card').nth(1).locator('input[type=password]').fill('cascade-1')
  await page.locator('section.card').nth(1).getByRole('button', { name: '保存' }).click()
  await page.locator('td .tag.on', { hasText: '正常' }).first().waitFor({ timeout: 8000 })
  await page.getByPlaceholder('学校', { exact: true }).fill(name)
  await page.getByRole('button', { name: '共享全部' }).nth(1).click()
  await page.getByRole('cell', { name: '操场' }).waitFor()
  await shoot(page, 'cascade-dark-zh')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  assert.ok(!JSON.stringify(await below('GET', '/v1/uppers')).includes('cascade-1'))
  await above('POST', `/v1/recorders/${device.id}/catalog`)
  const cameras = await until(async () => { const all = await seen(); return all.length === 4 && all }, 8000, 'the catalog above')
  assert.deepEqual(cameras.map((c) => c.name), ['正门', '侧门', '教学楼A 走廊', '操场'].map((x) => `${name} ${x}`))
  assert.equal((await above('GET', `/v1/recorders/${device.id}`)).maker, 'Huxue')
  await page.context().close()
})

await story('above they look: written before it is shown, turned, and cut by the county within a second', async () => {
  const { page } = await parent.desk()
  await look(page, '操场')
  await moving(page, 0)
  await shoot(page, 'cascade-above')
  const [v] = await looks()
  assert.deepEqual([v.camera, v.person, v.person_id, v.reason, v.ended_at], ['操场', '州公安视频平台', null, 'upper', null])
  nvr.forget()
  const [, , , yard] = await seen()
  await above('POST', `/v1/cameras/${yard.id}/steer`, { pan: 1 })
  await nvr.heard(/ptz \d+04 A50F0101/, 3000)
  const { page: their } = await county.desk({ user: 'admin' })
  await their.goto(`${county.base}/video`)
  await their.getByRole('tab', { name: '调阅记录' }).click()
  await their.getByRole('cell', { name: '上级平台调阅' }).first().waitFor()
  await shoot(their, 'cascade-looks')
  const began = Date.now()
  await their.getByRole('button', { name: '切断' }).first().click()
  await until(async () => (await above('GET', `/v1/cameras/${yard.id}`)).live.state === 'failed', 2000, 'the picture is gone above')
  console.log(`   cut after ${Date.now() - began} ms`)
  await until(async () => /403/.test((await above('GET', `/v1/cameras/${yard.id}`)).live.detail), 15_000, 'the refusal of the next try')
  assert.ok((await looks())[0].ended_at)
  await page.context().close()
  await their.context().close()
})

await story('what was recorded is found and played above', async () => {
  const [gate] = await seen()
  const hour = new Date(Date.now() - 2 * 3600_000)
  hour.setMinutes(10, 0, 0)
  const kept = (await above('GET', `/v1/cameras/${gate.id}/kept?from=${new Date(hour - 600_000).toISOString()}&to=${new Date(+hour + 600_000).toISOString()}`)).items
  assert.ok(kept.length >= 1, JSON.stringify(kept))
  const { page } = await parent.desk()
  await page.goto(`${parent.base}/video`)
  await page.getByPlaceholder('名称、代码或拼音首字母').fill(atSchool.name)
  await page.locator('.schools .row').first().click()
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('州局回看')
  await page.getByLabel('回放起点').fill(new Date(+hour + 8 * 3600_000).toISOString().slice(0, 19))
  await page.locator('.cameras .row', { hasText: `${name} 正门` }).click()
  await moving(page, 0, 15_000)
  assert.equal((await looks())[0].camera, '正门')
  nvr.forget()
  await page.getByRole('button', { name: '2×' }).click() // from the desk above to the recorder below: INFO twice
  await nvr.heard(/paced \d+ 200% -1/, 3000)
  await page.getByRole('button', { name: '暂停' }).click()
  await nvr.heard(/paced \d+ 0% -1/, 3000)
  await wait(12_000) // longer than a stream may be silent
  await page.getByRole('button', { name: '继续' }).click()
  await nvr.heard(/paced \d+ 100% -1/, 3000)
  await moving(page, 0)
  await page.context().close()
  await until(async () => (await looks()).filter((v) => v.camera === '正门').every((v) => v.ended_at), 40_000, 'the end of the look')
})

await story('an incident is told above with its school; it waits while the line is cut', async () => {
  const told = async () => (await above('GET', '/v1/incidents?state=active&limit=500')).items.filter((i) => i.school_id === atSchool.id)
  const before = (await told()).length
  county.panel('100733', 'press', '1')
  await until(async () => (await told()).length > before, 5000, 'the incident above')
  await until(async () => (await upper()).waiting === 0, 3000, 'told')
  // Nobody is there: the same host, another port.
  await change({ address: '127.0.0.1:9' })
  await until(async () => (await upper()).line === 'lost', 12_000, 'the line lost')
  await below('POST', '/v1/incidents', { school: school, title: '断线时的警情', class: 'fight', severity: 2 })
  await until(async () => (await upper()).waiting === 1, 3000, 'it waits')
  await change({ address: parent.sip })
  await up()
  await until(async () => (await upper()).waiting === 0, 5000, 'told late')
})

await story('the same over TCP', async () => {
  await change({ tcp: true })
  await wait(1500)
  await up()
  assert.equal((await upper()).tcp, true)
  await above('POST', `/v1/recorders/${device.id}/catalog`)
  const { page } = await parent.desk()
  await look(page, '侧门')
  await moving(page, 0, 15_000)
  await page.context().close()
  await change({ tcp: false })
  await up()
})

await story('a camera that is taken back is looked through no longer', async () => {
  const { page } = await parent.desk()
  await look(page, '教学楼A 走廊')
  await moving(page, 0, 15_000)
  const camera = (await below('GET', `/v1/uppers/${(await upper()).id}/cameras`)).items.find((c) => c.name === '教学楼A 走廊')
  await below('POST', `/v1/uppers/${(await upper()).id}/unshare`, { camera_id: camera.camera_id })
  const hall = (await seen()).find((c) => c.name.endsWith('走廊'))
  await until(async () => (await above('GET', `/v1/cameras/${hall.id}`)).live.state === 'failed', 3000, 'no picture')
  await until(async () => (await looks()).filter((v) => v.camera === '教学楼A 走廊').every((v) => v.ended_at), 3000, 'its end on record')
  await page.context().close()
})

await story('a platform that does what real ones do: other ways of media, repeats, strangers, silence; a drill is not told', async () => {
  const p = await platform({ code: '52000000002000000077', password: 'prov' })
  const u = await below('POST', '/v1/uppers', { name: '省平台', code: '52000000002000000077', own_code: OURS, address: p.at, password: 'prov', keepalive_s: 5 })
  const mine = async () => (await below('GET', '/v1/uppers')).items.find((x) => x.id === u.id)
  await until(() => p.registered(), 8000, 'the registration')
  await below('POST', `/v1/uppers/${u.id}/share`, { county: '522325' })
  const mineAll = (await mine()).cameras
  assert.ok(mineAll > 400)
  p.request('MESSAGE', OURS, { body: `<?xml version="1.0"?><Query><CmdType>Catalog</CmdType><SN>7</SN><DeviceID>${OURS}</DeviceID></Query>` })
  const items = () => p.said.filter((x) => x.includes('>Catalog<')).flatMap((x) => [...x.matchAll(/<Item>.*?<\/Item>/gs)].map((m) => m[0]))
  await until(() => items().length === mineAll + 1, 20_000, 'the whole catalog')
  assert.ok(p.said.every((x) => !x.includes('>Catalog<') || p.tagged(x, 'SumNum') === String(mineAll + 1)))
  assert.match(items()[0], /<DeviceID>522325<\/DeviceID>\r\n<Name>贞丰县<\/Name>/)
  assert.equal(new Set(items().map((x) => p.tagged(x, 'DeviceID'))).size, mineAll + 1)
  const gate = p.tagged(items().find((x) => x.includes(name) && x.includes('正门')), 'DeviceID')
  assert.match(items().find((x) => x.includes(gate)), /<Status>ON<\/Status>/)

  // UDP: pictures come to the port that was named, under the number that was agreed; without ACK the answer is repeated.
  const sink = dgram.createSocket('udp4')
  await new Promise((done) => sink.bind(0, '127.0.0.1', done))
  const packets = []
  sink.on('message', (b) => packets.push(b))
  const call = p.request('INVITE', gate, { type: 'APPLICATION/SDP', body: p.offer({ port: sink.address().port }) })
  const ok = await until(() => p.replyOf(call, 200), 5000, 'the answer')
  assert.match(ok, /a=sendonly/)
  assert.match(ok, /y=0300010001/)
  await until(() => p.repliesOf(call).filter((x) => x === 200).length >= 2, 5000, 'the answer again')
  assert.equal(packets.length, 0, 'nothing is sent before it is confirmed')
  p.request('ACK', gate, { callId: call, toTag: p.field(ok, 'To').match(/;tag=.*/)[0] })
  await until(() => packets.length > 100, 8000, 'packets')
  assert.ok(packets.every((b) => b.length <= 1412 && b.readUInt32BE(8) === 300010001 && (b[1] & 0x7f) === 96))
  assert.equal(packets[0].readUInt32BE(12), 0x1ba, 'begins with a pack header')
  packets.reduce((a, b) => (assert.equal(b.readUInt16BE(2), (a.readUInt16BE(2) + 1) & 0xffff, 'in order'), b))
  p.request('BYE', gate, { callId: call })
  await until(() => p.repliesOf(call).filter((x) => x === 200).length >= 3, 3000, 'the answer to BYE')
  await wait(300)
  const then = packets.length
  await wait(600)
  assert.equal(packets.length, then, 'nothing is sent after BYE')
  sink.close()

  // TCP, either side listening.
  const framed = (socket) => { const s = { bytes: Buffer.alloc(0) }; socket.on('data', (b) => (s.bytes = Buffer.concat([s.bytes, b]))); socket.on('error', () => {}); return s }
  let came = null
  const server = net.createServer((x) => (came = framed(x)))
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const passive = await p.invite(gate, { port: server.address().port, tcp: 'passive' })
  assert.match(passive.text, /a=setup:active/)
  await until(() => came && came.bytes.length > 50_000, 8000, 'pictures over their TCP port')
  assert.equal(came.bytes.readUInt32BE(2 + 12), 0x1ba)
  p.request('BYE', gate, { callId: passive.callId })
  const active = await p.invite(gate, { port: 9, tcp: 'active' })
  assert.match(active.text, /a=setup:passive/)
  const socket = net.connect(Number(active.text.match(/m=video (\d+)/)[1]), '127.0.0.1')
  const taken = framed(socket)
  await until(() => taken.bytes.length > 50_000, 8000, 'pictures over our TCP port')
  socket.destroy()
  await until(() => p.requests.some((r) => r.startsWith('BYE') && p.field(r, 'Call-ID') === active.callId), 5000, 'our BYE when it hangs up')
  server.close()

  // What must not be.
  const refused = async (status, what, channel, more) => { const id = p.request('INVITE', channel, { type: 'APPLICATION/SDP', ...more }); await until(() => p.repliesOf(id).includes(status), 5000, what) }
  await refused(404, 'a camera that is not shared', '52232500111329999999', { body: p.offer({ port: 20000 }) })
  await refused(403, 'pictures to a stranger', gate, { body: p.offer({ port: 20000, host: '10.9.9.9' }) })
  await refused(488, 'no description', gate, { body: 'nonsense' })
  const ghost = p.request('BYE', gate, { callId: 'ghost' })
  await until(() => p.repliesOf(ghost).includes(481), 3000, 'a call that is none')
  const foreign = p.request('INVITE', gate, { from: '52999999992000000001', type: 'APPLICATION/SDP', body: p.offer({ port: 20000 }) })
  await wait(500)
  assert.ok(!p.repliesOf(foreign).includes(200), 'another sender at the same address')
  const control = p.request('MESSAGE', gate, { body: `<Control><CmdType>DeviceControl</CmdType><SN>9</SN><DeviceID>${gate}</DeviceID><TeleBoot>Boot</TeleBoot></Control>` })
  await until(() => p.repliesOf(control).includes(200) && p.said.some((x) => x.includes('<SN>9</SN>') && x.includes('ERROR')), 3000, 'a restart is refused')

  // Silence: after three keepalives the line is lost, and an alarm waits for it.
  p.mute(true)
  await until(async () => (await mine()).line_reason === 'keepalives are not answered', 45_000, 'the loss')
  await below('POST', '/v1/incidents', { school: school, title: '门口聚集', class: 'fight', severity: 2, drill: true })
  await below('POST', '/v1/incidents', { school: school, title: '上级失联时的警情', class: 'fight', severity: 2 })
  assert.ok((await mine()).waiting >= 1)
  p.mute(false)
  await until(() => p.said.some((x) => x.includes('>Alarm<') && x.includes('上级失联时的警情')), 20_000, 'the alarm after all')
  const alarm = p.said.find((x) => x.includes('上级失联时的警情'))
  assert.deepEqual([p.tagged(alarm, 'AlarmPriority'), p.tagged(alarm, 'AlarmMethod'), p.tagged(alarm, 'DeviceID').length], ['2', '1', 20])
  await until(async () => (await mine()).waiting === 0, 5000, 'told')
  assert.ok(!p.said.some((x) => x.includes('门口聚集')), 'a drill stays in the house')
  p.end()
})

await story('no request left the two systems', async () => assert.deepEqual([...parent.strangers, ...county.strangers], []))

await parent.end()
await county.end()
finish()
