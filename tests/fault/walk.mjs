// Anything a desk can do, in any order, between presses: after each signal somebody's queue holds it. A press is in a running incident of its
// school (or in that into which the desk merged it), whatever became of the incidents before; an intrusion too, unless a shelf covers it. Nothing is counted twice or lost, no unit stays
// bound to what is over, and the journal's chain holds.  tests/fault/walk.mjs [STEPS] [SEED]
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { ask, bin, frame, makeData, start } from './daemon.mjs'

const STEPS = Number(process.argv[2] ?? 600)
let seed = Number(process.argv[3] ?? 20220831)
const random = (n) => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), Math.floor((seed / 2 ** 32) * n))
const pick = (list) => list[random(list.length)]
const RUNNING = ['open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over']

const { dir, data } = makeData()
const d = await start(data)
const tokens = ['operator', 'supervisor', 'commander'].map((user) => execFileSync(bin('huxue'), ['token', 'add', '--data', data, '--user', user]).toString().trim())
const call = async (method, where, body, token = tokens[1]) => {
  const r = await fetch(d.http + where, { method, headers: { Authorization: `Bearer ${token}` }, ...(body ? { body: JSON.stringify(body) } : {}) })
  const value = await r.json()
  assert.ok(r.status < 500, `${where}: ${JSON.stringify(value)}`)
  return { status: r.status, value }
}
const get = async (where) => (await call('GET', where)).value
const all = async () => (await get('/v1/incidents?limit=1000')).items
const panels = []
for (const account of ['100001', '100002', '100003']) panels.push({ account, school: (await get(`/v1/panels?q=${account}&limit=1`)).items[0].school_id, sent: 0 })
const since = (await get('/v1/incidents?limit=1')).items[0]?.id ?? 0 // the demo's past

/** Every act of a desk, with bodies that are mostly right; the server may refuse any of them, but for what is no answer at all. */
const acts = {
  ack: () => ({}), control: () => ({}), reopen: () => ({ reason: '再次发生' }), archive: () => ({}),
  verify: () => (random(2) ? { result: 'real' } : { result: 'false', cause: 'operation' }),
  dispatch: () => ({}), close: () => ({ release_units: random(3) > 0, disposition: '已处置' }), escalate: () => ({ reason: '增援', severity: 1 }),
  note: () => ({ text: '现场电话无人接听' }), 'hand-over': () => ({ to: '110' }),
}
async function deskActs() {
  const mine = (await all()).filter((i) => i.id > since)
  if (!mine.length) return
  const i = pick(mine)
  const roll = random(14)
  if (roll === 0) return call('POST', `/v1/incidents/${i.id}/merge`, { into: pick(mine).id }, pick(tokens))
  const full = await get(`/v1/incidents/${i.id}`)
  if (roll <= 3 && full.assignments?.length) return call('POST', `/v1/assignments/${pick(full.assignments).id}/${pick(['accept', 'en-route', 'arrived', 'release', 'refuse'])}`, {}, pick(tokens))
  if (roll === 4 && full.alarms.length) return call('POST', `/v1/alarms/${pick(full.alarms).id}/shelve`, { reason: '围墙施工', minutes: 60, panel: random(3) === 0 }, pick(tokens))
  if (roll === 5) for (const x of (await get('/v1/shelves')).items) return call('DELETE', `/v1/shelves/${x.id}`)
  const act = pick(Object.keys(acts))
  return call('POST', `/v1/incidents/${i.id}/${act}`, acts[act](), pick(tokens))
}
const tally = { presses: 0, intrusions: 0, shelved: 0, acts: {} }
for (let step = 0; step < STEPS; step++) {
  if (random(3) > 0) {
    const r = await deskActs()
    if (r) tally.acts[r.status] = (tally.acts[r.status] ?? 0) + 1
    continue
  }
  const p = pick(panels)
  const [code, zone, restore] = pick([['PA', 1, 'PR'], ['PA', 1, 'PR'], ['BA', 2, 'BR'], ['FA', 3, 'FR']])
  const quiet = random(5) === 0
  const shelves = (await get('/v1/shelves')).items
  const before = Date.now()
  const answer = await ask(d.port, frame(p.account, (p.sent++ % 9999) + 1, `Nri1/${quiet ? restore : code}${zone}`))
  assert.match(answer ?? 'silence', /"ACK"/)
  if (quiet) continue
  const known = await all()
  const into = (i) => (i.state === 'merged' ? into(known.find((x) => x.id === i.merged_into)) : i) // where the desk put it
  const homes = new Set(known.filter((i) => i.id > since && i.school_id === p.school).map((i) => into(i).id))
  const running = []
  for (const i of known.filter((x) => homes.has(x.id) && RUNNING.includes(x.state))) if ((await get(`/v1/incidents/${i.id}`)).alarms.some((a) => Date.parse(a.last_at) >= before - 5)) running.push(i)
  const covered = code === 'BA' && shelves.length > 0 // one of them may cover it
  assert.ok(running.length === 1 || (covered && running.length === 0), `step ${step}: ${code} at ${p.account} stands in ${running.length} running incidents`)
  code === 'PA' ? tally.presses++ : code === 'BA' ? tally.intrusions++ : 0
  if (running.length === 0) tally.shelved++
}
for (const p of panels) assert.equal((await get(`/v1/signals?account=${p.account}&limit=1000`)).items.length, p.sent)
for (const i of (await all()).filter((x) => x.id > since)) {
  const full = await get(`/v1/incidents/${i.id}`)
  if (RUNNING.includes(i.state)) assert.ok(full.alarms.length > 0, `incident ${i.id} runs without an alarm`)
  else assert.deepEqual(full.assignments.filter((a) => ['sent', 'delivered', 'accepted', 'en_route', 'arrived'].includes(a.state)).map((a) => a.state), [], `incident ${i.id} is ${i.state}, and a unit is bound to it`)
}
d.child.kill('SIGTERM')
await d.child.ended
assert.match(execFileSync(bin('huxue'), ['audit', 'verify', '--data', data]).toString(), /whole|intact|ok/i)
console.log(`${tally.presses} presses, ${tally.intrusions} intrusions (${tally.shelved} shelved), desk ${JSON.stringify(tally.acts)}`)
execFileSync('rm', ['-rf', dir])
