// A phone is woken while its page is closed (Web Push): a push service on loopback in place of a browser maker's, opened by an independent library (http_ece), and the
// notice shown by the real service worker.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import http from 'node:http'
import { createRequire } from 'node:module'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until } from './story.mjs'

const ece = createRequire(new URL('../../web/package.json', import.meta.url))('http_ece')
const posts = []
const answers = [] // statuses of the next ones; else 201
const service = http.createServer((q, r) => {
  const parts = []
  q.on('data', (b) => parts.push(b))
  q.on('end', () => {
    const status = answers.shift() ?? 201
    posts.push({ path: q.url, headers: q.headers, body: Buffer.concat(parts), status })
    r.writeHead(status).end()
  })
})
await new Promise((d) => service.listen(0, '127.0.0.1', d))
const at = `http://127.0.0.1:${service.address().port}`
const s = await stand({ conf: '[push]\ncontact = mailto:duty@example.org\nservices = 127.0.0.1 push.example\n' })
const token = s.token('admin')
const api = asking(s, token)
const school = (await s.api(s.token('guard'), 'GET', '/v1/patrols/mine')).value.school

// What a browser makes when it subscribes.
const ecdh = crypto.createECDH('prime256v1')
ecdh.generateKeys()
const auth = crypto.randomBytes(16)
const endpoint = `${at}/wake/1`
const subscription = { endpoint, keys: { p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') } }
const open = (p) => JSON.parse(ece.decrypt(p.body, { version: 'aes128gcm', privateKey: ecdh, authSecret: auth.toString('base64url') }).toString('utf8'))

/** A phone whose browser has a push service: headless Chromium has none of its own. */
async function phone(user, more = {}) {
  const p = await s.phone({ user, at: { longitude: school.lon, latitude: school.lat }, ...more })
  await p.context.grantPermissions(['geolocation', 'notifications'])
  await p.page.addInitScript((sub) => {
    let mine = null
    const fake = { endpoint: sub.endpoint, toJSON: () => sub, unsubscribe: async () => ((mine = null), sessionStorage.removeItem('sub'), true) }
    if (sessionStorage.getItem('sub')) mine = fake
    PushManager.prototype.getSubscription = async () => mine
    PushManager.prototype.subscribe = async (o) => ((window.serverKey = [...new Uint8Array(o.applicationServerKey)]), sessionStorage.setItem('sub', '1'), (mine = fake))
  }, subscription)
  await p.page.evaluate(() => navigator.serviceWorker.ready)
  await p.page.reload()
  await p.page.locator('nav.tabs').waitFor()
  await p.page.getByRole('button', { name: /更多|More/ }).click()
  return p
}
let serverKey

await story('a guard switches it on and sends a trial: sealed for that phone alone, signed as ours', async () => {
  const { page, context, errors } = await phone('guard')
  await page.getByText('未开启').waitFor()
  await page.getByRole('button', { name: '开启提醒' }).click()
  await page.getByText('已开启').waitFor({ timeout: 5000 })
  serverKey = Buffer.from(await page.evaluate(() => window.serverKey))
  await page.getByRole('button', { name: '发一条试试' }).click()
  const p = await until(() => posts[0], 5000, 'the trial')
  assert.equal(open(p).text, '试发：有事时本机会收到提醒。')
  assert.ok(!p.body.toString('latin1').includes('title'))
  assert.deepEqual([p.headers['content-encoding'], p.headers.ttl, p.headers.urgency], ['aes128gcm', '3600', 'high'])
  const [, jwt, k] = /^vapid t=([^,]+), k=(.+)$/.exec(p.headers.authorization)
  assert.deepEqual(Buffer.from(k, 'base64url'), serverKey)
  const [head, claims, signature] = jwt.split('.')
  const key = crypto.createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: serverKey.subarray(1, 33).toString('base64url'), y: serverKey.subarray(33).toString('base64url') }, format: 'jwk' })
  assert.ok(crypto.verify('sha256', Buffer.from(`${head}.${claims}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
  const said = JSON.parse(Buffer.from(claims, 'base64url'))
  assert.deepEqual([said.aud, said.sub], [at, 'mailto:duty@example.org'])
  assert.ok(said.exp * 1000 > Date.now() && said.exp * 1000 < Date.now() + 24 * 3600_000)
  await shoot(page, 'phone-wake')
  assert.deepEqual(await axe(page), [])
  // The service worker shows what came, also where no page is open.
  const cdp = await context.newCDPSession(page)
  const registered = new Promise((done) => cdp.on('ServiceWorker.workerRegistrationUpdated', (e) => e.registrations[0] && done(e.registrations[0].registrationId)))
  await cdp.send('ServiceWorker.enable')
  const push = { origin: s.base, registrationId: await registered, data: JSON.stringify(open(p)) }
  const shown = await until(async () => { // the browser drops what comes before it knows the worker's version
    await cdp.send('ServiceWorker.deliverPushMessage', push)
    return (await page.evaluate(async () => (await (await navigator.serviceWorker.getRegistration('/m/')).getNotifications()).map((n) => [n.title, n.body])))[0]
  }, 8000, 'the notice')
  assert.deepEqual(shown, ['护学', '试发：有事时本机会收到提醒。'])
  assert.deepEqual(errors, [])
  await context.close()
})

await story('nobody acknowledges: the ladder wakes the closed phone; what its service cannot take now is tried again', async () => {
  const guard = (await api('GET', '/v1/people?q=guard')).items.find((p) => p.name === 'guard')
  await api('POST', '/v1/receivers', { person_id: guard.id, name: '校园保安', level: 1, severity: 1, channels: 'app' })
  posts.length = 0
  answers.push(503)
  s.panel('100740', 'press', '1')
  const second = await until(() => posts[1], 40_000, 'the second try')
  assert.equal(posts[0].status, 503)
  const said = open(second)
  assert.match(said.text, /一级警情/)
  const mine = (await s.api(s.token('guard'), 'GET', '/v1/deliveries/mine')).value.items[0]
  assert.deepEqual([said.delivery, said.text, said.drill, mine.state], [mine.id, mine.text, false, 'sent'])
  const device = (await s.api(s.token('guard'), 'GET', '/v1/push')).value.devices[0]
  assert.ok(device.pushed_at && device.fault === '')
})

await story('only services that were entered are posted to; a subscription that has ended is forgotten; who signs out is woken no longer', async () => {
  const guard = s.token('guard')
  const add = (where) => s.api(guard, 'POST', '/v1/push/devices', { endpoint: where, ...subscription.keys })
  for (const where of ['http://10.0.0.1/x', 'http://push.example/x', 'https://evil.example/x', 'https://notpush.example/x', 'https://push.example@evil.example/x', 'https://push.example.evil.example/', 'file:///etc/passwd', `ftp://127.0.0.1/x`]) assert.equal((await add(where)).status, 422, where)
  assert.equal((await add('https://a.push.example/x')).status, 201)
  assert.equal((await s.api(guard, 'POST', '/v1/push/forget', { endpoint: 'https://a.push.example/x' })).status, 200)
  assert.equal((await s.api(guard, 'POST', '/v1/push/devices', { ...subscription.keys, endpoint, p256dh: 'A'.repeat(87) })).status, 422)
  assert.equal((await s.api(s.token('volunteer'), 'POST', '/v1/push/forget', { endpoint })).value.devices.length, 0) // not theirs
  assert.equal((await s.api(guard, 'GET', '/v1/push')).value.devices.length, 1)
  answers.push(410)
  await s.api(guard, 'POST', '/v1/push/test')
  await until(async () => (await s.api(guard, 'GET', '/v1/push')).value.devices.length === 0, 5000, 'forgotten')
  assert.equal((await s.api(guard, 'POST', '/v1/push/test')).status, 409)
  const { page, context } = await phone('guard', { theme: 'light', lang: 'en' })
  await page.getByRole('button', { name: 'Switch on' }).click()
  await page.getByText('On: notices come').waitFor({ timeout: 5000 })
  await shoot(page, 'phone-wake-light-en')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.locator('input[autocomplete=username]').waitFor()
  assert.equal((await s.api(guard, 'GET', '/v1/push')).value.devices.length, 0)
  await context.close()
})

await story('no request left our origin', async () => assert.deepEqual(s.strangers, []))
service.close()
await finish(s)
