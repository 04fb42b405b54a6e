// Alarms go out to other alarm receiving centres by DC-09: to a second whole Huxue under AES, and to receivers that do what real ones do.
import assert from 'node:assert/strict'
import { receiver } from './receiver.mjs'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until, wait } from './story.mjs'

const KEY = '00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF'
const parent = await stand()
const s = await stand()
const above = asking(parent, parent.token('admin'))
const api = asking(s, s.token('admin'))
const school = (await api('GET', '/v1/schools?county=522325&limit=1')).items[0]
const panel = (await api('GET', `/v1/panels?school=${school.id}`)).items[0].account
const theirs = (await above('GET', '/v1/schools?county=522301&limit=1')).items[0]
const arc = async (name) => (await api('GET', '/v1/arcs')).items.find((a) => a.name === name)
const change = async (name, body) => { const a = await arc(name); return api('PATCH', `/v1/arcs/${a.id}`, body) }
const signals = async (name) => (await api('GET', `/v1/arcs/${(await arc(name)).id}/signals`)).items
const up = (name) => until(async () => (await arc(name)).line === 'up', 10_000, `${name} up`)
const lost = (name, why) => until(async () => { const a = await arc(name); return a.line === 'lost' && a.line_reason === why }, 25_000, `${name} lost: ${why}`)
const quiet = (name) => until(async () => (await arc(name)).waiting === 0, 10_000, `${name} has all`)
const enter = async (name, where, more = {}) => {
  const a = await api('POST', '/v1/arcs', { name, address: where.at, account: 'ACE1', supervision_s: 5, ...more })
  await api('POST', `/v1/arcs/${a.id}/share`, { school_id: school.id })
  return a
}

await story('a centre is entered in the console: a wrong key is named, the right one brings the line up; a press here rings there', async () => {
  for (const account of ['FACE01', '52232599']) await above('POST', '/v1/panels', { account, school: theirs.id, key_hex: KEY, places: [{ zone: '1', name: '上报学校', kind: 'gate' }] })
  const { page, errors } = await s.desk({ user: 'admin' })
  const { page: their } = await parent.desk()
  await page.goto(`${s.base}/messages`)
  await page.getByRole('tab', { name: '接警中心' }).click()
  const form = page.locator('form.form')
  await form.getByLabel('名称').fill('州接警中心')
  await form.getByLabel('接收机地址').fill(parent.dc09)
  await form.getByLabel('本线路账号').fill('face01')
  await form.getByLabel('AES 密钥').fill(KEY.replaceAll('0', '1'))
  await form.getByRole('button', { name: '新增' }).click()
  await page.getByText('对方不认账号或密钥').waitFor({ timeout: 8000 })
  await page.locator('section.card').nth(1).locator('input[type=password]').fill(KEY)
  await page.locator('section.card').nth(1).getByRole('button', { name: '保存' }).click()
  await page.locator('td .tag.on', { hasText: '正常' }).waitFor({ timeout: 8000 })
  await page.getByPlaceholder('学校', { exact: true }).fill(school.name)
  await page.getByRole('button', { name: '上报', exact: true }).nth(1).click()
  const account = page.locator('input.account')
  await account.waitFor()
  assert.equal(await account.inputValue(), school.code)
  await account.fill('52232599')
  await account.press('Tab')
  await until(async () => (await api('GET', `/v1/arcs/${(await arc('州接警中心')).id}/schools`)).items[0].account === '52232599', 4000, 'the account')
  const began = Date.now()
  s.panel(panel, 'press', '1')
  await their.getByText('一键报警').first().waitFor({ timeout: 15000 })
  console.log(`   press here to the row there ${Date.now() - began} ms`)
  await page.locator('td .tag.on', { hasText: '已确认' }).waitFor({ timeout: 15000 })
  await shoot(page, 'arc-dark-zh')
  assert.deepEqual(await axe(page), [])
  const there = (await above('GET', `/v1/incidents?state=active&school=${theirs.id}`)).items.filter((i) => i.class === 'panic')
  assert.equal(there.length, 1)
  const told = (await above('GET', '/v1/signals?limit=50')).items.find((x) => x.account === '52232599')
  assert.ok(told.extra.encrypted && JSON.stringify(told.extra.xdata).includes(`S${school.name}`), JSON.stringify(told))
  assert.ok(!JSON.stringify(await api('GET', '/v1/arcs')).includes(KEY.slice(0, 16)))
  assert.deepEqual(errors, [])
  await page.context().close()
  const { page: light } = await s.desk({ user: 'admin', theme: 'light', lang: 'en' })
  await light.goto(`${s.base}/messages`)
  await light.getByRole('tab', { name: 'DC-09 out' }).click()
  await light.locator('input.account').waitFor()
  await shoot(light, 'arc-light-en')
  assert.deepEqual(await axe(light), [])
  await light.context().close()
  await their.context().close()
})

