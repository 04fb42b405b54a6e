// kill -9 while events go out to another system: what was acknowledged to a panel reaches the receiver, at least once, in order.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import { ask, frame, makeData, sleep, start } from './daemon.mjs'

const got = [] // ids in the order in which they came
const accounts = new Set()
const server = http.createServer((req, res) => {
  let body = ''
  req.on('data', (b) => (body += b))
  req.on('end', () => { for (const e of JSON.parse(body)) got.push(Number(e.id)), accounts.add(`${e.data.account}/${e.data.zone}`); res.writeHead(204).end() })
})
await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
const { dir, data, token } = makeData()
let d = await start(data)
const made = await fetch(`${d.http}/v1/webhooks`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify({ name: 'r', url: `http://127.0.0.1:${server.address().port}/`, types: 'signal.received' }) })
assert.equal(made.status, 201)
const sent = []
for (let round = 0; round < 6; round++) {
  for (let n = 0; n < 30; n++) {
    const [account, zone] = [String(100001 + ((round * 30 + n) % 200)), String(100 + round)]
    if ((await ask(d.port, frame(account, 1 + n, `NBA${zone}`)))?.includes('"ACK"')) sent.push(`${account}/${zone}`)
  }
  await sleep(round * 60)
  d.child.kill('SIGKILL')
  await d.child.ended
  d = await start(data)
}
const missing = () => sent.filter((x) => !accounts.has(x))
for (const end = Date.now() + 15_000; missing().length > 0 && Date.now() < end; ) await sleep(100)
assert.deepEqual(missing(), [])
// In order: an id that is not new may come again with its batch, a new one is never older than one before it.
let newest = 0
const known = new Set()
for (const id of got) if (!known.has(id)) assert.ok(id > newest, `${id} came after ${newest}`), (newest = id), known.add(id)
console.log(`ok ${sent.length} acknowledged signals over six kills, ${got.length - known.size} events came again, none is missing`)
d.child.removeAllListeners('exit')
d.child.kill('SIGKILL')
server.close()
fs.rmSync(dir, { recursive: true, force: true })
process.exit(0)
