// A receiver of an alarm receiving centre (ANSI/SIA DC-09 over TCP), written from the standard for the tests: it reads, opens, keeps and answers, as well or as badly as it is told to.
import crypto from 'node:crypto'
import net from 'node:net'
import { crc16, hex4, wrap } from '../fault/daemon.mjs'

const stamp = (ms) => { const d = new Date(ms).toISOString(); return `_${d.slice(11, 19)},${d.slice(5, 7)}-${d.slice(8, 10)}-${d.slice(0, 4)}` }

/** `key`: hex of an AES key, or ''. `clockMs`: how far its clock is from ours. */
export async function receiver({ key = '', clockMs = 0 } = {}) {
  const taken = [] // messages that were not NULL: {token, sequence, account, text, at}
  const beats = []
  const faults = []
  const sockets = new Set()
  const state = { mode: 'ack', key, clockMs }
  const cipher = (make, bytes) => { const c = make(`aes-${state.key.length * 4}-cbc`, Buffer.from(state.key, 'hex'), Buffer.alloc(16)); c.setAutoPadding(false); return Buffer.concat([c.update(bytes), c.final()]) }
  const open = (hex) => { const t = cipher(crypto.createDecipheriv, Buffer.from(hex, 'hex')).toString('utf8'); return t.slice(t.indexOf('|') + 1) }
  const seal = (text) => { const pad = 16 - ((text.length + 1) % 16 || 16) || 16; return cipher(crypto.createCipheriv, Buffer.from(`${'x'.repeat(pad)}|${text}`)).toString('hex').toUpperCase() }
  const hear = (socket, body) => {
    const m = /^"(\*?)(NULL|SIA-DCS|ADM-CID)"(\d{4})(R[0-9A-F]{1,6})?L([0-9A-F]{1,6})#([0-9A-F]{3,16})\[(.*)$/s.exec(body)
    if (!m) return void faults.push(body)
    const [, star, token, sequence, r = '', l, account, rest] = m
    const head = (name) => `"${name}"${sequence}${r}L${l}#${account}[`
    if (state.mode === 'silent') return
    if (Boolean(star) !== Boolean(state.key)) return void socket.write(wrap(`${head('DUH')}]`))
    let text = rest
    try { if (star) text = open(rest) } catch { text = '' }
    if (star && !/_\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}$/.test(text)) return void socket.write(wrap(`${head('DUH')}]`)) // another key
    if (star) {
      const [, h, i, s, mo, d, y] = /_(\d\d):(\d\d):(\d\d),(\d\d)-(\d\d)-(\d{4})$/.exec(text).map(Number)
      const late = Date.now() + state.clockMs - Date.UTC(y, mo - 1, d, h, i, s)
      if (late > 40_000 || late < -20_000) return void socket.write(wrap(`"NAK"0000R0L0A0[]${stamp(Date.now() + state.clockMs)}`))
    }
    if (token === 'NULL') beats.push(account)
    else if (state.mode === 'duh') return void socket.write(wrap(`${head('DUH')}]`))
    else taken.push({ token, sequence, account, text, at: Date.now() })
    if (state.mode === 'lost' && token !== 'NULL') return // taken, and the answer is lost on its way
    const answer = wrap(star ? head('*ACK') + seal(`]${stamp(Date.now() + state.clockMs)}`) : `${head('ACK')}]`)
    if (state.mode === 'slow') for (const byte of answer) socket.write(Buffer.from([byte])) // as from a serial line
    else socket.write(answer)
  }
  const server = net.createServer((socket) => {
    sockets.add(socket)
    let have = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.setNoDelay(true)
    socket.on('data', (b) => {
      have = Buffer.concat([have, b])
      while (have.length >= 9) {
        const length = parseInt(have.subarray(5, 9).toString('latin1'), 16)
        if (have[0] !== 10 || Number.isNaN(length)) return void (faults.push(have.toString('latin1')), socket.destroy())
        if (have.length < 10 + length) return
        const body = have.subarray(9, 9 + length)
        if (hex4(crc16(body)) !== have.subarray(1, 5).toString('latin1') || have[9 + length] !== 13) faults.push(`crc ${body}`)
        else hear(socket, body.toString('utf8'))
        have = have.subarray(10 + length)
      }
    })
  })
  const listen = (port) => new Promise((done) => server.listen(port, '127.0.0.1', done))
  await listen(0)
  const { port } = server.address()
  const cut = () => { for (const s of sockets) s.destroy() }
  return { at: `127.0.0.1:${port}`, taken, beats, faults, state, cut, lines: () => sockets.size, away: () => new Promise((done) => { server.close(() => done()); cut() }), back: () => listen(port), end: () => (server.close(), cut()) }
}
