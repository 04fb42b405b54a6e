// Notification that arrives: an HTTP gateway and a real SMTP server on loopback, the ladder of people, and what stops it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import http from 'node:http'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until, wait } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = asking(s, token)
// A carrier's gateway: keeps what it is given; the first `refuse` requests are answered 500.
const got = []
let refuse = 0
const carrier = http.createServer((q, r) => {
  let text = ''
  q.on('data', (b) => (text += b))
  q.on('end', () => {
    const bad = refuse > 0 && refuse-- > 0
    got.push({ path: q.url, at: Date.now(), bad, key: q.headers['idempotency-key'], auth: q.headers.authorization, body: JSON.parse(text) })
    r.writeHead(bad ? 500 : 200, { 'Content-Type': 'application/json' }).end(bad ? '{}' : '{"code":0}')
  })
})
await new Promise((d) => carrier.listen(0, '127.0.0.1', d))
const gatewayUrl = `http://127.0.0.1:${carrier.address().port}`
const smtpPort = await new Promise((d) => { const n = http.createServer().listen(0, '127.0.0.1', () => { const { port } = n.address(); n.close(() => d(port)) }) })
const smtp = spawn('/usr/bin/python3', ['-u', '-m', 'aiosmtpd', '-n', '-l', `127.0.0.1:${smtpPort}`], { stdio: ['ignore', 'pipe', 'pipe'] })
let mails = ''
smtp.stdout.on('data', (b) => (mails += b))
const body = '{"to":"{to}","text":"{text}","id":"{key}"}'
const receiver = (name) => api('GET', '/v1/receivers').then((r) => r.items.filter((x) => x.name === name))
const incidentOf = (account) => until(async () => (await api('GET', '/v1/incidents?state=active&limit=500')).items.find((i) => i.alarm_count && i.school_code.endsWith(account.slice(2))), 3000, 'the incident')

await story('without a gateway nobody is silently skipped: the desk sees who was not reached, and why', async () => {
  const education = (await api('GET', '/v1/people?q=education')).items[0]
  await api('POST', '/v1/receivers', { person_id: education.id, name: '值班电话', level: 1, severity: 1, channels: 'voice' })
  s.panel('100740', 'press', '1')
  const i = await incidentOf('100740')
  await until(async () => (await api('GET', `/v1/messages?incident=${i.id}`)).items.find((m) => m.level === 1 && m.failed === 2), 20_000, 'level 1 without a gateway')
  await api('POST', `/v1/incidents/${i.id}/ack`)
})

