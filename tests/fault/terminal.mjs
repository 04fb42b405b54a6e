// A vehicle's terminal that talks JT/T 808-2013, for tests and benchmarks.
import net from 'node:net'

const escape = (b) => Buffer.from([...b].flatMap((x) => (x === 0x7e ? [0x7d, 2] : x === 0x7d ? [0x7d, 1] : [x])))
export function frame(terminal, id, seq, body) {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(body.length, 2)
  Buffer.from(terminal.padStart(12, '0'), 'hex').copy(head, 4)
  head.writeUInt16BE(seq & 0xffff, 10)
  const all = Buffer.concat([head, body])
  return Buffer.concat([Buffer.from([0x7e]), escape(Buffer.concat([all, Buffer.from([all.reduce((a, x) => a ^ x, 0)])])), Buffer.from([0x7e])])
}
const bcd = (ms) => Buffer.from(new Date(ms + 8 * 3600e3).toISOString().replace(/\D/g, '').slice(2, 14), 'hex')
export function location(ms, lon, lat) {
  const b = Buffer.alloc(28)
  b.writeUInt32BE(3, 4)
  b.writeUInt32BE(lat, 8)
  b.writeUInt32BE(lon, 12)
  bcd(ms).copy(b, 22)
  return b
}
function* frames(state, chunk) {
  state.rest = Buffer.concat([state.rest ?? Buffer.alloc(0), chunk])
  for (;;) {
    const from = state.rest.indexOf(0x7e), to = state.rest.indexOf(0x7e, from + 1)
    if (from < 0 || to < 0) return
    const out = []
    for (let i = from + 1; i < to; i++) out.push(state.rest[i] === 0x7d ? (state.rest[++i] === 1 ? 0x7d : 0x7e) : state.rest[i])
    state.rest = state.rest.subarray(to + 1)
    const b = Buffer.from(out)
    yield { id: b.readUInt16BE(0), body: b.subarray(12, b.length - 1) }
  }
}
export function connect(port) {
  const s = net.connect(port, '127.0.0.1')
  s.on('error', () => {})
  s.setNoDelay(true)
  s.waiting = []
  const state = {}
  // An order of the platform is no answer.
  s.on('data', (chunk) => { for (const f of frames(state, chunk)) if (f.id < 0x9000) s.waiting.shift()?.(f) })
  s.on('close', () => s.waiting.splice(0).forEach((w) => w(null)))
  s.ask = (bytes) => new Promise((done) => (s.waiting.push(done), s.write(bytes)))
  return s
}
const register = Buffer.concat([Buffer.alloc(36), Buffer.from([2])])
export async function signIn(s, terminal, code) {
  if (code === undefined) {
    const r = await s.ask(frame(terminal, 0x0100, 1, register))
    if (r === null || r.body[2] !== 0) return r && r.body[2]
    code = r.body.subarray(3).toString()
  }
  const a = await s.ask(frame(terminal, 0x0102, 2, Buffer.from(code)))
  return a === null ? null : a.body[4] === 0 ? code : 'refused'
}
