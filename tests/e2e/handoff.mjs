// An incident is given to 110: signed, once, answered, followed to its end; rejected, down for a while, forged.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { spawn } from 'node:child_process'
import { stand } from './stand.mjs'
import { asking, finish, shoot, story, until, wait } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = asking(s, token)
const SECRET = 'a-common-secret-of-both'
const centre = async (address, ...more) => {
  const child = spawn(s.bin('huxue'), ['sim', '110', '--http', address, '--secret', SECRET, '--back', s.base, '--pace-ms', '700', ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (b) => (text += b))
  await until(() => text.includes('ready'), 3000, 'sim 110')
  return { child, address: text.match(/http=(\S+)/)[1], said: () => text }
}
const first = await centre('127.0.0.1:0')
const picky = await centre('127.0.0.1:0', '--reject', '--sm3')
const incidentOf = (account) => until(async () => (await api('GET', '/v1/incidents?state=active&limit=500')).items.find((i) => i.alarm_count && i.school_code?.endsWith(account.slice(2))), 3000, 'the incident')

await story('a centre is entered in the console; an incident is given to it, accepted, dispatched, arrived and closed there', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/messages`)
  await page.getByRole('tab', { name: '外部中心' }).click()
  for (const [name, c] of [['贞丰 110', first], ['邻县 110', picky]]) {
    await page.getByLabel('名称').fill(name)
    await page.getByLabel('网址').fill(`http://${c.address}/cases`)
    await page.getByLabel('共同密钥').fill(SECRET)
    await page.getByLabel('签名算法').selectOption(c === picky ? 'sm3' : 'sha256')
    await page.getByRole('button', { name: '新增' }).click()
    await page.getByRole('cell', { name }).waitFor()
  }
  assert.ok(!JSON.stringify(await api('GET', '/v1/partners')).includes(SECRET))
  s.panel('100744', 'press', '1')
  const i = await incidentOf('100744')
  await page.goto(`${s.base}/incidents/${i.id}`)
  await page.getByRole('button', { name: '移交 贞丰 110' }).click()
  await page.getByText('110-000001').waitFor({ timeout: 5000 })
  await api('POST', `/v1/incidents/${i.id}/note`, { text: '两人持械，在正门', audience: 'all' })
  await api('POST', `/v1/incidents/${i.id}/note`, { text: '只给公安看', audience: 'police' })
  await page.locator('.time').getByText('110 处置完毕').first().waitFor({ timeout: 6000 })
  const h = (await api('GET', `/v1/handoffs?incident=${i.id}`)).items[0]
  assert.equal(h.state, 'closed')
  assert.match(first.said(), /update handoff \d+ noted 两人持械/)
  assert.ok(!first.said().includes('只给公安看'))
  const types = (await api('GET', `/v1/incidents/${i.id}`)).timeline.map((e) => e.type).filter((t) => t.startsWith('handoff.'))
  for (const t of ['handoff.made', 'handoff.accepted', 'handoff.dispatched', 'handoff.arrived', 'handoff.closed']) assert.equal(types.filter((x) => x === t).length, 1, t)
  assert.equal((await api('GET', `/v1/incidents/${i.id}`)).state, 'open') // only a person closes it here
  await shoot(page, 'handoff')
  const again = await s.api(token, 'POST', '/v1/handoffs', { incident_id: i.id, partner_id: h.partner_id })
  assert.equal(again.status, 409)
  await page.getByRole('button', { name: '移交 邻县 110' }).click()
  await page.getByText('不属本辖区').waitFor({ timeout: 5000 })
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('while the centre is down nothing is lost or doubled; a forged report changes nothing', async () => {
  const partner = (await api('GET', '/v1/partners')).items.find((p) => p.name === '贞丰 110')
  first.child.kill('SIGKILL')
  s.panel('100745', 'press', '1')
  const i = await incidentOf('100745')
  const h = await api('POST', '/v1/handoffs', { incident_id: i.id, partner_id: partner.id })
  await api('POST', `/v1/incidents/${i.id}/note`, { text: '第一条', audience: 'all' })
  await api('POST', `/v1/incidents/${i.id}/note`, { text: '第二条', audience: 'all' })
  await wait(3000)
  assert.equal((await api('GET', `/v1/handoffs?incident=${i.id}`)).items[0].waiting, 3)
  const event = JSON.stringify({ number: 'x', handoff: h.id, progress: 'closed' })
  const report = async (t, sig) => (await fetch(`${s.base}/v1/partners/${partner.id}/events?t=${t}&sig=${sig}`, { method: 'POST', body: event })).status
  const signed = (t, secret = SECRET) => crypto.createHmac('sha256', secret).update(`${t}.${event}`).digest('hex')
  assert.equal(await report(Date.now(), '0'.repeat(64)), 403)
  assert.equal(await report(Date.now(), signed(Date.now(), 'another')), 403)
  assert.equal(await report(Date.now() - 3600_000, signed(Date.now() - 3600_000)), 403)
  assert.equal((await api('GET', `/v1/handoffs?incident=${i.id}`)).items[0].state, 'sent')
  const back = await centre(first.address)
  await until(() => /noted 第二条/.test(back.said()), 20_000, 'all of it, later')
  assert.deepEqual([...back.said().matchAll(/^(again )?(case|update) handoff \d+ (?:noted )?(\S*)/gm)].filter((m) => m[2] === 'case' || m[3]).map((m) => m[2]).slice(0, 3), ['case', 'update', 'update'])
  assert.ok(back.said().indexOf('第一条') < back.said().indexOf('第二条'))
  const sm3 = (t) => crypto.createHmac('sm3', SECRET).update(`${t}.${event}`).digest('hex')
  assert.equal(await report(Date.now(), sm3(Date.now())), 403) // this centre signs with SHA-256
  const other = (await api('GET', '/v1/partners')).items.find((p) => p.hash === 'sm3')
  const word = JSON.stringify({ number: 'sm3-1', handoff: (await api('GET', '/v1/handoffs')).items.find((x) => x.partner_id === other.id).id, text: '国密签名' })
  const told = async (hash) => { const t = Date.now(); return (await fetch(`${s.base}/v1/partners/${other.id}/events?t=${t}&sig=${crypto.createHmac(hash, SECRET).update(`${t}.${word}`).digest('hex')}`, { method: 'POST', body: word })).status }
  assert.deepEqual([await told('sha256'), await told('sm3')], [403, 200])
  const at = Date.now()
  assert.equal(await report(at, signed(at)), 200)
  assert.equal(await report(at, signed(at)), 200) // said twice, done once
  await until(async () => (await api('GET', `/v1/incidents/${i.id}`)).timeline.filter((e) => e.type === 'handoff.closed').length >= 1, 5000, 'closed')
  back.child.kill()
})

picky.child.kill()
await finish(s)
