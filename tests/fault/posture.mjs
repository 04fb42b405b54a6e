// kill -9 while orders go out to devices: each device ends in what was ordered last, an older order never follows a newer one, and what it did is known.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import { makeData, sleep, start } from './daemon.mjs'

const does = new Map() // device → what it does now
const keys = new Map() // device → the keys in the order in which they came
const server = http.createServer((req, res) => {
  let body = ''
  req.on('data', (b) => (body += b))
  req.on('end', async () => {
    if (req.method === 'GET') return res.end(JSON.stringify({ state: does.get(req.url) ?? 'idle' }))
    const order = JSON.parse(body)
    await sleep(Math.random() * 60) // some are killed while the device thinks
    does.set(req.url, order.verb)
    keys.set(req.url, [...(keys.get(req.url) ?? []), order.key])
    res.end('{}')
  })
})
await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
const box = `http://127.0.0.1:${server.address().port}`
const { dir, data, token } = makeData()
let d = await start(data)
const api = async (method, where, body) => {
  const r = await fetch(d.http + where, { method, headers: { Authorization: `Bearer ${token}` }, ...(body ? { body: JSON.stringify(body) } : {}) })
  const value = await r.json()
  if (r.status >= 300) throw new Error(`${where}: ${JSON.stringify(value)}`)
  return value
}
const outputs = (await api('GET', '/v1/outputs?limit=5000')).items
for (const o of outputs) await api('PATCH', `/v1/outputs/${o.id}`, { verbs: 'secure lockdown', url: `${box}/${o.id}`, check_url: `${box}/${o.id}` })
const schools = [...new Map(outputs.map((o) => [o.school_id, o])).keys()]
const codes = new Map((await api('GET', '/v1/schools?county=522325&limit=200')).items.map((x) => [x.id, x.code]))
const verbs = ['lockdown', 'secure']
let ordered = 0
for (let round = 0; round < 6; round++) {
  const verb = verbs[round % 2]
  const asked = schools.map((school_id) => api('POST', '/v1/postures', { school_id, verb, reason: `第${round}轮`, confirm: codes.get(school_id) }).then(() => ordered++, () => 0))
  for (const before = ordered, end = Date.now() + 3000; ordered - before < 3 + round && Date.now() < end; ) await sleep(5) // some are answered, some on the way
  await sleep(round * 5)
  d.child.kill('SIGKILL')
  await d.child.ended
  await Promise.all(asked)
  d = await start(data)
}
assert.ok(ordered >= 6, `${ordered} orders were answered`)
const standing = new Map((await api('GET', '/v1/postures?live=1')).items.map((p) => [p.school_id, p]))
const open = async () => {
  let n = 0
  for (const p of standing.values()) n += (await api('GET', `/v1/postures/${p.id}`)).commands.filter((k) => ['waiting', 'sending', 'acked'].includes(k.state)).length
  return n
}
for (const end = Date.now() + 25_000; (await open()) > 0 && Date.now() < end; ) await sleep(200)
assert.equal(await open(), 0)
let checked = 0
for (const o of outputs) {
  const p = standing.get(o.school_id)
  if (!p) continue
  assert.equal(does.get(`/${o.id}`), p.verb, `device ${o.id} of ${o.school}`)
  const last = (await api('GET', `/v1/postures/${p.id}`)).commands.find((k) => k.output_id === o.id)
  assert.equal(last.state, 'confirmed')
  checked++
}
assert.ok(checked > 0)
// A key that came again came before any newer one: no older order follows a newer.
for (const [device, list] of keys) {
  const first = list.filter((k, i) => list.indexOf(k) === i)
  const collapsed = list.filter((k, i) => i === 0 || k !== list[i - 1])
  assert.deepEqual(collapsed, first, `device ${device}`)
}
const audit = (await api('GET', '/healthz')).status
console.log(`ok ${ordered} orders over six kills, ${checked} devices do what was ordered last, none went back (${audit})`)
d.child.removeAllListeners('exit')
d.child.kill('SIGKILL')
server.close()
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
