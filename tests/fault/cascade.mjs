// kill -9 while incidents are told to a platform above that answers at times and at times does not: each incident comes there, at least once.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { platform } from '../e2e/platform.mjs'
import { ask, frame, makeData, sleep, start } from './daemon.mjs'

const ROUNDS = 6
const PRESSES = 12
const p = await platform({ code: '52000000002000000077', password: 'prov' })
const { dir, data, token } = makeData()
let d = await start(data)
const api = async (method, where, body) => (await fetch(`${d.http}${where}`, { method, headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })).json()
const upper = await api('POST', '/v1/uppers', { name: 'x', code: '52000000002000000077', own_code: '52232500002000000009', address: p.at, password: 'prov', keepalive_s: 5 })
assert.ok((await api('POST', `/v1/uppers/${upper.id}/share`, { county: '522325' })).cameras > 400)
let account = 100740
for (let round = 0; round < ROUNDS; round++) {
  p.mute(round % 3 === 1) // the line is dead while these are pressed
  for (let n = 0; n < PRESSES; n++) await ask(d.port, frame(String(account++), 1 + n, 'NPA1'))
  await sleep(round * 80)
  d.child.kill('SIGKILL')
  await d.child.ended
  d = await start(data)
}
p.mute(false)
const schools = new Set((await api('GET', `/v1/uppers/${upper.id}/cameras?limit=5000`)).items.map((x) => x.school_id))
const opened = (await api('GET', '/v1/incidents?state=active&limit=5000')).items.filter((i) => schools.has(i.school_id) && i.class === 'panic')
assert.ok(opened.length >= ROUNDS * PRESSES * 0.9, `${opened.length} incidents`)
const alarms = () => p.said.filter((x) => x.includes('>Alarm<'))
const missing = () => { const all = alarms().join('\n'); return opened.filter((i) => !all.includes(`${i.school} ${i.title}`)).map((i) => i.school) }
for (const end = Date.now() + 40_000; missing().length > 0 && Date.now() < end; ) await sleep(200)
assert.deepEqual(missing(), [])
for (const end = Date.now() + 5_000; (await api('GET', '/v1/uppers')).items[0].waiting > 0 && Date.now() < end; ) await sleep(100)
assert.equal((await api('GET', '/v1/uppers')).items[0].waiting, 0)
console.log(`ok ${opened.length} incidents over ${ROUNDS} kills and a dead line, ${alarms().length} alarms told, none is missing`)
d.child.kill('SIGKILL')
p.end()
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