await story('a gateway is entered in the console, and its secret never comes back', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/messages`)
  await page.getByRole('tab', { name: '通道' }).click()
  for (const [kind, name] of [['sms', '短信网关'], ['voice', '语音网关']]) {
    await page.locator('.form select').selectOption(kind)
    await page.locator('.form input').nth(0).fill(name)
    await page.locator('.form input').nth(1).fill(`${gatewayUrl}/${kind}`)
    await page.locator('.form textarea').nth(0).fill(body)
    await page.locator('.form textarea').nth(1).fill('Authorization: Bearer {secret}')
    await page.locator('.form input[type=password]').fill('geheim-4711')
    await page.getByRole('button', { name: '新增' }).click()
    await page.getByRole('cell', { name }).waitFor()
  }
  await shoot(page, 'message-gateways')
  assert.ok(!JSON.stringify(await api('GET', '/v1/gateways')).includes('geheim'))
  assert.deepEqual(await axe(page), [])
  const wrong = await s.api(token, 'POST', '/v1/gateways', { kind: 'sms', name: 'x', url: 'file:///etc/passwd', body })
  assert.equal(wrong.status, 422)
  await page.getByRole('tab', { name: '通知谁' }).click()
  await page.getByRole('row', { name: /二层：指挥长/ }).first().waitFor()
  await shoot(page, 'message-ladder')
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('the desk does not answer: texts go out by step, the commander\'s phone rings; the acknowledgement stops another that waits', async () => {
  got.length = 0
  s.panel('100741', 'press', '1')
  s.panel('100742', 'press', '1')
  const [deaf, heard] = [await incidentOf('100741'), await incidentOf('100742')]
  const opened = new Date(deaf.opened_at).getTime()
  await until(() => got.filter((g) => g.path === '/sms' && g.body.text.includes('第二席位')).length >= 2, 20_000, 'the second desk is texted')
  await until(() => got.filter((g) => g.path === '/sms' && g.body.text.includes('指挥长')).length >= 2, 20_000, 'the commander is texted')
  const sms = got.find((g) => g.path === '/sms')
  assert.equal(sms.auth, 'Bearer geheim-4711')
  assert.equal(sms.body.id, sms.key)
  assert.match(sms.body.text, /^【护学】一级警情：/)
  await api('POST', `/v1/incidents/${heard.id}/ack`) // in the same commit its calls are off
  const call = await until(() => got.find((g) => g.path === '/voice' && g.body.text.includes(String(deaf.id))), 40_000, 'the call')
  assert.ok(call.at - opened >= 58_000 && call.at - opened < 64_000, `rung after ${call.at - opened} ms`)
  // The commander presses a key: the gateway reports it.
  await api('POST', '/v1/receipts', { key: call.key, state: 'acked' })
  const m = (await api('GET', `/v1/messages?incident=${deaf.id}`)).items.filter((x) => x.level === 2)
  assert.equal(m.length, 1) // two things were missing at this step; people are told once
  assert.equal((await api('GET', `/v1/messages/${m[0].id}`)).deliveries.find((d) => d.channel === 'voice').state, 'acked')
  await api('POST', '/v1/receipts', { key: call.key, state: 'answered', text: '我五分钟到' })
  assert.ok((await api('GET', `/v1/incidents/${deaf.id}`)).timeline.some((e) => e.type === 'delivery.answered' && e.data.text === '我五分钟到'))
  await wait(4000)
  assert.equal(got.filter((g) => g.path === '/voice' && g.body.text.includes(String(heard.id))).length, 0, 'nobody is rung after the acknowledgement')
  assert.equal(new Set(got.map((g) => g.key)).size, got.length, 'each try once')
  const stranger = await s.api(token, 'POST', '/v1/receipts', { key: '0'.repeat(32), state: 'acked' })
  assert.equal(stranger.status, 404)
  await api('POST', `/v1/incidents/${deaf.id}/ack`)
})

await story('whoever sees it on the page is not texted: the receipt stops the rest of the ladder', async () => {
  got.length = 0
  const { page, errors } = await s.desk() // the supervisor, who is told at the first step
  s.panel('100743', 'intrude', '4') // P2: the text would go 15 s after the page
  const i = await incidentOf('100743')
  await page.locator('.cards article').filter({ hasText: String(i.id) }).waitFor({ timeout: 35_000 })
  await shoot(page, 'message-card')
  const cards = await page.locator('.cards').boundingBox()
  assert.ok(cards.x >= 0 && cards.x + cards.width <= 1920, JSON.stringify(cards))
  const m = await until(async () => (await api('GET', `/v1/messages?incident=${i.id}`)).items.find((x) => x.level === 1), 2000, 'the message')
  await until(async () => (await api('GET', `/v1/messages/${m.id}`)).deliveries.find((d) => d.channel === 'app').state === 'received', 3000, 'the receipt')
  await page.getByRole('button', { name: '知道了' }).first().click()
  const deliveries = await until(async () => { const d = (await api('GET', `/v1/messages/${m.id}`)).deliveries; return d.find((x) => x.channel === 'app').state === 'acked' && d }, 3000, 'the acknowledgement')
  assert.equal(deliveries.find((d) => d.channel === 'sms').state, 'cancelled')
  assert.deepEqual(errors, [])
  await api('POST', `/v1/incidents/${i.id}/ack`)
  await page.context().close()
})

await story('an officer\'s phone shows it, and that is the receipt', async () => {
  const officer = (await api('GET', '/v1/people?q=officer')).items.find((p) => p.name === 'officer')
  await api('POST', '/v1/receivers', { person_id: officer.id, name: '民警', level: 3, severity: 1, channels: 'app sms', phone: '0859-2000010' })
  const { page, errors } = await s.phone({ user: 'officer', at: { longitude: 105.65, latitude: 25.39 } })
  const m = await api('POST', '/v1/messages', { text: '十分钟后点名，请回复', level: 3 })
  await page.locator('.notice').filter({ hasText: '点名' }).waitFor({ timeout: 8000 })
  await shoot(page, 'message-phone')
  await page.getByRole('button', { name: '知道了' }).click()
  await until(async () => (await api('GET', `/v1/messages/${m.id}`)).deliveries.find((d) => d.channel === 'app').state === 'acked', 3000, 'the receipt')
  await page.locator('.notice').waitFor({ state: 'detached' })
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('whoever is on duty at the school\'s gate is told, by the rota and the crews of now, and nobody else', async () => {
  got.length = 0
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/messages`)
  await page.getByRole('tab', { name: '通知谁' }).click()
  await page.getByLabel('接收人', { exact: true }).selectOption('gate')
  await page.getByLabel('层级').selectOption('0')
  await page.getByLabel('通道次序').selectOption('app sms')
  await page.getByRole('button', { name: '新增' }).click()
  await page.getByRole('cell', { name: '该校在岗护学民警' }).waitFor({ timeout: 5000 })
  await shoot(page, 'message-rule')
  assert.deepEqual(await axe(page), [])
  // A peak of now at a school with a post, and an officer for it.
  const school = (await api('GET', '/v1/schools?county=522325&limit=500')).items.find((x) => x.code.endsWith('0744'))
  const post = (await api('GET', '/v1/posts?county=522325&limit=2000')).items.find((x) => x.school_id === school.id)
  const local = new Date(Date.now() + 8 * 3600e3)
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes()
  const peak = await api('POST', '/v1/peaks', { school_id: school.id, name: '现在', weekdays: 127, begins_min: Math.max(0, minute - 10), ends_min: Math.min(1440, minute + 40) })
  let duty = null
  for (const p of (await api('GET', '/v1/officers?county=522325&limit=400')).items.slice(60, 120)) {
    const r = await s.api(token, 'POST', '/v1/duties', { post_id: post.id, peak_id: peak.id, date: local.toISOString().slice(0, 10), person_id: p.id })
    if (r.status < 300) { duty = r.value; break }
  }
  s.panel('100744', 'press', '1')
  const i = await incidentOf('100744')
  const m = await until(async () => (await api('GET', `/v1/messages?incident=${i.id}`)).items.find((x) => x.level === 0), 5000, 'the message at once')
  const gate = (await api('GET', `/v1/messages/${m.id}`)).deliveries.filter((d) => d.receiver.startsWith('该校在岗护学民警'))
  assert.deepEqual([...new Set(gate.map((d) => d.person_id))], [duty.person_id])
  assert.ok(gate[0].receiver.endsWith(duty.person), gate[0].receiver)
  await until(() => got.some((g) => g.body.to === duty.phone && g.body.text.includes(String(i.id))), 5000, 'the text to their phone')
  await api('POST', `/v1/duties/${duty.id}/cancel`, { reason: '试验结束' })
  await api('POST', `/v1/incidents/${i.id}/ack`)
  s.panel('100745', 'press', '1') // nobody stands there
  const other = await incidentOf('100745')
  await wait(1500)
  const told = (await api('GET', `/v1/messages?incident=${other.id}`)).items.find((x) => x.level === 0)
  assert.ok(told === undefined || !(await api('GET', `/v1/messages/${told.id}`)).deliveries.some((d) => d.receiver.startsWith('该校在岗')), 'nobody on duty, nobody of the rule')
  await api('POST', `/v1/incidents/${other.id}/ack`)
  const wrong = await s.api(token, 'POST', '/v1/receivers', { name: 'x', rule: 'gate', level: 0, severity: 1, channels: 'mail' })
  assert.equal(wrong.status, 422)
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a gateway that fails is tried again with the same key; mail arrives at a mail server; a drill says so first', async () => {
  got.length = 0
  refuse = 2
  await api('POST', '/v1/gateways', { kind: 'mail', name: '邮件', url: `smtp://127.0.0.1:${smtpPort}`, sender: 'huxue@example.org' })
  const people = (await api('GET', '/v1/people?q=commander')).items
  await api('POST', '/v1/receivers', { person_id: people[0].id, name: '总结', level: 3, severity: 1, channels: 'sms mail', phone: '0859-2000009', mail: 'chief@example.org' })
  const sent = await api('POST', '/v1/messages', { text: '演练开始，按预案到位', level: 3, drill: true })
  const tries = () => got.filter((g) => g.body.to === '0859-2000009')
  await until(() => tries().length === 2, 15_000, 'the second try')
  assert.equal(tries()[0].bad, true)
  assert.equal(tries()[0].key, tries()[1].key)
  assert.match(tries()[1].body.text, /^【演练】/)
  await until(() => mails.includes('To: <chief@example.org>'), 5000, 'the mail')
  const subject = [...mails.matchAll(/=\?UTF-8\?B\?([^?]+)\?=/g)].map((x) => Buffer.from(x[1], 'base64').toString()).join('')
  assert.match(subject, /^【演练】【护学】演练开始/)
  await until(async () => (await api('GET', `/v1/messages/${sent.id}`)).deliveries.filter((d) => d.channel === 'mail').every((d) => d.state === 'sent'), 3000, 'mail taken')
})

await story('the page shows who was not reached and which step failed, in both languages', async () => {
  for (const [theme, lang] of [['dark', 'zh-CN'], ['light', 'en']]) {
    const { page, errors } = await s.desk({ theme, lang })
    await page.goto(`${s.base}/messages`)
    await page.locator('tbody tr').first().waitFor()
    await shoot(page, `message-unreached-${theme}`)
    assert.deepEqual(await axe(page), [])
    await page.getByRole('tab').nth(1).click()
    await page.locator('tr.link').first().click()
    await page.locator('.two .card').nth(1).locator('tr').first().waitFor()
    await shoot(page, `message-sent-${theme}`)
    assert.deepEqual(await axe(page), [])
    assert.deepEqual(errors, [])
    await page.context().close()
  }
})

smtp.kill()
carrier.close()
await finish(s)
