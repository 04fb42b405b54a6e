// A disk that fails or is full, a locked database, and a power cut after every sync: no acknowledgement for what is not on disk.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { ask, bin, frame, makeData, signals, sleep, start } from './daemon.mjs'

const { dir, data, token } = makeData()
const shim = path.join(dir, 'shim.so')
execFileSync('gcc', ['-O1', '-D_GNU_SOURCE', '-D_LARGEFILE64_SOURCE', '-shared', '-fPIC', '-o', shim, new URL('disk_shim.c', import.meta.url).pathname, '-ldl'])
const disk = path.join(dir, 'disk')
const env = { LD_PRELOAD: shim, HUXUE_DISK: disk }
const stop = async (d) => (d.child.kill('SIGTERM'), d.child.ended)
const texts = async (d) => (await signals(d.http, token, '100001')).map((x) => x.text)

// Full: silence and a health that says so; free again: the repeated frame is taken.
let d = await start(data, env)
assert.match(await ask(d.port, frame('100001', 1, 'Nri1/OP1^before^')), /"ACK"/)
fs.writeFileSync(disk, 'enospc')
let silent = 0
for (let i = 0; i < 40 && silent === 0; i++) if ((await ask(d.port, frame('100001', 100 + i, `Nri1/OP1^full${i}^`), 700)) === null) silent++
assert.equal(silent, 1, 'a full disk must end acknowledgements')
const sick = await fetch(`${d.http}/healthz`)
assert.equal(sick.status, 503)
assert.match((await sick.json()).store.reason, /full/)
fs.rmSync(disk)
assert.match(await ask(d.port, frame('100001', 3, 'Nri1/OP1^after^')), /"ACK"/)
await sleep(700)
assert.equal((await fetch(`${d.http}/healthz`)).status, 200)
assert.deepEqual((await texts(d)).filter((x) => x === 'before' || x === 'after'), ['before', 'after'])
console.log('ok a full disk refuses, says so, and recovers')

// fsync fails: nothing is acknowledged any more and the process ends for its supervisor.
fs.writeFileSync(disk, 'eio')
assert.equal(await ask(d.port, frame('100001', 4, 'Nri1/OP1^eio^'), 700), null)
assert.equal(await ask(d.port, frame('100001', 5, 'Nri1/OP1^eio2^'), 300), null)
assert.equal(await d.child.ended, 74)
fs.rmSync(disk)
d = await start(data, env)
assert.match(await ask(d.port, frame('100001', 4, 'Nri1/OP1^eio^')), /"ACK"/)
assert.equal((await texts(d)).filter((x) => x === 'eio').length, 1)
console.log('ok a failing fsync stops acknowledgements and ends the process; the repeated frame is stored once')

// Another program locks the database for longer than we wait.
const lock = new (await import('node:child_process')).spawn('sqlite3', [path.join(data, 'huxue.db')], { stdio: ['pipe', 'ignore', 'ignore'] })
lock.stdin.write('BEGIN IMMEDIATE;\n')
await sleep(300)
assert.equal(await ask(d.port, frame('100001', 6, 'Nri1/OP1^locked^'), 2600), null)
assert.equal((await fetch(`${d.http}/healthz`)).status, 503)
lock.stdin.end('ROLLBACK;\n')
await sleep(400)
assert.match(await ask(d.port, frame('100001', 6, 'Nri1/OP1^locked^'), 4000), /"ACK"/)
assert.equal((await texts(d)).filter((x) => x === 'locked').length, 1)
console.log('ok a locked database refuses and recovers')
assert.equal(await stop(d), 0)

// Power cut: the writes up to each sync, and torn ones after it, must open and hold all that was acknowledged by then.
const log = path.join(dir, 'writes')
const base = fs.readFileSync(path.join(data, 'huxue.db'))
d = await start(data, { LD_PRELOAD: shim, HUXUE_DISK_LOG: log })
const acks = []
for (let i = 0; i < 60; i++) {
  assert.match(await ask(d.port, frame('100001', 200 + i, `Nri1/OP1^cut${i}^`)), /"ACK"/)
  acks.push({ text: `cut${i}`, bytes: fs.statSync(log).size })
}
await stop(d)
const writes = fs.readFileSync(log)
const cuts = []
for (let at = 0; at < writes.length; ) {
  const what = String.fromCharCode(writes[at])
  at += 24 + (what === 'W' ? Number(writes.readBigUInt64LE(at + 16)) : 0)
  cuts.push(at)
}
const stage = path.join(dir, 'cut')
fs.mkdirSync(stage)
// A file in memory that grows by doubling: a log of thousands of writes is replayed hundreds of times.
class Grown {
  constructor(bytes) { this.room = Buffer.from(bytes); this.n = bytes.length }
  cut(n) { this.n = Math.min(this.n, n) }
  write(offset, from, n) {
    if (offset + n > this.room.length) { const wider = Buffer.alloc(2 * (offset + n)); this.room.copy(wider, 0, 0, this.n); this.room = wider }
    if (offset > this.n) this.room.fill(0, this.n, offset)
    from.copy(this.room, offset)
    this.n = Math.max(this.n, offset + n)
  }
  get bytes() { return this.room.subarray(0, this.n) }
}
function replay(until) {
  const files = { d: new Grown(base), w: new Grown(Buffer.alloc(0)) }
  for (let at = 0; at < until; ) {
    const what = String.fromCharCode(writes[at]), kind = String.fromCharCode(writes[at + 1])
    const offset = Number(writes.readBigUInt64LE(at + 8)), n = Number(writes.readBigUInt64LE(at + 16))
    at += 24
    if (what === 'T') files[kind].cut(offset)
    if (what !== 'W') continue
    const torn = Math.min(n, until - at)
    if (torn > 0) files[kind].write(offset, writes.subarray(at, at + torn), torn)
    at += n
  }
  for (const f of ['huxue.db', 'huxue.db-wal', 'huxue.db-shm']) fs.rmSync(path.join(stage, f), { force: true })
  fs.writeFileSync(path.join(stage, 'huxue.db'), files.d.bytes)
  if (files.w.n) fs.writeFileSync(path.join(stage, 'huxue.db-wal'), files.w.bytes)
}
let checked = 0
const step = Math.max(1, Math.floor(cuts.length / 70))
for (let c = 0; c < cuts.length; c += step) {
  for (const torn of [0, 37]) {
    const until = Math.max(24, cuts[c] - torn)
    replay(until)
    const out = execFileSync('sqlite3', [path.join(stage, 'huxue.db'), "PRAGMA integrity_check; SELECT text FROM signal WHERE text LIKE 'cut%'"]).toString().split('\n')
    assert.equal(out[0], 'ok')
    const there = new Set(out.slice(1))
    for (const a of acks) if (a.bytes <= until) assert.ok(there.has(a.text), `${a.text} was acknowledged before this cut and is gone`)
    checked++
  }
}
console.log(`ok a power cut at ${checked} points keeps every acknowledged signal`)
fs.rmSync(dir, { recursive: true, force: true })
