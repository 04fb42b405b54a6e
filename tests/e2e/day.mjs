// One day, all parts together: a bare gate is warned before its peak and solved; an intrusion rises to P1 with its reasons; the commander's
// phone rings because the desk does not answer, and stops when it does; 110 takes the case; the parent shows it and catches up after a cut.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import http from 'node:http'
import net from 'node:net'
import { stand } from './stand.mjs'
import { asking, finish, shoot, story, until, wait } from './story.mjs'

const parent = await stand()
const s = await stand()
const token = s.token('admin')
const api = asking(s, token)
const above = asking(parent, parent.token('admin'))
const local = new Date(Date.now() + 8 * 3600e3)
const today = local.toISOString().slice(0, 10)
const weekday = (local.getUTCDay() + 6) % 7
const minute = local.getUTCHours() * 60 + local.getUTCMinutes()
const hits = (code) => api('GET', `/v1/rule-hits?code=${code}&quiet=1&limit=200`).then((r) => r.items)

// The carrier's gateway for texts and calls.
const rung = []
const carrier = http.createServer((q, r) => {
  let text = ''
  q.on('data', (b) => (text += b))
  q.on('end', () => (rung.push({ way: q.url, at: Date.now(), text: JSON.parse(text).text }), r.writeHead(200).end('{}')))
})
await new Promise((d) => carrier.listen(0, '127.0.0.1', d))
for (const kind of ['sms', 'voice']) await api('POST', '/v1/gateways', { kind, name: kind, url: `http://127.0.0.1:${carrier.address().port}/${kind}`, body: '{"to":"{to}","text":"{text}"}' })
// The line to the parent, which can be cut.
let whole = true
const sockets = new Set()
const line = net.createServer((x) => {
  if (!whole) return x.destroy()
  const to = net.connect(Number(new URL(parent.base).port), '127.0.0.1')
  for (const y of [x, to]) sockets.add(y), y.on('error', () => {}), y.on('close', () => (x.destroy(), to.destroy()))
  x.pipe(to).pipe(x)
})
await new Promise((d) => line.listen(0, '127.0.0.1', d))
const child = await above('POST', '/v1/children', { name: '贞丰县' })
const hook = await api('POST', '/v1/webhooks', { name: '州级平台', url: `http://127.0.0.1:${line.address().port}/v1/children/${child.id}/events`, types: 'incident.', beat_s: 2, from_start: true })
await above('PATCH', `/v1/children/${child.id}`, { secret: hook.secret })
// 110, with a common secret.
const SECRET = 'a-common-secret-of-both'
const centre = spawn(s.bin('huxue'), ['sim', '110', '--http', '127.0.0.1:0', '--secret', SECRET, '--back', s.base, '--pace-ms', '500'], { stdio: ['ignore', 'pipe', 'inherit'] })
let said = ''
centre.stdout.on('data', (b) => (said += b))
await until(() => said.includes('ready'), 3000, 'sim 110')
const partner = await api('POST', '/v1/partners', { name: '贞丰 110', url: `http://${said.match(/http=(\S+)/)[1]}/cases`, secret: SECRET })

await story('a gate that nobody mans is warned of before its peak, and solved before the desk hears of it', async () => {
  const officer = (await api('GET', '/v1/people?q=officer')).items.find((p) => p.name === 'officer')
  const theirs = s.token('officer')
  const [post, later] = (await api('GET', '/v1/posts?county=522325&limit=8')).items.slice(6)
  const others = (await api('GET', '/v1/officers?county=522325&limit=400')).items.map((p) => p.id).filter((id) => id !== officer.id)
  const peak = (school, begins) => api('POST', '/v1/peaks', { school_id: school, name: '今日高峰', weekdays: 1 << weekday, begins_min: begins, ends_min: Math.min(begins + 20, 1440) })
  const duty = async (where, p, ids) => { for (const id of ids) { const r = await s.api(token, 'POST', '/v1/duties', { post_id: where.id, peak_id: p.id, date: today, person_id: id }); if (r.status < 300) return r.value } throw new Error('nobody is free') }
  const tell = async (d, act, more = {}) => { const r = await s.api(theirs, 'POST', '/v1/checkins', { id: crypto.randomUUID(), duty: d.id, act, at: new Date().toISOString(), ...more }); assert.ok(r.status < 300, JSON.stringify(r.value)) }
  // Nobody is told a second thing at once: the officer's own duty lies well behind (late at night: well before). It also says that this county checks in.
  await tell(await duty(later, await peak(later.school_id, minute < 1290 ? minute + 120 : minute - 200), [officer.id]), 'acknowledge')
  await api('POST', '/v1/receivers', { name: officer.full_name, person_id: officer.id, level: 7, severity: 4, channels: 'app' })
  const bare = await duty(post, await peak(post.school_id, Math.min(minute + 4, 1430)), others)
  const hit = await until(async () => (await hits('EW-01')).find((h) => h.school_id === post.school_id), 15_000, 'EW-01 before the peak')
  assert.equal(hit.receiver, 'school')
  assert.equal(hit.incident_id ?? null, null)
  await api('POST', `/v1/duties/${bare.id}/substitute`, { person_id: officer.id })
  await tell(bare, 'arrived', { lon: post.lon, lat: post.lat, accuracy_m: 8 })
  await until(async () => (await hits('EW-01')).find((h) => h.id === hit.id).state === 'cleared', 8000, 'solved')
  assert.ok(!(await api('GET', '/v1/incidents?state=active&limit=200')).items.some((i) => i.school_id === post.school_id))
})

