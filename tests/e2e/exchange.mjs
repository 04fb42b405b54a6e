// A telephone exchange of the tests: SIP over UDP (RFC 3261) with digest, and one scripted subscriber a number.
import crypto from 'node:crypto'
import dgram from 'node:dgram'

const md5 = (x) => crypto.createHash('md5').update(x).digest('hex')
const open = () => new Promise((done) => { const s = dgram.createSocket('udp4'); s.bind(0, '127.0.0.1', () => done(s)) })

function parse(bytes) {
  const [head, body = ''] = bytes.toString('utf8').split('\r\n\r\n')
  const [line, ...rest] = head.split('\r\n')
  const headers = {}
  for (const h of rest) { const i = h.indexOf(':'); headers[h.slice(0, i).toLowerCase()] = h.slice(i + 1).trim() }
  return { line, method: line.startsWith('SIP/') ? '' : line.split(' ')[0], status: line.startsWith('SIP/') ? Number(line.split(' ')[1]) : 0, uri: line.split(' ')[1], headers, body }
}

/** `subscribers`: number → async (call) => …, run for each new INVITE. `account`: whose password is wanted. */
export async function exchange(subscribers, { user, password }) {
  const sip = await open()
  const calls = new Map() // by Call-ID
  const seen = []
  const at = `127.0.0.1:${sip.address().port}`
  const nonce = crypto.randomBytes(8).toString('hex')
  const answer = (m, from, status, reason, { tag, headers = [], body = '' } = {}) => {
    const to = m.headers.to + (tag && !m.headers.to.includes('tag=') ? `;tag=${tag}` : '')
    const text = [`SIP/2.0 ${status} ${reason}`, `Via: ${m.headers.via}`, `From: ${m.headers.from}`, `To: ${to}`, `Call-ID: ${m.headers['call-id']}`, `CSeq: ${m.headers.cseq}`, ...headers, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`, '', body].join('\r\n')
    sip.send(text, from.port, from.address)
  }
  const allowed = (m) => {
    const a = Object.fromEntries([...(m.headers['proxy-authorization'] ?? '').matchAll(/(\w+)="?([^",]+)"?/g)].map((x) => [x[1], x[2]]))
    return a.username === user && a.nonce === nonce && a.response === md5([md5(`${user}:exchange:${password}`), nonce, a.nc, a.cnonce, 'auth', md5(`INVITE:${m.uri}`)].join(':'))
  }
  async function begin(m, from) {
    const number = /sip:([^@]+)@/.exec(m.uri)[1]
    const rtp = await open()
    const call = { number, ended: '', packets: [], acks: 0, from: m.headers.from }
    calls.set(m.headers['call-id'], call)
    seen.push(call)
    const tag = crypto.randomBytes(4).toString('hex')
    const port = Number(/m=audio (\d+)/.exec(m.body)[1])
    rtp.on('message', (p) => call.packets.push(p))
    call.offer = m.body
    call.ring = () => answer(m, from, 180, 'Ringing', { tag })
    call.refuse = (status, reason) => answer(m, from, status, reason, { tag })
    call.take = (law, event) => answer(m, from, 200, 'OK', { tag, headers: [`Contact: <sip:${number}@${at}>`], body: `v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${rtp.address().port} RTP/AVP ${law} ${event}\r\na=rtpmap:${event} telephone-event/8000\r\n` })
    const request = (method, cseq, headers = [], body = '') => sip.send([`${method} sip:huxue@${from.address}:${from.port} SIP/2.0`, `Via: SIP/2.0/UDP ${at};branch=z9hG4bK${crypto.randomBytes(4).toString('hex')}`, `From: ${m.headers.to};tag=${tag}`, `To: ${m.headers.from}`, `Call-ID: ${m.headers['call-id']}`, `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70', ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n'), from.port, from.address)
    call.info = () => request('INFO', 1, ['Content-Type: application/dtmf-relay'], 'Signal=1\r\nDuration=160\r\n')
    call.bye = () => request('BYE', 2)
    call.key = (type) => { for (let i = 0; i < 5; i++) rtp.send(Buffer.from([0x80, type, 0, i, 0, 0, 0, 9, 1, 2, 3, 4, 1, i > 2 ? 0x8a : 0x0a, 0, 160 * (i + 1)]), port, from.address) }
    call.terminate = () => call.refuse(487, 'Request Terminated')
    await subscribers[number]?.(call)
  }
  sip.on('message', (bytes, from) => {
    const m = parse(bytes)
    const call = calls.get(m.headers['call-id'])
    if (m.method === 'ACK') { if (call) call.acks++ }
    else if (m.method === 'BYE' || m.method === 'CANCEL') {
      answer(m, from, 200, 'OK')
      if (call) call.ended ||= m.method
      if (call && m.method === 'CANCEL') call.terminate()
    } else if (m.method === 'INVITE') {
      if (!allowed(m)) answer(m, from, 407, 'Proxy Authentication Required', { tag: 'a', headers: [`Proxy-Authenticate: Digest realm="exchange", nonce="${nonce}", algorithm=MD5, qop="auth,auth-int"`] })
      else if (!call) void begin(m, from)
    }
  })
  return { at, seen, of: (number) => seen.filter((c) => c.number === number), close: () => sip.close() }
}
