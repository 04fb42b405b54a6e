// A message to 9,300 people over one HTTP gateway: when the last was handed over, each once. One line of JSON.
import http from 'node:http'
import fs from 'node:fs'
import { makeData, sleep, start } from '../tests/fault/daemon.mjs'

const PEOPLE = Number(process.argv[2] ?? 9300)
const { dir, data, token } = makeData(false)
const d = await start(data)
const api = async (path, body) => (await fetch(d.http + path, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(body) })).json()
const keys = new Set()
let last = 0, got = 0
const gateway = http.createServer((q, r) => { keys.add(q.headers['idempotency-key']); q.resume(); q.on('end', () => { got++; last = performance.now(); r.end('{"code":0}') }) })
await new Promise((done) => gateway.listen(0, '127.0.0.1', done))
await api('/v1/gateways', { kind: 'sms', name: 'bench', url: `http://127.0.0.1:${gateway.address().port}/`, body: '{"to":"{to}","text":"{text}","id":"{key}"}' })
const me = (await (await fetch(`${d.http}/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).json()).id
for (let i = 0; i < PEOPLE; i += 100) await Promise.all(Array.from({ length: Math.min(100, PEOPLE - i) }, (_, k) => api('/v1/receivers', { person_id: me, name: `r${i + k}`, level: 5, severity: 4, channels: 'sms', phone: String(13000000000 + i + k) })))
const cpu = () => { const f = fs.readFileSync(`/proc/${d.child.pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(f[11]) + Number(f[12])) / 100 }
const c0 = cpu(), t0 = performance.now()
await api('/v1/messages', { text: '全体到岗', level: 5 })
while (got < PEOPLE && performance.now() - t0 < 120_000) await sleep(20)
await sleep(1500)
console.log(JSON.stringify({ people: PEOPLE, got, keys: keys.size, last_ms: Math.round(last - t0), cpu_s: cpu() - c0 }))
gateway.close()
d.child.kill('SIGTERM')
await d.child.ended
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
