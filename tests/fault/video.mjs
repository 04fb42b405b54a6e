// Hostile peers of the SIP server and the media node, viewers that do not read, and kill -9 of the daemon: recorders and pictures come
// back without anybody registering again. The clip that was asked before the kill is made after it.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { createSocket } from 'node:dgram'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { bin, dial, makeData, rss, sleep } from './daemon.mjs'

const freePort = () => new Promise((done) => { const s = net.createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)) }) })
const ready = (child, what) => new Promise((done, fail) => { let t = ''; child.stdout.on('data', (b) => ((t += b), t.includes('\n') && done(t))); child.on('exit', (c) => fail(new Error(`${what} ended with ${c}`))) })
const { dir, data, token } = makeData()
const [httpPort, sipPort, mediaPort] = [await freePort(), await freePort(), await freePort()]
fs.writeFileSync(path.join(data, 'huxue.conf'), '[sip]\npassword = huxue-demo\n')
const startDaemon = async () => {
  const child = spawn(bin('huxued'), ['--data', data, '--http', `127.0.0.1:${httpPort}`, '--dc09', '127.0.0.1:0', '--jt808', '127.0.0.1:0', '--sip', `127.0.0.1:${sipPort}`, '--media', `http://127.0.0.1:${mediaPort}`], { stdio: ['ignore', 'pipe', fs.openSync(path.join(dir, 'huxued.log'), 'a')] })
  await ready(child, 'huxued')
  child.removeAllListeners('exit')
  return child
}
let daemon = await startDaemon()
const media = spawn(bin('huxue-media'), ['--key', path.join(data, 'keys/media.key'), '--dir', path.join(dir, 'media'), '--http', `127.0.0.1:${mediaPort}`, '--rtp', '127.0.0.1', '--ports', '34000-34399'], { stdio: ['ignore', 'pipe', fs.openSync(path.join(dir, 'media.log'), 'a')] })
await ready(media, 'huxue-media')
const api = async (method, where, body) => { const r = await fetch(`http://127.0.0.1:${httpPort}${where}`, { method, headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) }); return { status: r.status, value: await r.json() } }
const metric = async (port, name) => Number((await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).match(new RegExp(`^${name} (\\d+)`, 'm'))?.[1])
async function until(f, ms, what) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) if (await f()) return
  throw new Error(`not within ${ms} ms: ${what}`)
}

// SIP: garbage by datagram and by stream, half messages, a wrong password, a request of a stranger.
const udp = createSocket('udp4')
const heard = []
udp.on('message', (m) => heard.push(m.toString('latin1')))
await new Promise((d) => udp.bind(0, '127.0.0.1', d))
for (let i = 0; i < 3000; i++) udp.send(crypto.randomBytes(1 + (i * 7) % 1400), sipPort, '127.0.0.1')
const halves = []
for (let i = 0; i < 300; i++) {
  const s = dial(sipPort)
  halves.push(s)
  s.write(i % 3 === 0 ? crypto.randomBytes(500) : i % 3 === 1 ? 'REGISTER sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP' : `MESSAGE sip:a@b SIP/2.0\r\nContent-Length: ${i % 2 ? 99999999 : 5000}\r\n\r\n<x>`)
}
const code = '52230100111187000001'
const register = (digest = '') => Buffer.from(`REGISTER sip:52230000002000000001@5223000000 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${udp.address().port};rport;branch=z9hG4bK${Math.random()}\r\nFrom: <sip:${code}@5223010011>;tag=1\r\nTo: <sip:${code}@5223010011>\r\nCall-ID: x${Math.random()}\r\nCSeq: 1 REGISTER\r\nContact: <sip:${code}@127.0.0.1>\r\n${digest}Expires: 3600\r\nContent-Length: 0\r\n\r\n`)
await sleep(300)
heard.length = 0
udp.send(register(), sipPort, '127.0.0.1')
await until(() => heard.some((m) => m.startsWith('SIP/2.0 401')), 3000, 'a challenge')
const nonce = heard.join('').match(/nonce="([^"]+)"/)[1]
const md5 = (t) => crypto.createHash('md5').update(t).digest('hex')
const auth = (n, password) => { const uri = 'sip:52230000002000000001@5223000000'; return `Authorization: Digest username="${code}",realm="5223000000",nonce="${n}",uri="${uri}",response="${md5(`${md5(`${code}:5223000000:${password}`)}:${n}:${md5(`REGISTER:${uri}`)}`)}",algorithm=MD5\r\n` }
udp.send(register(auth(nonce, 'wrong')), sipPort, '127.0.0.1')
await until(() => heard.some((m) => m.startsWith('SIP/2.0 403')), 3000, 'a wrong password is refused')
heard.length = 0
udp.send(register(auth(nonce.replace(/.$/, (c) => (c === '0' ? '1' : '0')), 'huxue-demo')), sipPort, '127.0.0.1') // a nonce that is not ours
await until(() => heard.some((m) => m.startsWith('SIP/2.0 401')), 3000, 'a forged nonce is challenged again')
assert.equal(await metric(httpPort, 'huxue_gb28181_sessions'), 0)
for (const s of halves) s.destroy()
await until(async () => (await metric(httpPort, 'huxue_gb28181_connections')) === 0, 5000, 'the half connections are gone')
udp.close()
console.log('ok SIP: garbage, half messages, oversize, wrong password, forged nonce')

