// kill -9 while alarms are told to a receiving centre that answers at times and at times does not: each alarm comes there, and one that comes twice has the number of the first time.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { receiver } from '../e2e/receiver.mjs'
import { ask, frame, makeData, sleep, start } from './daemon.mjs'

const ROUNDS = 6
const PRESSES = 12
const centre = await receiver()
const { dir, data, token } = makeData()
let d = await start(data)
const api = async (method, where, body) => (await fetch(`${d.http}${where}`, { method, headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })).json()
const arc = await api('POST', '/v1/arcs', { name: 'x', address: centre.at, account: 'ACE1', supervision_s: 5 })
assert.ok((await api('POST', `/v1/arcs/${arc.id}/share`, { county: '522325' })).schools > 100)
let account = 100740
let acknowledged = 0
for (let round = 0; round < ROUNDS; round++) {
  centre.state.mode = ['ack', 'silent', 'lost'][round % 3] // the line is dead while some are pressed; others are taken, and the answer does not come
  for (let n = 0; n < PRESSES; n++) acknowledged += (await ask(d.port, frame(String(account++), 1 + n, 'NPA1'))) !== null
  await sleep(round % 3 === 2 ? 700 : round * 40)
  d.child.kill('SIGKILL')
  await d.child.ended
  d = await start(data)
}
centre.state.mode = 'ack'
assert.equal(acknowledged, ROUNDS * PRESSES)
for (const end = Date.now() + 60_000; (await api('GET', '/v1/arcs')).items[0].waiting > 0 && Date.now() < end; ) await sleep(100)
const told = (await api('GET', `/v1/arcs/${arc.id}/signals?limit=1000`)).items
assert.deepEqual([...new Set(told.map((t) => t.state))], ['told'])
const schools = new Set((await api('GET', `/v1/arcs/${arc.id}/schools?limit=5000`)).items.map((x) => x.school_id))
const panels = new Map((await api('GET', '/v1/panels?limit=5000')).items.map((p) => [Number(p.account), p.school_id]))
const pressed = Array.from({ length: ROUNDS * PRESSES }, (_, n) => panels.get(100740 + n)).filter((school) => schools.has(school))
assert.ok(pressed.length > 0.8 * ROUNDS * PRESSES, `${pressed.length} of them are reported`)
assert.deepEqual(pressed.filter((school) => !told.some((t) => t.school_id === school)), [], 'each press was told')
const numbers = new Map()
for (const m of centre.taken) numbers.set(m.account, (numbers.get(m.account) ?? new Set()).add(`${m.sequence} ${m.text}`))
assert.equal(numbers.size, pressed.length)
assert.deepEqual([...numbers].filter(([, said]) => said.size !== 1), [], 'said again, it is the same to the byte')
assert.ok(centre.taken.length > numbers.size, 'some were said again')
assert.equal(centre.faults.length, 0)
console.log(`ok ${pressed.length} alarms over ${ROUNDS} kills and a dead line, ${centre.taken.length} messages taken, none is missing`)
d.child.kill('SIGKILL')
centre.end()
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
