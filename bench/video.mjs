// Pictures: from alarm to INVITE, from the first packet to the picture, joining a running stream, CPU and memory a stream, a whole
// prefecture of recorders that registers at once, and a platform above that asks for all of it. One line of JSON.
import { execFileSync, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { platform } from '../tests/e2e/platform.mjs'
import { bin, makeData, rss, sleep } from '../tests/fault/daemon.mjs'

const { dir, data, token } = makeData()
const freePort = () => new Promise((done) => { const s = net.createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)) }) })
const mediaPort = await freePort()
fs.writeFileSync(path.join(data, 'huxue.conf'), `[sip]\npassword = huxue-demo\n[media]\nschool_streams = 20\n`)
const ready = (child) => new Promise((done) => { let t = ''; child.stdout.on('data', (b) => ((t += b), t.includes('\n') && done(t))) })
const log = path.join(dir, 'log')
const daemon = spawn(bin('huxued'), ['--data', data, '--http', '127.0.0.1:0', '--dc09', '127.0.0.1:0', '--jt808', '127.0.0.1:0', '--sip', '127.0.0.1:0', '--media', `http://127.0.0.1:${mediaPort}`], { stdio: ['ignore', 'pipe', fs.openSync(log, 'w')] })
const where = Object.fromEntries([...(await ready(daemon)).matchAll(/(\w+)=(\S+)/g)].map((m) => [m[1], m[2]]))
const media = spawn(bin('huxue-media'), ['--key', path.join(data, 'keys/media.key'), '--dir', path.join(dir, 'media'), '--http', `127.0.0.1:${mediaPort}`, '--rtp', '127.0.0.1', '--ports', '32000-33999'], { stdio: ['ignore', 'pipe', 'ignore'] })
await ready(media)
const empty = rss(media.pid)
const api = async (method, p, body) => (await fetch(`http://${where.http}${p}`, { method, headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })).json()
const cpu = (pid) => { const f = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(f[11]) + Number(f[12])) / 100 }
const metric = async (name) => Number((await (await fetch(`http://${where.http}/metrics`)).text()).match(new RegExp(`^${name} (\\d+)`, 'm'))?.[1] ?? 0)
const at = (list, q) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))]
const logged = (event, field) => fs.readFileSync(log, 'utf8').split('\n').filter((l) => l.includes(`"${event}"`)).map((l) => Number(JSON.parse(l)[field]))

// A storm: every recorder of the prefecture registers, is asked for its channels, and answers in pieces.
const recorders = (await api('GET', '/v1/recorders?limit=5000')).items.filter((r) => r.kind === 'gb28181')
const counties = new Map()
for (const r of recorders) counties.set(r.county, [...(counties.get(r.county) ?? []), Number(r.code.slice(14))])
// A number between them that no school has (its devices are of another kind) is a stranger, and is denied.
const t0 = performance.now(), c0 = cpu(daemon.pid)
const sims = [...counties].map(([county, n]) => spawn(bin('huxue'), ['sim', 'nvr', '--quiet', '--sip', where.sip, '--county', county, '--from', String(Math.min(...n)), '--count', String(Math.max(...n) - Math.min(...n) + 1), '--keepalive', '30'], { stdio: ['pipe', 'ignore', 'ignore'] }))
while ((await metric('huxue_gb28181_catalogs')) < recorders.length && performance.now() - t0 < 60_000) await sleep(50)
const storm = { recorders: recorders.length, seconds: (performance.now() - t0) / 1000, cpu_s: cpu(daemon.pid) - c0, sessions: await metric('huxue_gb28181_sessions') }
await sleep(2000)

