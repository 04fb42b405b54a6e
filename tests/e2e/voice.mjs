// The telephone rings by our own SIP calls: an exchange of the tests with five subscribers, and baresip, which shares no code with us.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { exchange } from './exchange.mjs'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until, wait } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = asking(s, token)
let declined = 0
const pbx = await exchange({
  1001: async (c) => { c.ring(); await wait(300); c.take(0, 97); await wait(1800); c.key(97) },
  1002: async (c) => (declined++ === 0 ? c.refuse(486, 'Busy Here') : c.ring()),
  1003: async (c) => c.refuse(404, 'Not Found'),
  1004: async (c) => { c.take(8, 101); await wait(700); if (pbx.of('1004').length === 1) c.bye(); else c.info() },
  2000: async (c) => c.ring(), // nobody is there
  801: async (c) => c.take(0, 101), // a loudspeaker takes each call by itself
  802: async (c) => { c.take(8, 101); await wait(1500); c.bye() }, // one that breaks off
  803: async (c) => c.refuse(486, 'Busy Here'),
}, { user: 'huxue', password: 'geheim' })

const education = (await api('GET', '/v1/people?q=education')).items[0]
const receivers = {}
for (const [number, level] of [['1001', 5], ['1002', 5], ['1003', 5], ['1004', 5], ['2000', 2]]) receivers[number] = await api('POST', '/v1/receivers', { person_id: education.id, name: `分机${number}`, level, severity: 1, channels: 'voice', phone: number })
const deliveryTo = async (message, number) => (await api('GET', `/v1/messages/${message}`)).deliveries.find((d) => d.receiver_id === receivers[number].id)

