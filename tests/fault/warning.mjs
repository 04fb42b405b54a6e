// A restart neither forgets a warning nor tells one twice: kill -9 while a deadline runs, and again after it has been told.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { ask, frame, makeData, sleep, start } from './daemon.mjs'

const { dir, data, token } = makeData()
const call = async (d, method, where, body) => {
  const r = await fetch(d.http + where, { method, headers: { Authorization: `Bearer ${token}` }, ...(body ? { body: JSON.stringify(body) } : {}) })
  return { status: r.status, value: await r.json() }
}
const hits = async (d, code) => (await call(d, 'GET', `/v1/rule-hits?code=${code}&quiet=1&limit=1000`)).value.items
const kill = async (d) => { d.child.kill('SIGKILL'); await d.child.ended }
const within = async (ms, what, f) => { for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) { const v = await f(); if (v) return v } throw new Error(`not within ${ms} ms: ${what}`) }

let d = await start(data)
const panels = (await call(d, 'GET', '/v1/panels?limit=30')).value.items
const school = panels[0].school_id
// A visitor whose quarter of an hour ends in four seconds: the answer is on disk, the engine has told nobody yet.
const came = await call(d, 'POST', '/v1/observations', { school_id: school, kind: 'visitor', ref: 'V1', until_at: new Date(Date.now() - 15 * 60_000 + 4000).toISOString() })
assert.equal(came.status, 201)
await kill(d)
d = await start(data)
const [late] = await within(12_000, 'the visitor over time', async () => { const h = await hits(d, 'EW-25'); return h.length > 0 && h })
console.log('ok a deadline survives kill -9')
await kill(d)
d = await start(data)
await sleep(3000)
assert.deepEqual((await hits(d, 'EW-25')).map((h) => h.id), [late.id])
console.log('ok a warning is not told twice after kill -9')

// Rounds of alarms with a kill in the midst: each school that pressed twice has one warning of EW-15 'again' at most, and none is missing.
for (let round = 0; round < 5; round++) {
  const some = panels.slice(1 + round * 5, 6 + round * 5)
  const sent = []
  for (const p of some) for (const zone of ['001', '002']) if ((await ask(d.port, frame(p.account, 1 + round, `NTA${zone}`)))?.includes('"ACK"')) sent.push(p.school_id)
  await sleep(round * 30)
  await kill(d)
  d = await start(data)
  const want = [...new Set(sent.filter((x, n) => sent.indexOf(x) !== n))]
  await within(8000, `the warnings of round ${round}`, async () => { const h = (await hits(d, 'EW-15')).filter((x) => x.case_name === 'again'); return want.every((w) => h.filter((x) => x.school_id === w).length === 1) })
}
const again = (await hits(d, 'EW-15')).filter((h) => h.case_name === 'again')
assert.equal(new Set(again.map((h) => h.school_id)).size, again.length, 'one a school')
console.log(`ok ${again.length} warnings over five kills, each once`)
await kill(d)
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