const account = '100745'
let incident = null
await story('an intrusion, then a person on camera, then a button: one incident that rises to P1, its reasons printed', async () => {
  s.panel(account, 'intrude', '4')
  const school = (await api('GET', `/v1/panels?q=${account}`)).items.find((p) => p.account === account).school_id
  await api('POST', '/v1/observations', { school_id: school, kind: 'person', text: '围墙内人形' })
  const hit = await until(async () => (await hits('EW-17')).find((h) => h.school_id === school), 6000, 'EW-17')
  s.panel(account, 'press', '1')
  incident = await until(async () => { const i = await api('GET', `/v1/incidents/${hit.incident_id}`); return i.severity === 1 && i }, 5000, 'P1')
  assert.ok(incident.timeline.some((e) => e.type === 'incident.warned' && e.data.change.code === 'EW-17'))
  const belief = (await api('GET', '/v1/confidence')).items.find((c) => c.incident_id === incident.id)
  assert.ok(belief.level >= 2 && belief.reasons.some((r) => r.reason === 'independent'), JSON.stringify(belief))
})

await story('the parent shows it a moment later', async () => {
  await until(async () => (await above('GET', '/v1/children/incidents?state=active&limit=500')).items.some((i) => i.incident_id === incident.id && i.severity === 1), 5000, 'above')
})

await story('the desk does not answer: the commander\'s phone rings; it stops when the desk does', async () => {
  const call = await until(() => rung.find((r) => r.way === '/voice' && r.text.includes(String(incident.id))), 90_000, 'a call')
  assert.ok(call.text.includes('指挥长') || call.text.includes('一级'), call.text)
  await api('POST', `/v1/incidents/${incident.id}/ack`)
  const calls = () => rung.filter((r) => r.text.includes(String(incident.id)) && !r.text.includes('派警') && !r.text.includes('到场')).length
  const before = calls()
  await wait(8000)
  assert.equal(calls(), before, 'nobody is rung about the acknowledgement any more')
})

await story('110 takes the case, arrives and closes it; the desk closes its own', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/incidents/${incident.id}`)
  await page.getByRole('button', { name: '移交 贞丰 110' }).click()
  await page.locator('.time').getByText('110 处置完毕').first().waitFor({ timeout: 10_000 })
  assert.equal((await api('GET', `/v1/handoffs?incident=${incident.id}`)).items[0].state, 'closed')
  await page.locator('.time').getByText('预警依据').first().waitFor()
  await shoot(page, 'day-incident')
  assert.deepEqual(errors, [])
  await page.context().close()
  assert.ok(partner.id > 0)
})

await story('the line is cut and comes back: the parent has what happened meanwhile, and says how old its knowledge was', async () => {
  whole = false
  for (const x of sockets) x.destroy()
  await api('POST', `/v1/incidents/${incident.id}/note`, { text: '断线期间的记录', audience: 'all' })
  await api('POST', `/v1/incidents/${incident.id}/close`, { disposition: '两人已被控制', release_units: true })
  await wait(5000)
  const old = (await above('GET', '/v1/children')).items[0]
  assert.ok(Date.now() - new Date(old.heard_at).getTime() > 4000)
  assert.ok((await above('GET', '/v1/children/incidents?state=active&limit=500')).items.some((i) => i.incident_id === incident.id), 'still what was known')
  whole = true
  await until(async () => !(await above('GET', '/v1/children/incidents?state=active&limit=500')).items.some((i) => i.incident_id === incident.id), 30_000, 'closed above too')
  const { page } = await parent.desk({ user: 'supervisor' })
  await page.goto(`${parent.base}/children`)
  await page.getByText(/秒前/).first().waitFor()
  await page.context().close()
})

centre.kill('SIGKILL')
carrier.close()
line.close()
for (const x of sockets) x.destroy()
assert.deepEqual([...s.strangers, ...parent.strangers], [])
await finish(s, parent)
