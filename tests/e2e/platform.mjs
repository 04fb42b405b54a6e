// A video platform of the standard alone (GB/T 28181 over UDP), for the tests: it registers whoever knows the password, asks, invites, and keeps what it is told.
import crypto from 'node:crypto'
import dgram from 'node:dgram'

const md5 = (s) => crypto.createHash('md5').update(s).digest('hex')
const field = (text, name) => text.match(new RegExp(`^${name}: *(.*?)\r$`, 'im'))?.[1] ?? ''
const tagged = (text, name) => text.match(new RegExp(`<${name}>(.*?)</${name}>`, 's'))?.[1] ?? ''

export async function platform({ code, password }) {
  const socket = dgram.createSocket('udp4')
  await new Promise((done) => socket.bind(0, '127.0.0.1', done))
  const port = socket.address().port
  const said = [] // bodies of MESSAGE
  const replies = [] // to our requests
  const requests = []
  let below = null // whence it registered
  let mute = false
  let serial = 1
  const decode = (b) => new TextDecoder('gb18030').decode(b)
  const send = (text, to = below) => socket.send(Buffer.from(text), to.port, to.address)
  const answer = (text, from, status, more = '') => send(`SIP/2.0 ${status}\r\n${text.match(/^Via: .*\r\n/gim).join('')}From: ${field(text, 'From')}\r\nTo: ${field(text, 'To')};tag=up\r\nCall-ID: ${field(text, 'Call-ID')}\r\nCSeq: ${field(text, 'CSeq')}\r\n${more}Content-Length: 0\r\n\r\n`, from)
  const onRegister = (text, from) => {
    const a = field(text, 'Authorization')
    const part = (n) => a.match(new RegExp(`${n}="?([^",]*)`))?.[1]
    if (!a || md5(`${md5(`${part('username')}:${part('realm')}:${password}`)}:${part('nonce')}:${md5(`REGISTER:${part('uri')}`)}`) !== part('response')) return answer(text, from, '401 Unauthorized', 'WWW-Authenticate: Digest realm="upper",nonce="n0nce",algorithm=MD5\r\n')
    below = from
    answer(text, from, '200 OK', `Expires: ${field(text, 'Expires')}\r\n`)
  }
  socket.on('message', (bytes, from) => {
    const text = decode(bytes)
    const method = text.split(' ', 1)[0]
    if (mute) return
    if (method === 'SIP/2.0') return void replies.push(text)
    requests.push(text)
    if (method === 'REGISTER') return onRegister(text, from)
    if (method === 'MESSAGE') said.push(text.slice(text.indexOf('\r\n\r\n') + 4))
    if (method !== 'ACK') answer(text, from, '200 OK')
  })
  const request = (method, channel, { callId = `up${serial}@x`, cseq = serial++, body = '', type = 'Application/MANSCDP+xml', toTag = '', from = code, more = '' } = {}) => {
    send(`${method} sip:${channel}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=z9hG4bKup${serial++}\r\nMax-Forwards: 70\r\nFrom: <sip:${from}@${from.slice(0, 10)}>;tag=upper\r\nTo: <sip:${channel}@${channel.slice(0, 10)}>${toTag}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\nContact: <sip:${code}@127.0.0.1:${port}>\r\n${more}${body ? `Content-Type: ${type}\r\n` : ''}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    return callId
  }
  const offer = ({ host = '127.0.0.1', port: to, tcp = '', ssrc = '0300010001', name = 'Play', time = '0 0' }) => `v=0\r\no=${code} 0 0 IN IP4 ${host}\r\ns=${name}\r\nc=IN IP4 ${host}\r\nt=${time}\r\nm=video ${to} ${tcp ? 'TCP/' : ''}RTP/AVP 96\r\n${tcp ? `a=setup:${tcp}\r\na=connection:new\r\n` : ''}a=recvonly\r\na=rtpmap:96 PS/90000\r\ny=${ssrc}\r\n`
  /** Invites, and confirms the answer: whatever comes after it, or the refusal. */
  const invite = async (channel, how) => {
    const callId = request('INVITE', channel, { type: 'APPLICATION/SDP', body: offer(how) })
    for (const end = Date.now() + 5000; Date.now() < end; await new Promise((d) => setTimeout(d, 5))) {
      const text = replies.find((t) => field(t, 'Call-ID') === callId && !t.startsWith('SIP/2.0 1'))
      if (text === undefined) continue
      request('ACK', channel, { callId, toTag: field(text, 'To').match(/;tag=.*/)?.[0] ?? '' })
      return { callId, text }
    }
    throw new Error(`no answer to INVITE ${channel}`)
  }
  return {
    invite,
    at: `127.0.0.1:${port}`, said, replies, requests, request, offer, tagged, field,
    mute: (on) => (mute = on),
    registered: () => below !== null,
    repliesOf: (callId) => replies.filter((t) => field(t, 'Call-ID') === callId).map((t) => Number(t.split(' ')[1])),
    replyOf: (callId, status) => replies.find((t) => field(t, 'Call-ID') === callId && t.startsWith(`SIP/2.0 ${status}`)),
    end: () => socket.close(),
  }
}
