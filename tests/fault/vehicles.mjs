// Student vehicles: kill -9 under load loses no acknowledged point and doubles none; reconnect storms leave no session behind; garbage
// and strangers are refused.   node tests/fault/vehicles.mjs [ROUNDS] [CONNECTIONS]
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { makeData, rss, sleep, start } from './daemon.mjs'
import { connect, frame, location, signIn } from './terminal.mjs'

const ROUNDS = Number(process.argv[2] ?? 5), CONNECTIONS = Number(process.argv[3] ?? 6000), TERMINALS = 1500
const { dir, data, token } = makeData()
let d = await start(data)
const api = async (method, path, body) => {
  const r = await fetch(d.http + path, { method, headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })
  const j = await r.json()
  assert.ok(r.ok, `${method} ${path}: ${JSON.stringify(j)}`)
  return j
}

const school = (await api('GET', '/v1/schools?limit=1')).items[0].id
const vehicle = await api('POST', '/v1/vehicles', { plate: '贵E00001', school_id: school, capacity: 30, terminal: '13900000001' })

// Strangers and liars: no code, a wrong one, another's number; none of their points is kept, and none is acknowledged as stored.
{
  const s = connect(d.jt808)
  assert.equal(await signIn(s, '13999999999'), 4, 'an unknown terminal is told so')
  assert.equal(await signIn(s, '13900000001', 'wrong'), 'refused')
  assert.equal((await s.ask(frame('13900000001', 0x0200, 3, location(Date.now(), 105000000, 25000000)))).body[4], 1)
  s.write(Buffer.from('GET / HTTP/1.1\r\n\r\n(740190311185,1,001,ELOCK)\x7e\x7e\x7e\x00'))
  const bad = frame('13900000001', 0x0002, 4, Buffer.alloc(0))
  bad[bad.length - 2] ^= 1
  s.write(bad)
  assert.equal(typeof (await signIn(s, '13900000001')), 'string', 'and still the right one may sign in on the same line')
  // What it tells beside its positions is in the journal before it is answered; too much of it is refused, and so is what makes no sense.
  const results = []
  for (let n = 0; n < 24; n++) results.push((await s.ask(frame('13900000001', 0x0900, 10 + n, Buffer.from([0x41, n])))).body[4])
  assert.equal(results.filter((r) => r === 0).length + results.filter((r) => r === 1).length, 24)
  assert.ok(results.filter((r) => r === 0).length >= 20 && results.filter((r) => r === 0).length <= 40, results.join())
  assert.equal((await s.ask(frame('13900000001', 0x0301, 40, Buffer.from([7])))).body[4], 0, 'an event has a measure of its own')
  assert.equal((await s.ask(frame('13900000001', 0x0301, 41, Buffer.from([7, 7])))).body[4], 2)
  assert.equal((await s.ask(frame('13900000001', 0x0900, 42, Buffer.alloc(700)))).body[4], 1)
  assert.equal((await s.ask(frame('13900000001', 0x0702, 43, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 3, 0x4c, 0x69, 0x75])))).body[4], 0)
  const told = (await api('GET', '/v1/journal?type=vehicle.&limit=200')).items
  assert.equal(told.filter((e) => e.type === 'vehicle.told' && e.data.what === 'pass_up').length, results.filter((r) => r === 0).length)
  assert.equal(told.filter((e) => e.type === 'vehicle.told' && e.data.what === 'event' && e.data.code === 7).length, 1)
  assert.equal((await api('GET', '/v1/vehicles?limit=5000')).items.find((v) => v.id === vehicle.id).driver, 'Liu')
  s.destroy()
}
console.log('ok strangers are refused, garbage is skipped, what a terminal tells is kept in measure')

// kill -9 while points come; the terminal sends again what was not answered.
const acked = [], began = Math.floor(Date.now() / 1000) - 40000
let next = 0, unanswered = [], code
for (let round = 0; round < ROUNDS; round++) {
  const s = connect(d.jt808)
  code = await signIn(s, '13900000001', code)
  assert.equal(typeof code, 'string')
  const ask = async (n) => {
    const r = await s.ask(frame('13900000001', 0x0200, n, location((began + n) * 1000, 105000000 + n, 25000000)))
    if (r?.id === 0x8001 && r.body[4] === 0) acked.push(n)
    else unanswered.push(n)
  }
  const again = unanswered
  unanswered = []
  const all = again.map(ask)
  const killer = (async () => (await sleep(150 + Math.random() * 250), d.child.kill('SIGKILL')))()
  for (let open = true; open; ) {
    for (let i = 0; i < 20; i++) all.push(ask(next++))
    await sleep(2)
    open = !s.destroyed
  }
  await Promise.all([...all, killer, d.child.ended])
  d = await start(data)
}
const iso = (s) => new Date(s * 1000).toISOString()
const kept = []
for (let from = began; from < began + next; from += 10000) kept.push(...(await api('GET', `/v1/vehicles/${vehicle.id}/track?from=${iso(from)}&to=${iso(Math.min(from + 9999, began + next))}`)).items.map((p) => p[0] - began))
const set = new Set(kept)
assert.equal(kept.length, set.size, 'no point twice')
const lost = acked.filter((n) => !set.has(n))
assert.deepEqual(lost, [], 'no acknowledged point lost')
assert.ok(acked.length > 100)
console.log(`ok kill -9, ${ROUNDS} rounds: ${acked.length} of ${next} points acknowledged, ${set.size} kept, none lost, none double`)

// 1,500 terminals come and come again without ending their lines: one session each, memory stays.
const codes = []
for (let i = 0; i < TERMINALS; i += 50)
  await Promise.all(Array.from({ length: 50 }, async (_, k) => api('POST', '/v1/vehicles', { plate: `贵E${10000 + i + k}`, school_id: school, capacity: 30, terminal: String(13800000000 + i + k) })))
const metric = async (name) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${d.http}/metrics`)).text())[1])
const lines = Array(TERMINALS)
let made = 0, warm = 0
async function come(i) {
  const old = lines[i], s = connect(d.jt808)
  lines[i] = s
  const c = await signIn(s, String(13800000000 + i), codes[i])
  assert.equal(typeof c, 'string')
  codes[i] = c
  made++
  if (old && made % 2) old.destroy() // half of them vanish only because we let them go
}
while (made < CONNECTIONS) {
  for (let i = 0; i < TERMINALS; i += 100) await Promise.all(Array.from({ length: 100 }, (_, k) => come(i + k)))
  if (warm === 0) (await sleep(300), (warm = rss(d.child.pid)))
}
await sleep(800)
const open = await metric('huxue_jt808_connections'), grown = rss(d.child.pid) - warm
assert.equal(open, TERMINALS, 'one session a terminal')
assert.ok(grown < Math.max(3, warm * 0.05), `grew ${grown.toFixed(1)} MiB from ${warm.toFixed(1)}`)
console.log(`ok ${made} connections of ${TERMINALS} terminals: ${open} sessions open, grew ${grown.toFixed(1)} MiB from ${warm.toFixed(1)}`)
for (const s of lines) s.destroy()
d.child.kill('SIGTERM')
assert.equal(await d.child.ended, 0)
fs.rmSync(dir, { recursive: true, force: true })