// Fifty streams without a viewer, then with one each, then with two.
const cameras = (await api('GET', '/v1/cameras?limit=5000')).items.filter((c) => c.line === 'up' && c.county === '522325').slice(0, 50)
for (const c of cameras) await api('PATCH', `/v1/cameras/${c.id}`, { flagged: true, sound: false })
for (let n = 0; Number((await (await fetch(`http://127.0.0.1:${mediaPort}/metrics`)).text()).match(/streams (\d+)/)[1]) < 50; n++) {
  if (n > 600) throw new Error('fifty streams did not open within a minute')
  await sleep(100)
}
await sleep(8000)
const load = async (seconds) => { const a = cpu(media.pid), r0 = Number((await (await fetch(`http://127.0.0.1:${mediaPort}/metrics`)).text()).match(/received_bytes (\d+)/)[1]); await sleep(seconds * 1000); const r1 = Number((await (await fetch(`http://127.0.0.1:${mediaPort}/metrics`)).text()).match(/received_bytes (\d+)/)[1]); return { cpu: ((cpu(media.pid) - a) / seconds) * 100, mbit: ((r1 - r0) * 8) / seconds / 1e6 } }
const alone = await load(10)
const memory = rss(media.pid)
// The same with what each hears.
for (const c of cameras) await api('PATCH', `/v1/cameras/${c.id}`, { sound: true })
await sleep(5000)
const heard = await load(10)
for (const c of cameras) await api('PATCH', `/v1/cameras/${c.id}`, { sound: false })
await sleep(5000)
const joins = []
const join = async (c) => {
  const t = await api('POST', `/v1/cameras/${c.id}/open`, { reason: 'maintenance', note: 'bench' })
  const begun = performance.now(), ws = new WebSocket(t.url)
  ws.binaryType = 'arraybuffer'
  await new Promise((done) => (ws.onmessage = (m) => typeof m.data !== 'string' && new DataView(m.data).getUint8(0) === 2 && done()))
  joins.push(performance.now() - begun)
  ws.onmessage = null
  return ws
}
const viewers = []
for (const c of cameras) viewers.push(await join(c))
const one = await load(10)
for (const c of cameras) viewers.push(await join(c))
const two = await load(10)
for (const v of viewers) v.close()

// A platform above: the catalog of the prefecture, then the fifty cameras by UDP.
const OURS = '52230000002000000001'
const above = await platform({ code: '52000000002000000077', password: 'prov' })
const upper = await api('POST', '/v1/uppers', { name: 'bench', code: '52000000002000000077', address: above.at, password: 'prov' })
while (!above.registered()) await sleep(20)
for (const county of counties.keys()) await api('POST', `/v1/uppers/${upper.id}/share`, { county })
const catalog = { cameras: (await api('GET', '/v1/uppers')).items[0].cameras }
const asked = performance.now()
above.request('MESSAGE', OURS, { body: `<?xml version="1.0"?><Query><CmdType>Catalog</CmdType><SN>7</SN><DeviceID>${OURS}</DeviceID></Query>` })
const items = () => above.said.reduce((n, x) => n + (x.match(/<Item>/g) ?? []).length, 0)
while (items() < catalog.cameras + counties.size && performance.now() - asked < 60_000) await sleep(10)
catalog.seconds = (performance.now() - asked) / 1000
const firsts = []
const sinks = []
for (const c of cameras) {
  const sink = dgram.createSocket('udp4')
  await new Promise((done) => sink.bind(0, '127.0.0.1', done))
  sinks.push(sink)
  const begun = performance.now()
  const first = new Promise((done) => sink.once('message', done))
  await above.invite(c.code, { port: sink.address().port })
  await first
  firsts.push(performance.now() - begun)
}
const lent = await load(10)
for (const x of sinks) x.close()
above.end()
await api('PATCH', `/v1/uppers/${upper.id}`, { state: 'disabled' })
for (const c of cameras) await api('PATCH', `/v1/cameras/${c.id}`, { flagged: false })
await sleep(20_000)

// Alarms at sixty schools, one after another: the cameras that see the place are invited at once.
const zhenfeng = counties.get('522325')
for (let i = 0; i < 60; i++) {
  execFileSync(bin('huxue'), ['sim', 'panel', '--dc09', where.dc09, '--account', String(100000 + zhenfeng[i + 10]), 'press', '1'], { stdio: 'ignore' })
  await sleep(120)
  const open = (await api('GET', '/v1/incidents?state=active&limit=5')).items[0]
  await api('POST', `/v1/incidents/${open.id}/ack`)
  await api('POST', `/v1/incidents/${open.id}/close`, { release_units: true })
}
await sleep(3000)
const invites = logged('camera.invited', 'after_alarm_ms'), pictures = logged('camera.playing', 'after_packet_ms')
console.log(JSON.stringify({ storm, invite_ms: { n: invites.length, p50: at(invites, 0.5), p99: at(invites, 0.99) }, picture_ms: { n: pictures.length, p50: at(pictures, 0.5), p95: at(pictures, 0.95) }, join_ms: { n: joins.length, p50: at(joins, 0.5), p95: at(joins, 0.95) },
  streams: { n: 50, mbit: alone.mbit / 50, cpu: alone.cpu / 50, rss_mib: (memory - empty) / 50, viewer: (two.cpu - alone.cpu) / 100, first_viewer: (one.cpu - alone.cpu) / 50, sound: (heard.cpu - alone.cpu) / 50 },
  above: { catalog, first_packet_ms: { n: firsts.length, p50: at(firsts, 0.5), p95: at(firsts, 0.95) }, stream: (lent.cpu - alone.cpu) / 50 } }))
for (const c of [...sims, media]) c.kill('SIGKILL')
daemon.kill('SIGTERM')
await new Promise((d) => daemon.on('exit', d))
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