// Recorders register all the same, and a camera is opened.
const nvr = spawn(bin('huxue'), ['sim', 'nvr', '--quiet', '--sip', `127.0.0.1:${sipPort}`, '--from', '733', '--count', '3', '--keepalive', '60'], { stdio: ['pipe', 'pipe', 'inherit'] })
await ready(nvr, 'nvr')
const cameras = (await api('GET', '/v1/cameras?limit=5000')).value.items.filter((c) => c.line === 'up')
const gate = cameras.find((c) => c.flagged)
await until(async () => (await api('GET', `/v1/cameras/${gate.id}`)).value.live.state === 'playing', 8000, 'the flagged camera')

// The node: no ticket, a forged ticket, another's ticket, no WebSocket, broken frames, garbage on a port of RTP.
const at = (where, headers = {}) => fetch(`http://127.0.0.1:${mediaPort}${where}`, { headers })
assert.equal((await at('/live')).status, 403)
assert.equal((await at('/live?ticket=live.c1.1.99999999999999.0000000000000000.' + '0'.repeat(64))).status, 403)
assert.equal((await at('/control')).status, 403)
assert.equal((await at('/control', { Authorization: `Bearer ${'0'.repeat(64)}` })).status, 403)
assert.equal((await at('/clip.mp4?ticket=../../etc/passwd')).status, 403)
const ticket = async (c = gate) => (await api('POST', `/v1/cameras/${c.id}/open`, { reason: 'maintenance', note: 'test' })).value.url
const clear = (await ticket()).replace('ws://', 'http://')
assert.equal((await fetch(clear)).status, 400) // a ticket, but no WebSocket
assert.equal((await fetch(clear.replace('/live?', '/clip.mp4?'))).status, 403) // a ticket for another thing
const upgrade = async () => { const u = new URL((await ticket()).replace('ws://', 'http://')); const s = dial(mediaPort); s.write(`GET ${u.pathname}${u.search} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`); return s }
const broken = await upgrade()
await sleep(200)
const cut = new Promise((done) => broken.on('close', done))
broken.resume()
broken.write(crypto.randomBytes(2000))
await cut
console.log('ok media: tickets, a viewer that sends garbage')

// Twenty viewers that never read: each is held back to the next key picture, and the node's memory stays bounded.
const before = rss(media.pid)
const deaf = []
for (let i = 0; i < 20; i++) { const s = await upgrade(); s.pause(); deaf.push(s) }
await sleep(25_000)
assert.ok(rss(media.pid) - before < 20 * 5, `${rss(media.pid) - before} MiB more`)
for (const s of deaf) s.destroy()
await until(async () => (await metric(mediaPort, 'huxue_media_viewers')) === 0, 3000, 'they are forgotten')
console.log(`ok deaf viewers: ${Math.round(rss(media.pid) - before)} MiB more`)

// kill -9: who was registered still is, the flagged camera plays again, and the clip that was asked is made.
await sleep(10_500) // the sessions are written every ten seconds
const asked = (await api('POST', '/v1/clips', { camera_id: gate.id, from: new Date(Date.now() - 5000).toISOString(), to: new Date(Date.now() + 4000).toISOString(), reason: 'test' })).value
daemon.kill('SIGKILL')
await new Promise((d) => daemon.on('exit', d))
const t0 = performance.now()
daemon = await startDaemon()
assert.equal(await metric(httpPort, 'huxue_gb28181_sessions'), 3)
await until(async () => (await api('GET', `/v1/cameras/${gate.id}`)).value.live.state === 'playing', 10_000, 'it plays again')
console.log(`ok kill -9: the flagged camera plays again ${Math.round(performance.now() - t0)} ms after the start`)
await until(async () => (await api('GET', `/v1/clips/${asked.id}`)).value.state !== 'making', 20_000, 'the clip')
assert.equal((await api('GET', `/v1/clips/${asked.id}`)).value.state, 'ready')
console.log('ok the clip that was asked before the kill is ready')
for (const c of [nvr, media, daemon]) { c.removeAllListeners('exit'); c.kill('SIGKILL') }
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
