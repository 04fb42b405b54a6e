// kill -9 while pupils answer and a drill's script runs: what was confirmed is stored once, and each line of the script happens once.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { makeData, sleep, start } from './daemon.mjs'

const { dir, data, token } = makeData()
let d = await start(data)
const call = (method, where, body, auth = {}) => fetch(d.http + where, { method, headers: { 'Content-Type': 'application/json', ...auth }, ...(body ? { body: JSON.stringify(body) } : {}) })
const api = async (method, where, body) => {
  const r = await call(method, where, body, { Authorization: `Bearer ${token}` })
  const value = await r.json()
  if (r.status >= 300) throw new Error(`${method} ${where}: ${JSON.stringify(value)}`)
  return value
}
const again = async () => {
  d.child.kill('SIGKILL')
  await d.child.ended
  d = await start(data)
}
const [school] = (await api('GET', '/v1/schools?county=522325&limit=1')).items
const today = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10)

// A drill: a line every 400 ms, the daemon killed five times on the way.
const drill = await api('POST', '/v1/drills', { school_id: school.id, kind: 'fire', title: '断电演练', date: today })
const LINES = 20
const lines = Array.from({ length: LINES }, (_, i) => (i === 3 ? { at_s: 2, kind: 'signal', text: '食堂火灾（演练）', class: 'fire' } : { at_s: Math.floor(i * 0.4), kind: 'message', text: `第${i}条` }))
await api('PUT', `/v1/drills/${drill.id}/script`, { begins: '', announced: false, scenario: 'x', stop_word: '停', roles: [{ role: 'commander', name: '甲' }, { role: 'safety', name: '乙' }], objectives: [{ text: 'x' }], injects: lines })
// The second person.
const session = await call('POST', '/v1/login', { user: 'education', password: 'huxue-demo' })
const cookie = session.headers.get('set-cookie').split(';')[0]
const { csrf } = await session.json()
assert.equal((await call('POST', `/v1/drills/${drill.id}/approve`, {}, { Cookie: cookie, 'X-CSRF-Token': csrf })).status, 200)
await api('POST', `/v1/drills/${drill.id}/start`)
for (let i = 0; i < 5; i++) {
  await sleep(700)
  await again()
}
const after = await (async () => {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(200)) {
    const x = await api('GET', `/v1/drills/${drill.id}`)
    if (x.live.injects.every((i) => i.state === 'done')) return x
  }
  throw new Error('the script did not come to its end')
})()
const fired = after.live.events.filter((e) => e.type === 'run.inject')
assert.deepEqual([fired.length, new Set(fired.map((e) => e.data.change.id)).size], [LINES, LINES])
const incident = await api('GET', `/v1/incidents/${after.incident_id}`)
assert.deepEqual([incident.drill, incident.alarm_count, incident.press_count], [true, 1, 1])

// A live lesson: 120 seats answer again and again until they are told that it is stored.
const { broadcast } = await api('POST', '/v1/broadcasts', { school_id: school.id, title: '断电' })
const { questions } = await api('PUT', `/v1/broadcasts/${broadcast.id}/questions`, { questions: [{ kind: 'choice', text: '?', options: ['a', 'b', 'c'], solution: 'A', limit_s: 600 }] })
await api('POST', `/v1/broadcasts/${broadcast.id}/start`)
const seats = await Promise.all(Array.from({ length: 120 }, async () => (await (await call('POST', '/v1/class/join', { code: broadcast.code, kind: 'phone' })).json()).token))
assert.equal(new Set(seats).size, 120)
await api('POST', `/v1/broadcasts/${broadcast.id}/questions/${questions[0].id}/open`)
let tries = 0
const confirmed = seats.map(async (t, i) => {
  await sleep(i * 25) // three seconds of answers
  for (;;) {
    tries++
    const r = await call('POST', '/v1/class/answers', { token: t, question_id: questions[0].id, value: 'ABC'[i % 3] }).then((x) => x.json().then((v) => [x.status, v]), () => [0])
    if (r[0] === 201) return r[1].value
    await sleep(100)
  }
})
for (let i = 0; i < 3; i++) {
  await sleep(600)
  await again()
}
const values = await Promise.all(confirmed)
assert.deepEqual(values, seats.map((_, i) => 'ABC'[i % 3]))
const [q] = (await api('GET', `/v1/broadcasts/${broadcast.id}`)).questions
assert.deepEqual([q.answers, q.right_answers], [120, 40])
const closed = await api('POST', `/v1/broadcasts/${broadcast.id}/questions/${q.id}/close`)
await again()
const board = await api('GET', `/v1/broadcasts/${broadcast.id}`)
assert.deepEqual(board.top, closed.top) // points are given once, with the closing
console.log(`drill: ${LINES} lines once each over five kills; lesson: 120 answers once each over three, ${tries} tries`)
d.child.removeAllListeners('exit')
const stopped = new Promise((done) => d.child.on('exit', done))
d.child.kill('SIGTERM')
await stopped // it still writes while it stops
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
