// Another system is told what happens: signed, in order, nothing lost over a broken receiver, and poison set aside. Kills: tests/fault/webhook.mjs.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until, wait } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = asking(s, token)

/** A receiver as the guide describes it: checks signature and clock, keeps ids, answers what `mood` says. */
function receiver() {
  const seen = { events: [], ids: new Map(), posts: 0, bad: 0, mood: () => 200, secret: '' }
  const server = http.createServer((req, res) => {
    let body = ''
    req.on('data', (b) => (body += b))
    req.on('end', () => {
      seen.posts++
      const [id, at, sent] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((h) => req.headers[h])
      const want = `v1,${createHmac('sha256', Buffer.from(seen.secret.slice(6), 'base64')).update(`${id}.${at}.${body}`).digest('base64')}`
      if (seen.secret && (sent !== want || Math.abs(Date.now() / 1000 - Number(at)) > 300)) { seen.bad++; res.writeHead(401).end(); return }
      const batch = JSON.parse(body)
      const status = seen.mood(batch)
      if (status === 200) { seen.ids.set(id, (seen.ids.get(id) ?? 0) + 1); for (const e of batch) seen.events.push(e) }
      res.writeHead(status).end()
    })
  })
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready({ seen, url: `http://127.0.0.1:${server.address().port}/in`, end: () => server.close() })))
}
const school = (await api('GET', '/v1/schools?county=522325&limit=2')).items
const elsewhere = (await api('GET', '/v1/schools?county=522301&limit=1')).items[0]
const open = (x, title) => api('POST', '/v1/incidents', { school: x.id, title, class: 'fight', severity: 3 })
const r = await receiver()

await story('an entry shows its secret once; events come signed, in order, as CloudEvents', async () => {
  const { page, errors } = await s.desk({ user: 'admin' })
  await page.goto(`${s.base}/messages`)
  await page.getByRole('tab', { name: '事件推送' }).click()
  await page.getByPlaceholder('名称').fill('教育局平台')
  await page.getByPlaceholder('https://example.org/huxue').fill(r.url)
  await page.getByLabel('事件类型前缀，空为全部').fill('incident.')
  await page.getByRole('button', { name: '新增' }).click()
  r.seen.secret = await page.locator('code').textContent()
  assert.match(r.seen.secret, /^whsec_/)
  const made = []
  for (let n = 0; n < 5; n++) made.push(await open(school[0], `推送 ${n}`))
  await until(() => r.seen.events.filter((e) => e.type === 'huxue.incident.opened').length >= 5, 8000, 'five events')
  const opened = r.seen.events.filter((e) => e.type === 'huxue.incident.opened')
  assert.deepEqual(opened.map((e) => e.data.title), made.map((m) => m.title))
  for (const e of r.seen.events) assert.ok(e.specversion === '1.0' && e.source === '/huxue' && e.id && !Number.isNaN(Date.parse(e.time)) && e.type.startsWith('huxue.incident.'), JSON.stringify(e))
  assert.equal(r.seen.bad, 0)
  const again = JSON.stringify((await api('GET', '/v1/webhooks')).items)
  assert.ok(!again.includes('whsec_') && !again.includes('secret'))
  await page.getByText('教育局平台').first().waitFor()
  await shoot(page, 'webhooks-dark-zh')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a receiver that is down gets everything afterwards, each once', async () => {
  r.seen.mood = () => 503
  const titles = []
  for (let n = 0; n < 4; n++) titles.push((await open(school[1], `断网 ${n}`)).title)
  await until(async () => (await api('GET', '/v1/webhooks')).items[0].tries >= 1, 8000, 'a failure on record')
  assert.match((await api('GET', '/v1/webhooks')).items[0].fault, /503/)
  r.seen.mood = () => 200
  await until(() => titles.every((x) => r.seen.events.some((e) => e.data.title === x)), 20_000, 'all of it')
  assert.ok([...r.seen.ids.values()].every((n) => n === 1), 'no batch was taken twice')
  const ids = r.seen.events.map((e) => Number(e.id))
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b))
  assert.equal(new Set(ids).size, ids.length)
})

await story('one event that the other side cannot take is set aside, the rest goes on; it is sent again by hand', async () => {
  r.seen.mood = (batch) => (batch.some((e) => e.data.title === '毒丸') ? 422 : 200)
  await open(school[0], '毒丸')
  await open(school[0], '毒丸之后')
  await until(() => r.seen.events.some((e) => e.data.title === '毒丸之后'), 15_000, 'what came behind it')
  const dead = (await api('GET', '/v1/webhooks/dead')).items
  assert.ok(dead.length >= 1 && dead.every((d) => d.status === 422 && d.state === 'dead'), JSON.stringify(dead))
  r.seen.mood = () => 200
  for (const d of dead) await api('POST', `/v1/webhooks/dead/${d.id}`, { act: 'resend' })
  await until(() => r.seen.events.some((e) => e.data.title === '毒丸'), 8000, 'the one set aside')
  await until(async () => (await api('GET', '/v1/webhooks/dead')).items.every((d) => d.state === 'sent'), 8000, 'sent')
})

await story('a webhook sees what its person may see, and no field of the other side', async () => {
  const mine = await receiver()
  const education = (await api('GET', '/v1/people?q=education')).items.find((p) => p.name === 'education')
  const theirs = (await s.api(s.token('education'), 'GET', '/v1/schools?limit=5000')).value.items.map((x) => x.id)
  const made = await api('POST', '/v1/webhooks', { name: '学校侧', url: mine.url, types: 'incident.', person_id: education.id })
  mine.seen.secret = made.secret
  const inside = theirs.includes(school[0].id) ? school[0] : elsewhere
  await api('POST', '/v1/incidents', { school: inside.id, title: '有电话', class: 'fight', severity: 3, caller_phone: '13900000000' })
  await until(() => mine.seen.events.some((e) => e.data.title === '有电话'), 8000, 'their event')
  assert.ok(!JSON.stringify(mine.seen.events).includes('13900000000'))
  assert.ok(mine.seen.events.every((e) => theirs.includes(e.schoolid)))
  mine.end()
})

await story('410 takes a webhook off; a bad address is refused', async () => {
  const gone = await receiver()
  gone.seen.mood = () => 410
  const made = await api('POST', '/v1/webhooks', { name: '已撤', url: gone.url, types: 'incident.' })
  await open(school[0], '再见')
  await until(async () => (await api('GET', '/v1/webhooks')).items.find((w) => w.id === made.webhook.id).state === 'disabled', 8000, 'off')
  gone.end()
  assert.equal((await s.api(token, 'POST', '/v1/webhooks', { name: 'x', url: 'file:///etc/passwd' })).status, 422)
  assert.equal((await s.api(token, 'POST', '/v1/webhooks', { name: 'x', url: 'http://x.example', types: 'Incident;' })).status, 422)
  assert.equal((await s.api(s.token('supervisor'), 'GET', '/v1/webhooks')).status, 403)
})

r.end()
await wait(100)
assert.deepEqual(s.strangers, [])
await finish(s)
