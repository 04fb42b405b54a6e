// Student vehicles: durable points per CPU-second of the daemon, memory of idle terminals, a long reconnect storm. One line of JSON.
import { execFile, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'
import { bin, makeData, rss, sleep, start } from '../tests/fault/daemon.mjs'
import { connect, signIn } from '../tests/fault/terminal.mjs'

const IDLE = Number(process.argv[2] ?? 10000), STORM = Number(process.argv[3] ?? 100000), TERMINALS = 1500
const { dir, data, token } = makeData()
const d = await start(data)
const api = async (path, body) => (await fetch(d.http + path, { method: body ? 'POST' : 'GET', headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })).json()
const school = (await api('/v1/schools?limit=1')).items[0].id
for (let i = 0; i < IDLE; i += 100) await Promise.all(Array.from({ length: 100 }, (_, k) => api('/v1/vehicles', { plate: `贵E${i + k}`, school_id: school, capacity: 30, terminal: String(13800000000 + i + k) })))
const cpu = () => { const f = fs.readFileSync(`/proc/${d.child.pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(f[11]) + Number(f[12])) / 100 }
const run = promisify(execFile)

const before = cpu(), began = performance.now(), LINES = 8, EACH = 500000
await Promise.all(Array.from({ length: LINES }, (_, i) => run(bin('huxue'), ['sim', 'bus', '--jt808', `127.0.0.1:${d.jt808}`, '--terminal', String(13800000000 + i), '--count', String(EACH)])))
const spent = cpu() - before, seconds = (performance.now() - began) / 1000

const empty = rss(d.child.pid), lines = []
const codes = []
for (let i = 0; i < IDLE; i += 200) await Promise.all(Array.from({ length: 200 }, async (_, k) => { const s = connect(d.jt808); lines.push(s); codes[i + k] = await signIn(s, String(13800000000 + i + k)) }))
await sleep(500)
const idle = rss(d.child.pid) - empty
for (const s of lines) s.destroy()
await sleep(1500)

const open = Array(TERMINALS)
let made = 0, warm = 0
while (made < STORM) {
  for (let i = 0; i < TERMINALS; i += 100) await Promise.all(Array.from({ length: 100 }, async (_, k) => { const s = connect(d.jt808), old = open[i + k]; open[i + k] = s; await signIn(s, String(13800000000 + i + k), codes[i + k]); made++; if (old && made % 2) old.destroy() }))
  if (warm === 0) warm = rss(d.child.pid)
}
await sleep(500)
const storm = rss(d.child.pid) / warm - 1
console.log(JSON.stringify({ points: LINES * EACH, per_s: Math.round((LINES * EACH) / seconds), per_cpu_s: Math.round((LINES * EACH) / spent), idle, idle_mib: Math.round(idle * 10) / 10, idle_terminals: IDLE, storm_connections: made, storm_growth: Math.round(storm * 1000) / 10 }))
for (const s of open) s.destroy()
d.child.kill('SIGTERM')
await d.child.ended
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