const clear = await receiver()
await story('Contact ID in the clear: alarm and restoral in order, a second press too; a drill, a test and a fault stay in the house', async () => {
  await enter('甲', clear, { token: 'ADM-CID', receiver: '1F', line_number: '2' })
  await up('甲')
  s.panel(panel, 'press', '1')
  s.panel(panel, 'restore', 'PR', '1')
  s.panel(panel, 'press', '1')
  await until(() => clear.taken.length >= 3, 5000, 'three messages')
  const code = (x) => /^#\w+\|(\S+ \d\d \d{3})\]/.exec(x.text)[1]
  assert.deepEqual(clear.taken.map(code), ['1120 01 001', '3120 01 001', '1120 01 001'])
  assert.ok(clear.taken.every((x) => x.account === school.code && x.text.includes(`[S${school.name}]`) && /\[H\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}\]/.test(x.text)), JSON.stringify(clear.taken))
  await change('甲', { names: false })
  await until(async () => clear.lines() === 1 && (await arc('甲')).line === 'up', 8000, 'the line again')
  const p = (await api('GET', `/v1/panels?school=${school.id}`)).items[0]
  s.panel(panel, 'power')
  await api('PATCH', `/v1/panels/${p.id}`, { test_minutes: 5 })
  s.panel(panel, 'press', '2')
  await api('PATCH', `/v1/panels/${p.id}`, { test_minutes: 0 })
  s.panel(panel, 'press', '3')
  await until(() => clear.taken.length >= 4, 5000, 'the press after the test')
  assert.deepEqual(clear.taken.slice(3).map(code), ['1120 01 003'])
  // A drill's own signal becomes an alarm like any other, and leaves the house for nobody.
  const today = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10)
  const other = (await api('GET', '/v1/schools?county=522325&limit=2')).items[1]
  await api('POST', `/v1/arcs/${(await arc('甲')).id}/share`, { school_id: other.id })
  const { id } = await api('POST', '/v1/drills', { school_id: other.id, kind: 'intruder', title: '上报演练', date: today })
  const { kind, title, name, ...script } = (await api('GET', '/v1/drills/templates')).items[0]
  await api('PUT', `/v1/drills/${id}/script`, { ...script, begins: '10:00', injects: [{ at_s: 0, kind: 'signal', text: '正门一键报警（演练）', class: 'panic' }] })
  await asking(s, s.token('education'))('POST', `/v1/drills/${id}/approve`)
  await api('POST', `/v1/drills/${id}/start`)
  await until(async () => (await api('GET', `/v1/drills/${id}`)).incident_id, 5000, 'the incident of the drill')
  await wait(1500)
  assert.equal(clear.taken.length, 4)
  await api('POST', `/v1/drills/${id}/stop`, { reason: '演练结束' })
  assert.equal(clear.faults.length, 0, clear.faults.join())
})

await story('what it does not understand is counted and told once more; what is told while the line is cut waits, and comes in order, once', async () => {
  const before = clear.taken.length
  clear.state.mode = 'duh'
  s.panel(panel, 'press', '1')
  await until(async () => (await arc('甲')).missed === 1, 5000, 'the refusal')
  assert.equal((await signals('甲'))[0].state, 'refused')
  clear.state.mode = 'ack'
  await api('POST', `/v1/arcs/${(await arc('甲')).id}/retell`)
  await until(() => clear.taken.length === before + 1, 5000, 'told once more')
  assert.equal(clear.taken.at(-1).text.includes('[S'), false, 'names are off')
  await quiet('甲')
  await clear.away()
  await lost('甲', 'unreachable')
  const failing = async () => (await api('GET', '/v1/proofs/now')).items.filter((i) => i.path === 'centre').map((i) => `${i.name} ${i.reason}`)
  assert.deepEqual(await failing(), ['甲 line_lost'])
  for (let n = 0; n < 5; n++) s.panel(panel, 'press', '1')
  assert.equal((await arc('甲')).waiting, 5)
  await clear.back()
  await until(() => clear.taken.length === before + 6, 65_000, 'what waited')
  await quiet('甲')
  assert.deepEqual(await failing(), [])
  const numbers = clear.taken.slice(-5).map((x) => x.sequence)
  assert.equal(new Set(numbers).size, 5)
  assert.deepEqual(numbers, [...numbers].sort())
})

await story('a receiver whose clock is off tells its time and is followed; one that says nothing, or breaks off, gets the same number again', async () => {
  const keyed = await receiver({ key: KEY.slice(0, 32), clockMs: 3_600_000 })
  await enter('乙', keyed, { key: KEY.slice(0, 32) })
  await up('乙')
  keyed.state.mode = 'slow'
  s.panel(panel, 'press', '1')
  await until(() => keyed.taken.length === 1, 5000, 'the press')
  assert.match(keyed.taken[0].text, /^#\w+\|Nri1\/PA001\]\[H/)
  keyed.state.mode = 'silent'
  s.panel(panel, 'press', '1')
  await lost('乙', 'silent')
  keyed.state.mode = 'ack'
  await until(() => keyed.taken.length === 2, 10_000, 'the second press')
  keyed.state.clockMs = -7_200_000
  s.panel(panel, 'press', '1')
  await until(() => keyed.taken.length === 3, 10_000, 'the third press, under another clock')
  await quiet('乙')
  assert.equal(new Set(keyed.taken.map((x) => x.sequence)).size, 3)
  assert.equal(keyed.faults.length, 0, keyed.faults.join())
  // Who does not know the key says nothing that counts: an answer in the clear is none.
  keyed.state.key = ''
  s.panel(panel, 'press', '1')
  await until(async () => (await signals('乙'))[0].state !== 'waiting' || (await arc('乙')).line === 'lost', 25_000, 'no ACK without the key')
  assert.notEqual((await signals('乙'))[0].state, 'told')
  keyed.end()
})

await story('supervised: NULL goes out when nothing else does; a centre that is switched off hears no more', async () => {
  const beats = clear.beats.length
  await until(() => clear.beats.length > beats, 8000, 'a NULL')
  assert.ok(clear.beats.every((a) => a === 'ACE1'))
  await change('甲', { state: 'disabled' })
  await until(() => clear.lines() === 0, 4000, 'the line ended')
  const before = clear.taken.length
  s.panel(panel, 'press', '1')
  await wait(1500)
  assert.equal(clear.taken.length, before)
  assert.equal((await arc('甲')).waiting, 0)
})

await story('no request left the two systems', async () => {
  assert.deepEqual([...s.strangers, ...parent.strangers], [])
})
clear.end()
await finish(s, parent)