await story('an exchange is entered in the console; a wrong address is refused', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/messages`)
  await page.getByRole('tab', { name: '通道' }).click()
  await page.locator('.form select').selectOption('exchange')
  await page.getByLabel('名称').fill('公安专网话机')
  await page.getByLabel('网址').fill('sip:{to}@nowhere@x')
  await page.getByLabel('本方号码').fill('huxue')
  await page.getByLabel('登录名').fill('huxue')
  await page.locator('.form input[type=password]').fill('geheim')
  await page.getByRole('button', { name: '新增' }).click()
  await page.getByText('sip:{to}@主机').first().waitFor()
  await page.getByLabel('网址').fill(`sip:{to}@${pbx.at}`)
  await page.getByRole('button', { name: '新增' }).click()
  await page.getByRole('cell', { name: '公安专网话机' }).waitFor()
  await shoot(page, 'voice-exchange')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors.filter((e) => !e.includes('422')), [])
  await page.context().close()
  assert.ok(!JSON.stringify(await api('GET', '/v1/gateways')).includes('geheim'))
})

s.panel('100744', 'press', '1')
const incident = await until(async () => (await api('GET', '/v1/incidents?state=active&limit=500')).items.find((i) => i.school_code.endsWith('0744')), 3000, 'the incident')
const m = (await api('POST', '/v1/messages', { text: '值班电话演练，请按键', level: 5 })).id

await story('a call is spoken, and the key acknowledges it: by telephone-event and by INFO', async () => {
  const c = await until(() => pbx.of('1001')[0], 45_000, 'the call')
  await until(() => c.ended === 'BYE', 8000, 'the end of the call after the key')
  assert.equal((await until(async () => { const d = await deliveryTo(m, '1001'); return d.state === 'acked' && d }, 3000, 'the acknowledgement')).fault, '')
  assert.match(c.offer, /RTP\/AVP 8 0 101/)
  assert.ok(c.packets.every((p) => p.length === 172 && (p[1] & 0x7f) === 0), 'G.711 µ-law in packets of 20 ms')
  for (let i = 1; i < c.packets.length; i++) assert.equal((c.packets[i].readUInt16BE(2) - c.packets[i - 1].readUInt16BE(2)) & 0xffff, 1)
  assert.ok(c.packets.length > 80 && c.packets.length < 180, `${c.packets.length} packets in about 2.3 s`)
  const loud = c.packets.filter((p) => p.subarray(12).some((b) => (b & 0x7f) < 0x50)).length
  assert.ok(loud > 30, `${loud} packets with a voice`)
  await until(() => pbx.of('1004').length === 2, 20_000, 'the second call to who hung up')
  await until(async () => (await deliveryTo(m, '1004')).state === 'acked', 4000, 'the acknowledgement by INFO')
  assert.ok(pbx.of('1004').every((x) => x.acks > 0))
})

await story('busy is tried again, an unknown number is not; both say why', async () => {
  await until(() => pbx.of('1002').length === 2, 20_000, 'the second try')
  const unknown = await deliveryTo(m, '1003')
  assert.equal(unknown.state, 'failed')
  assert.equal(unknown.fault, 'unknown number')
  assert.equal(pbx.of('1003').length, 1)
  await until(async () => (await api('GET', '/v1/messages/unreached')).items.find((x) => x.receiver_id === receivers['1003'].id)?.last_fault === 'voice unknown number', 60_000, 'the list of who was not reached')
})

await story('the desk does not answer: the commander\'s phone rings; the desk answers: it stops ringing', async () => {
  const c = await until(() => pbx.of('2000')[0], 70_000, 'the commander\'s phone')
  await wait(1000)
  assert.equal(c.ended, '')
  const acked = Date.now()
  await api('POST', `/v1/incidents/${incident.id}/ack`)
  await until(() => c.ended === 'CANCEL', 2000, 'the end of the ringing')
  console.log(`   stopped ${Date.now() - acked} ms after the acknowledgement`)
  await wait(6000)
  assert.equal(pbx.of('2000').length, 1, 'it does not ring again')
  const told = (await api('GET', `/v1/messages?incident=${incident.id}`)).items.find((x) => x.level === 2)
  assert.equal((await deliveryTo(told.id, '2000')).state, 'cancelled')
})

await story('a school is told over its SIP loudspeakers: taken, said to the end, broken off, never taken; a newer order is said instead', async () => {
  const school = (await api('GET', '/v1/schools?county=522325&limit=30')).items[12]
  const out = {}
  for (const n of ['801', '802', '803']) out[n] = await api('POST', '/v1/outputs', { school_id: school.id, kind: 'speaker', name: `广播${n}`, verbs: 'hold lockdown', url: `sip:${n}@${pbx.at}`, headers: 'From: 8000\nAccount: huxue', secret: 'geheim' })
  for (const url of ['sip:801', 'sip:abc@127.0.0.1', 'sip:801@a b', 'tel:801']) assert.equal((await s.api(token, 'POST', '/v1/outputs', { school_id: school.id, kind: 'speaker', name: 'x', verbs: 'hold', url })).status, 422, url)
  const state = async (n) => (await api('GET', '/v1/outputs?limit=5000')).items.find((o) => o.id === out[n].id)
  await api('POST', '/v1/postures', { school_id: school.id, verb: 'hold', reason: '走廊有人受伤', confirm: school.code })
  const c = await until(() => pbx.of('801')[0], 20_000, 'the call to the loudspeaker')
  await until(async () => (await state('801')).last_state === 'acked', 5000, 'it took the call')
  await until(async () => (await state('801')).last_state === 'confirmed', 60_000, 'all was said')
  assert.equal(c.ended, 'BYE')
  assert.match(c.from, /8000@/)
  const loud = c.packets.filter((p) => p.subarray(12).some((b) => (b & 0x7f) < 0x50)).length
  assert.ok(loud > 150, `${loud} packets with a voice`)
  const broken = await state('802')
  assert.deepEqual([broken.last_state, broken.last_fault], ['no_effect', 'the loudspeaker hung up before all was said'])
  await until(async () => ['failed', 'waiting'].includes((await state('803')).last_state) && pbx.of('803').length > 1, 20_000, 'the busy one is tried again')
  // A newer order ends what is being said and takes its place.
  const before = pbx.of('801').length
  await api('POST', '/v1/postures', { school_id: school.id, verb: 'lockdown', reason: '有人持械', confirm: school.code })
  const second = await until(() => pbx.of('801')[before], 20_000, 'the second page')
  await until(() => second.packets.length > 60, 10_000, 'it speaks')
  const p = (await api('GET', `/v1/postures?live=1&school=${school.id}`)).items[0]
  await api('POST', '/v1/postures', { school_id: school.id, verb: 'hold', reason: '弄清楚了', confirm: school.code })
  await until(() => second.ended === 'BYE', 3000, 'the older order is not said on')
  await until(() => pbx.of('801')[before + 1], 20_000, 'the newer one is')
  assert.ok(p.id > 0)
})

await story('baresip rings, hears the text and presses the key', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'huxue-baresip-'))
  const port = async () => { const n = net.createServer(); await new Promise((d) => n.listen(0, '127.0.0.1', d)); const p = n.address().port; n.close(); return p }
  const [sip, control] = [await port(), await port()]
  fs.writeFileSync(path.join(dir, 'config'), `module_path /usr/lib/baresip/modules\nsip_listen 127.0.0.1:${sip}\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\nsnd_path ${dir}\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:${control}\naudio_source aufile,${path.join(dir, 'mouth.wav')}\naudio_player aubridge,ear\ncall_max_calls 4\n`)
  fs.writeFileSync(path.join(dir, 'accounts'), '<sip:13800000001@127.0.0.1>;regint=0;answermode=auto;dtmfmode=rtpevent\n')
  fs.writeFileSync(path.join(dir, 'contacts'), '')
  const silence = Buffer.alloc(44 + 16000 * 60)
  silence.write('RIFF', 0), silence.writeUInt32LE(silence.length - 8, 4), silence.write('WAVEfmt ', 8), silence.writeUInt32LE(16, 16), silence.writeUInt16LE(1, 20), silence.writeUInt16LE(1, 22)
  silence.writeUInt32LE(8000, 24), silence.writeUInt32LE(16000, 28), silence.writeUInt16LE(2, 32), silence.writeUInt16LE(16, 34), silence.write('data', 36), silence.writeUInt32LE(silence.length - 44, 40)
  fs.writeFileSync(path.join(dir, 'mouth.wav'), silence)
  const phone = spawn('/usr/bin/baresip', ['-4', '-f', dir], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  phone.stdout.on('data', (b) => (said += b))
  phone.stderr.on('data', (b) => (said += b))
  const order = async (command, params) => {
    const c = net.connect(control, '127.0.0.1')
    await new Promise((done, fail) => (c.on('connect', done), c.on('error', fail)))
    const text = JSON.stringify({ command, params })
    c.write(`${text.length}:${text},`)
    await wait(300)
    c.destroy()
  }
  try {
    const old = (await api('GET', '/v1/gateways')).items.find((g) => g.kind === 'voice')
    await api('PATCH', `/v1/gateways/${old.id}`, { state: 'disabled' })
    await api('POST', '/v1/gateways', { kind: 'voice', name: 'baresip', url: `sip:{to}@127.0.0.1:${sip}` })
    receivers.baresip = await api('POST', '/v1/receivers', { person_id: education.id, name: '手机', level: 4, severity: 1, channels: 'voice', phone: '138-0000 0001' })
    const id = (await api('POST', '/v1/messages', { text: '一级警情，兴义市第一小学，正门，一键报警', level: 4 })).id
    await until(() => /established/i.test(said), 45_000, 'the call').catch((e) => { throw new Error(`${e.message}: ${said.slice(-1500)}`) })
    await wait(4000)
    await order('sndcode', '1')
    await until(async () => (await deliveryTo(id, 'baresip')).state === 'acked', 4000, 'the acknowledgement').catch((e) => { throw new Error(`${e.message}: ${said.slice(-1500)}`) })
    await until(() => /session closed|terminated/i.test(said), 5000, 'the end of the call')
    await wait(500)
  } finally {
    phone.kill('SIGTERM')
    await new Promise((done) => phone.on('exit', done))
  }
  const heard = fs.readdirSync(dir).find((f) => f.endsWith('dec.wav'))
  const samples = fs.readFileSync(path.join(dir, heard)).subarray(44)
  let loud = 0
  for (let i = 0; i + 1 < samples.length; i += 2) if (Math.abs(samples.readInt16LE(i)) > 2000) loud++
  assert.ok(loud > 4000, `${loud} loud samples of ${samples.length / 2}`)
  fs.rmSync(dir, { recursive: true })
})

pbx.close()
await finish(s)
