// The mutual line between a Huxue and the one above it: told with a certificate, refused without, with another's, and with a stranger's.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { bin, makeData, sleep, start } from './daemon.mjs'

const above = makeData(false)
const below = makeData()
const tls = (...more) => execFileSync(bin('huxue'), ['tls', ...more]).toString()
tls('make', '--data', above.data, '--name', '127.0.0.1')
fs.writeFileSync(path.join(above.data, 'huxue.conf'), `[http]\ncertificate = ${above.data}/keys/server.crt\nkey = ${above.data}/keys/server.key\nlink_address = 127.0.0.1:0\n`)
let parent = await start(above.data)
const port = Number(/\blink=127\.0\.0\.1:(\d+)/.exec(parent.line)[1])
const ask = async (at, token, method, where, body) => {
  const r = await fetch(at + where, { method, body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } })
  const value = await r.json()
  assert.ok(r.status < 300, `${method} ${where}: ${JSON.stringify(value)}`)
  return value
}
const up = (...x) => ask(parent.http, above.token, ...x)

const county = await up('POST', '/v1/children', { name: '贞丰县' })
const other = await up('POST', '/v1/children', { name: '安龙县' })
for (const c of [county, other]) tls('link', '--data', above.data, '--name', String(c.id))
fs.copyFileSync(path.join(above.data, 'keys', `link-${county.id}.pem`), path.join(below.data, 'keys/link.pem'))
const child = await start(below.data)
const down = (...x) => ask(child.http, below.token, ...x)
const where = `/v1/children/${county.id}/events`
const hook = await down('POST', '/v1/webhooks', { name: '州级平台', url: `https://127.0.0.1:${port}${where}`, types: 'incident.', beat_s: 10 })
await up('PATCH', `/v1/children/${county.id}`, { secret: hook.secret, mutual: true })
await down('POST', '/v1/incidents', { title: '校门口打架', severity: 2 })
const shown = async () => (await up('GET', '/v1/children/incidents')).items.map((i) => i.title)
for (let n = 0; n < 100 && !(await shown()).length; n++) await sleep(100)
assert.deepEqual(await shown(), ['校门口打架'])
console.log('ok an incident below is known above over the mutual line')

/** Status and text, or the fault of the connection. */
const knock = (pem, to = where) => new Promise((done) => {
  const q = https.request({ host: '127.0.0.1', port, path: to, method: 'POST', rejectUnauthorized: false, ...(pem ? { key: pem, cert: pem } : {}), headers: { 'Content-Type': 'application/cloudevents-batch+json' } }, (r) => {
    let text = ''
    r.on('data', (b) => (text += b))
    r.on('end', () => done({ status: r.statusCode, text }))
  })
  q.on('error', (e) => done({ status: 0, text: e.message }))
  q.setTimeout(5000, () => q.destroy(new Error('no answer')))
  q.end('[]')
})
const pem = (dir, id) => fs.readFileSync(path.join(dir, 'keys', `link-${id}.pem`))
assert.equal((await knock(null)).status, 0)
console.log('ok who brings no certificate does not come in')
const wrong = await knock(pem(above.data, other.id))
assert.equal(wrong.status, 403)
assert.match(wrong.text, /another child/)
const unsigned = await knock(pem(above.data, county.id))
assert.equal(unsigned.status, 403)
assert.match(unsigned.text, /Standard Webhooks/)
console.log('ok the certificate of another child is refused, and a certificate alone is not enough')
assert.equal((await knock(pem(above.data, county.id), '/v1/login')).status, 404)
tls('make', '--data', below.data, '--name', '127.0.0.1')
tls('link', '--data', below.data, '--name', String(county.id))
assert.equal((await knock(pem(below.data, county.id))).status, 0)
console.log('ok nothing else is served there, and a stranger\'s authority counts for nothing')
const clear = await fetch(parent.http + where, { method: 'POST', body: '[]', headers: { 'Content-Type': 'application/cloudevents-batch+json' } })
assert.equal(clear.status, 403)
assert.match((await clear.json()).detail, /mutual line/)
console.log('ok over every other line this child is not heard')
// Renewed certificates are taken on SIGHUP, and what the child tells goes on.
tls('make', '--data', above.data, '--name', '127.0.0.1')
parent.child.kill('SIGHUP')
await sleep(300)
await down('POST', '/v1/incidents', { title: '换证以后', severity: 2 })
for (let n = 0; n < 150 && (await shown()).length < 2; n++) await sleep(100)
assert.ok((await shown()).includes('换证以后'))
console.log('ok a renewed certificate is taken without a stop')
for (const d of [parent, child]) d.child.kill('SIGTERM'), assert.equal(await d.child.ended, 0)
for (const x of [above, below]) fs.rmSync(x.dir, { recursive: true })
