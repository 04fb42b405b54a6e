// Hostile and broken peers: garbage, slow ones, half-open ones, ten thousand idle ones; memory stays bounded and good panels are answered.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import { ask, dial, frame, makeData, rss, signals, sleep, start } from './daemon.mjs'

const IDLE = Number(process.argv[2] ?? 10000)
const { dir, data, token } = makeData()
const d = await start(data)
const good = async (text) => assert.match(await ask(d.port, frame('100001', 1, `Nri1/OP1^${text}^`), 4000), /"ACK"/)

// Garbage of many shapes, then a good frame on the same connection.
let seed = 42
const random = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), seed / 4294967296)
for (let i = 0; i < 200; i++) {
  const junk = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 3000) }, () => Math.floor(random() * 256)))
  // A run of junk may end in what could be a head: a LF in it would wait for more, as it must.
  for (let k = Math.max(0, junk.length - 4200); k < junk.length; k++) if (junk[k] === 10) junk[k] = 11
  assert.match((await ask(d.port, Buffer.concat([junk, frame('100001', 2, `Nri1/OP1^junk${i}^`)]))) ?? '', /"ACK"/, `junk ${i}`)
}
console.log('ok 200 runs of garbage, each followed by a good frame that is answered')

// UDP on the same port: two frames in two datagrams, the second a copy of the first.
const { createSocket } = await import('node:dgram')
const udp = createSocket('udp4')
const datagrams = []
udp.on('message', (m) => datagrams.push(m.toString()))
for (let i = 0; i < 2; i++) {
  udp.send(frame('100003', 7, 'Nri1/OP1^udp^'), d.port, '127.0.0.1')
  await sleep(200)
}
assert.equal(datagrams.length, 2)
assert.match(datagrams[0], /"ACK"0007L0#100003\[\]/)
const byUdp = await signals(d.http, token, '100003')
assert.deepEqual(byUdp.map((x) => [x.text, x.copies]), [['udp', 2]])
udp.close()
console.log('ok UDP: two answers, one signal')

// HTTP: bad JSON, unknown fields, oversize, wrong methods; each a problem with a reason.
const http = async (method, where, body, headers = {}) => {
  const r = await fetch(d.http + where, { method, body, headers: { Authorization: `Bearer ${token}`, ...headers } })
  return { status: r.status, body: await r.json().catch(() => ({})) }
}
assert.deepEqual([(await http('POST', '/v1/incidents', '{')).status, (await http('POST', '/v1/incidents', '{"title":1}')).status], [400, 422])
assert.match((await http('POST', '/v1/incidents', '{"title":"x","severity":9}')).body.detail, /severity: must be between 1 and 4/)
assert.match((await http('POST', '/v1/incidents', '{"title":"x","severity":1,"more":1}')).body.detail, /more: is not a field/)
assert.equal((await http('PUT', '/v1/incidents', '{}')).status, 405)
assert.equal((await http('GET', '/v1/nothing')).status, 404)
assert.equal((await http('GET', '/v1/incidents', undefined, { Authorization: 'Bearer nobody' })).status, 401)
const key = { 'Idempotency-Key': 'one' }
const first = await http('POST', '/v1/incidents', '{"title":"x","severity":3}', key)
const again = await http('POST', '/v1/incidents', '{"title":"x","severity":3}', key)
assert.equal(first.status, 201)
assert.equal(again.body.id, first.body.id)
assert.equal((await http('POST', '/v1/incidents', '{"title":"y","severity":3}', key)).status, 409)
assert.equal((await http('POST', `/v1/incidents/${first.body.id}/ack`, undefined, { 'If-Match': '"99"' })).body.current.id, first.body.id)
for (let i = 0; i < 6; i++) await http('POST', '/v1/login', '{"user":"operator","password":"wrong-one"}')
assert.equal((await http('POST', '/v1/login', '{"user":"operator","password":"huxue-demo"}')).status, 429)
console.log('ok the API refuses with reasons, repeats answer once, guesses are throttled')

// Positions by OwnTracks (basic authentication, the password is a token) and Traccar Client; strangers and nonsense are refused.
const basic = { Authorization: `Basic ${Buffer.from(`me:${token}`).toString('base64')}` }
const place = { _type: 'location', lon: 105.1, lat: 25.1, acc: 12, tst: Math.floor(Date.now() / 1000) }
assert.deepEqual(await http('POST', '/v1/owntracks', JSON.stringify(place), basic), { status: 200, body: [] })
assert.equal((await http('POST', '/v1/owntracks', JSON.stringify({ _type: 'lwt' }), basic)).status, 200)
assert.equal((await http('POST', '/v1/owntracks', JSON.stringify({ ...place, lat: 200 }), basic)).status, 422)
assert.equal((await http('POST', '/v1/owntracks', JSON.stringify(place), { Authorization: 'Basic !!!!' })).status, 401)
const client = { location: { timestamp: new Date(Date.now() - 60000).toISOString(), coords: { longitude: 105.2, latitude: 25.2, accuracy: 9 } }, device_id: token }
assert.equal((await http('POST', '/v1/traccar', JSON.stringify(client), { Authorization: '' })).status, 200)
assert.equal((await http('POST', '/v1/traccar', JSON.stringify({ ...client, device_id: 'nobody' }), { Authorization: '' })).status, 401)
const myself = (await http('GET', '/v1/me')).body.id
const steps = (await http('GET', `/v1/people/${myself}/footprints?from=${new Date(Date.now() - 3600000).toISOString()}&to=${new Date(Date.now() + 60000).toISOString()}`)).body.items
assert.deepEqual(steps.map((x) => x.lon), [105.2, 105.1])
console.log('ok OwnTracks and Traccar Client tell where a person is')

// A slow HTTP client, and a panel that sends a byte a second, do not delay anybody.
const slow = dial(Number(new URL(d.http).port))
slow.write('GET /v1/me HTTP/1.1\r\nHost: x\r\nX-')
const half = dial(d.port)
half.write(frame('100001', 3, 'Nri1/OP1').subarray(0, 20))
await good('beside slow ones')

// Ten thousand idle connections: bounded memory, and the next panel is answered.
const before = rss(d.child.pid)
const idle = []
for (let i = 0; i < IDLE; i += 500) {
  for (let k = 0; k < 500; k++) idle.push(dial(d.port))
  await sleep(60)
}
await sleep(500)
await good('behind the idle')
const grown = rss(d.child.pid) - before
assert.ok(grown < 80, `${grown.toFixed(0)} MiB for ${IDLE} idle connections`)
console.log(`ok ${IDLE} idle connections cost ${grown.toFixed(1)} MiB`)
for (const s of idle) s.destroy()
slow.destroy()
half.destroy()

// A peer that never reads its answers does not grow us without bound.
const deaf = net.connect(d.port, '127.0.0.1')
deaf.on('error', () => {})
deaf.pause()
for (let i = 0; i < 300; i++) deaf.write(Buffer.concat(Array.from({ length: 100 }, (_, k) => frame('100002', k, '', 'NULL'))))
await sleep(800)
await good('beside the deaf')
deaf.destroy()
assert.equal((await signals(d.http, token, '100001')).filter((x) => x.text.startsWith('junk')).length, 200)
// A console that reads nothing is cut once it has 4 MiB unread, and costs no more than that; a console that reads stays.
const feed = (pause) => {
  const s = dial(Number(new URL(d.http).port))
  s.write(`GET /v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  s.open = true
  s.on('close', () => (s.open = false))
  if (pause) s.once('data', () => s.pause())
  else s.resume()
  return s
}
const sleeper = feed(true), reader = feed(false)
await sleep(500)
const cut = async () => Number(/huxue_live_dropped_total (\d+)/.exec(await (await fetch(`${d.http}/metrics`)).text())[1])
const cutBefore = await cut(), rssBefore = rss(d.child.pid)
const flood = dial(d.port)
flood.resume()
const text = 'x'.repeat(400)
for (let i = 0; i < 400 && (await cut()) === cutBefore; i++) {
  flood.write(Buffer.concat(Array.from({ length: 50 }, (_, k) => frame('100004', (i * 50 + k) % 9999, `Nri1/OP1^${text}${i}-${k}^`))))
  await sleep(60)
}
assert.equal(await cut(), cutBefore + 1)
assert.ok(reader.open, 'the console that reads is still there')
const spent = rss(d.child.pid) - rssBefore
assert.ok(spent < 60, `${spent.toFixed(0)} MiB for one console that reads nothing`)
flood.destroy()
reader.destroy()
sleeper.destroy()
console.log(`ok a console that reads nothing is cut (grew ${spent.toFixed(1)} MiB), its neighbour stays`)
d.child.kill('SIGTERM')
assert.equal(await d.child.ended, 0)
fs.rmSync(dir, { recursive: true, force: true })
console.log('ok a deaf peer, and a clean stop')
