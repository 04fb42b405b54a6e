// The system's clock is set by an hour and by a day, while the daemon runs and while it does not: an alarm that nobody answers is
// escalated when it would have been, a press counts, and what was sent before is not lost.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { ask, bin, frame, makeData, signals, sleep, start } from './daemon.mjs'

const { dir, data, token } = makeData()
const shim = path.join(dir, 'shim.so')
execFileSync('gcc', ['-O1', '-D_GNU_SOURCE', '-shared', '-fPIC', '-o', shim, new URL('clock_shim.c', import.meta.url).pathname, '-ldl'])
const clock = path.join(dir, 'clock')
const setClock = (ms) => {
  const b = Buffer.alloc(8)
  b.writeBigInt64LE(BigInt(ms))
  fs.writeFileSync(clock, b, { flag: fs.existsSync(clock) ? 'r+' : 'w' })
}
const HOUR = 3600000
setClock(0)
const env = { LD_PRELOAD: shim, HUXUE_CLOCK: clock }

const journal = async (d, type) => {
  const r = await fetch(`${d.http}/v1/journal?type=${type}&limit=1000`, { headers: { Authorization: `Bearer ${token}` } })
  return (await r.json()).items
}
const escalations = async (d, incident) => (await journal(d, 'incident.escalated')).filter((e) => e.subject_id === incident).map((e) => e.data.escalation?.level ?? e.data.level)
const press = async (d, account, sequence) => {
  const from = performance.now()
  assert.match(await ask(d.port, frame(account, sequence, 'Nri1/PA005')), /"ACK"/)
  const opened = (await journal(d, 'incident.opened')).at(-1)
  return { id: opened.subject_id, from }
}
const elapsed = (p) => (performance.now() - p.from) / 1000
async function firstEscalation(d, p, atMost) {
  while (elapsed(p) < atMost) {
    if ((await escalations(d, p.id)).length > 0) return elapsed(p)
    await sleep(200)
  }
  assert.fail(`not escalated ${atMost} s after the press`)
}
/** The same process begins anew after a step: its next ready line. */
async function anew(d) {
  const line = await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error('did not begin anew')), 8000)
    d.child.stdout.once('data', (b) => (clearTimeout(timer), done(b.toString())))
  })
  const port = (name) => Number(new RegExp(`\\b${name}=127\\.0\\.0\\.1:(\\d+)`).exec(line)[1])
  return { ...d, http: `http://127.0.0.1:${port('http')}`, port: port('dc09') }
}
const files = (d) => fs.readdirSync(`/proc/${d.child.pid}/fd`).length

let d = await start(data, env)
await sleep(500)
const filesBefore = files(d)

let p = await press(d, '100001', 1)
await sleep(2000)
let next = anew(d)
setClock(-HOUR)
d = await next
assert.match(await ask(d.port, frame('100001', 1, 'Nri1/PA005')), /"ACK"/)
let took = await firstEscalation(d, p, 25)
assert.ok(took > 12, `escalated after ${took} s`)
console.log('ok set back by an hour: escalated when it was due')

// The same content as an hour "later": rather twice than never.
assert.equal((await signals(d.http, token, '100001')).length, 2)
console.log('ok a frame like one from before is stored')

p = await press(d, '100101', 1)
await sleep(2000)
next = anew(d)
setClock(2 * HOUR)
d = await next
await sleep(1000)
assert.deepEqual(await escalations(d, p.id), [])
took = await firstEscalation(d, p, 25)
assert.ok(took > 12, `escalated after ${took} s`)
assert.equal((await escalations(d, p.id)).length, 1)
console.log('ok set forward by three hours: not escalated before it was due')

p = await press(d, '100201', 1)
d.child.kill('SIGTERM')
assert.equal(await d.child.ended, 0)
setClock(-22 * HOUR)
d = await start(data, env)
took = await firstEscalation(d, p, 25)
assert.ok(took > 12, `escalated after ${took} s`)
console.log('ok set back by a day while it did not run: escalated when it was due')

await sleep(1000)
assert.deepEqual((await journal(d, 'clock.stepped')).map((e) => Math.round(e.data.step_ms / HOUR)), [-1, 3, -24])
assert.ok(files(d) <= filesBefore + 2, 'files are left open over a new beginning')
// Three seconds are lived with.
setClock(-22 * HOUR + 3000)
await sleep(2500)
assert.equal((await journal(d, 'clock.stepped')).length, 3)
execFileSync(bin('huxue'), ['audit', 'verify', '--data', data])
console.log('ok the journal tells of each step; a small one is lived with')
d.child.kill('SIGTERM')
assert.equal(await d.child.ended, 0)
fs.rmSync(dir, { recursive: true })
