// Two prefectures' systems on one machine: a county tells its parent, which shows it a moment later and catches up after a cut.
import assert from 'node:assert/strict'
import net from 'node:net'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until, wait } from './story.mjs'

const parent = await stand()
const county = await stand()
const above = asking(parent, parent.token('admin'))
const below = asking(county, county.token('admin'))
// The line between them can be cut.
let whole = true
const sockets = new Set()
const line = net.createServer((s) => {
  if (!whole) return s.destroy()
  const to = net.connect(Number(new URL(parent.base).port), '127.0.0.1')
  for (const x of [s, to]) sockets.add(x), x.on('error', () => {}), x.on('close', () => (s.destroy(), to.destroy()))
  s.pipe(to).pipe(s)
})
await new Promise((ready) => line.listen(0, '127.0.0.1', ready))
const schools = (await below('GET', '/v1/schools?county=522325&limit=5')).items
const open = (n, title, more = {}) => below('POST', '/v1/incidents', { school: schools[n].id, title, class: 'fight', severity: 2, ...more })
const shown = () => above('GET', '/v1/children/incidents?state=active&limit=1000').then((r) => r.items)

await story('a county is joined: entered above, its webhook made below, the secret carried over', async () => {
  const { page, errors } = await parent.desk({ user: 'admin' })
  await page.goto(`${parent.base}/children`)
  await page.getByPlaceholder('名称').fill('贞丰县')
  await page.getByRole('button', { name: '新增' }).click()
  const path = await page.locator('code').textContent()
  const { page: their } = await county.desk({ user: 'admin' })
  await their.goto(`${county.base}/messages`)
  await their.getByRole('tab', { name: '事件推送' }).click()
  await their.getByPlaceholder('名称').fill('州级平台')
  await their.getByPlaceholder('https://example.org/huxue').fill(`http://127.0.0.1:${line.address().port}${path}`)
  await their.getByLabel('上级护学平台').check()
  await their.getByRole('button', { name: '新增' }).click()
  await page.getByPlaceholder('whsec_…').fill(await their.locator('code').textContent())
  await page.getByRole('button', { name: /接入/ }).click()
  await until(async () => (await above('GET', '/v1/children')).items[0].heard_at !== null, 25_000, 'its first word')
  const i = await open(0, '校门口打架')
  await page.getByText('校门口打架').waitFor({ timeout: 4000 })
  await page.getByText(/秒前/).first().waitFor()
  await shoot(page, 'children-dark-zh')
  await below('POST', `/v1/incidents/${i.id}/ack`)
  await until(async () => (await shown()).some((x) => x.incident_id === i.id && x.state === 'acked'), 4000, 'acknowledged above too')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  await page.context().close()
  await their.context().close()
})

await story('the line is cut: the parent says how old its knowledge is; afterwards it has all of it, once', async () => {
  whole = false
  for (const s of sockets) s.destroy()
  const made = []
  for (let n = 0; n < 40; n++) made.push(await open(n % 5, `断线期间 ${n}`, { severity: 3 }))
  await wait(3000)
  const before = (await above('GET', '/v1/children')).items[0]
  assert.ok(!(await shown()).some((i) => i.title.startsWith('断线期间')))
  whole = true
  await until(async () => (await shown()).filter((i) => i.title.startsWith('断线期间')).length === made.length, 30_000, 'everything')
  const after = (await above('GET', '/v1/children')).items[0]
  assert.ok(after.seq > before.seq && new Date(after.heard_at) > new Date(before.heard_at))
  assert.deepEqual((await shown()).filter((i) => i.title.startsWith('断线期间')).map((i) => i.incident_id).sort((a, b) => a - b), made.map((i) => i.id).sort((a, b) => a - b))
})

await story('what is not signed by the child, or is old, is refused', async () => {
  const [child] = (await above('GET', '/v1/children')).items
  const send = (headers) => fetch(`${parent.base}/v1/children/${child.id}/events`, { method: 'POST', headers: { 'Content-Type': 'application/cloudevents-batch+json', ...headers }, body: '[]' }).then((r) => r.status)
  assert.equal(await send({}), 403)
  assert.equal(await send({ 'webhook-id': 'x', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)), 'webhook-signature': 'v1,AAAA' }), 403)
  assert.equal((await parent.api(parent.token('admin'), 'PATCH', `/v1/children/${child.id}`, { secret: 'whsec_short___' })).status, 422)
})

line.close()
for (const s of sockets) s.destroy()
assert.deepEqual([...parent.strangers, ...county.strangers], [])
await finish(county, parent)
