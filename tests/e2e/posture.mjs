// A school is told what to do: desk and phones side by side, devices that act or do not, everybody counted, released by two.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until, wait } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = asking(s, token)
const list = (await api('GET', '/v1/schools?county=522325&limit=30')).items
const school = list[0] // its teacher and principal can sign in
const box = await s.site('--dead', 'screen')
const at = { longitude: school.lon, latitude: school.lat }
const live = async (id) => (await api('GET', `/v1/postures?live=1&school=${id}`)).items[0]
for (const o of (await api('GET', `/v1/outputs?limit=5000`)).items) await api('PATCH', `/v1/outputs/${o.id}`, { url: o.url.replace('http://127.0.0.1:8120', box.url), check_url: o.check_url.replace('http://127.0.0.1:8120', box.url) })

await story('a device is entered in the console, tested, and one that takes the order and does nothing is found', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/postures`)
  await page.getByRole('tab', { name: '联动设备' }).click()
  await page.locator('form.form input[list]').fill(school.name)
  await page.locator('form.form').getByLabel('类别').selectOption('light')
  await page.getByPlaceholder('名称').fill('走廊警灯')
  await page.getByLabel('地址', { exact: true }).fill(`${box.url}/${school.code}/light`)
  await page.getByLabel('回读地址').fill(`${box.url}/${school.code}/light`)
  await page.getByLabel('动作后回读应含').fill('"state":"{verb}"')
  await page.getByRole('button', { name: '新增' }).click()
  const row = page.locator('tr', { hasText: '走廊警灯' })
  await row.getByRole('button', { name: '测试' }).click()
  await row.getByText('测试 · 已动作').waitFor({ timeout: 8000 })
  assert.match(box.said(), new RegExp(`/${school.code}/light test "测试：设备测试，不是警报"`))
  await shoot(page, 'outputs-dark-zh')
  const bad = await s.api(token, 'POST', '/v1/outputs', { school_id: school.id, kind: 'siren', name: 'x', verbs: 'panic', url: 'ftp://x' })
  assert.equal(bad.status, 422)
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  await page.context().close()
})


await story('a siren sounds by itself when a button is pressed, and ends with the incident; never for duress, silence or a drill', async () => {
  const loud = list[7], quiet = list[8]
  const account = async (x) => (await api('GET', `/v1/schools/${x.id}`)).panels[0].account
  for (const x of [loud, quiet]) await api('POST', '/v1/outputs', { school_id: x.id, kind: 'siren', name: '门口警笛', verbs: 'lockdown alarm', url: `${box.url}/${x.code}/gate?do={verb}`, body: '{"verb":"{verb}","text":"{text}","drill":"{drill}"}', check_url: `${box.url}/${x.code}/gate`, check_text: '"state":"{verb}"' })
  const told = (x) => [...box.said().matchAll(new RegExp(`/${x.code}/gate\\S* (\\w+)`, 'g'))].map((m) => m[1])
  const pressed = Date.now()
  s.panel(await account(loud), 'press', '1')
  await until(() => told(loud).includes('alarm'), 3000, 'the siren')
  console.log(`   press to siren ${Date.now() - pressed} ms, the panel's own start included`)
  const i = await until(async () => (await api('GET', '/v1/incidents?state=active&limit=200')).items.find((x) => x.school_id === loud.id), 3000, 'the incident')
  const { page } = await s.desk()
  await page.goto(`${s.base}/incidents/${i.id}`)
  await page.getByText('设备已动作').first().waitFor({ timeout: 12_000 })
  await page.context().close()
  s.panel(await account(loud), 'press', '1') // the same button again is the same alarm
  await api('POST', `/v1/incidents/${i.id}/ack`)
  await api('POST', `/v1/incidents/${i.id}/close`, { disposition: '纠纷已劝离', release_units: true })
  await until(() => told(loud).at(-1) === 'clear', 3000, 'silence')
  assert.deepEqual(told(loud), ['alarm', 'clear'])
  s.panel(await account(quiet), 'duress')
  await api('POST', '/v1/panic', { school: quiet.id, level: 1, silent: true })
  await api('POST', '/v1/panic', { school: quiet.id, level: 1, drill: true })
  await api('POST', '/v1/incidents', { school: quiet.id, title: '来电报警', class: 'panic', severity: 1 })
  await wait(1500)
  assert.deepEqual(told(quiet), [])
  // The desk is left as it was found.
  for (const x of (await api('GET', '/v1/incidents?state=active&limit=200')).items.filter((x) => x.school_id === quiet.id)) {
    await api('POST', `/v1/incidents/${x.id}/ack`)
    await api('POST', `/v1/incidents/${x.id}/close`, { disposition: '测试', release_units: true })
  }
})

await story('an alarm, L, the code: the school is shut, its siren sounds, its teacher sees it at once and counts', async () => {
  const { page, errors } = await s.desk()
  const teacher = await s.phone({ user: 'teacher', at })
  s.panel('100733', 'press', '1')
  await page.locator('[role=list] .row', { hasText: school.name }).first().click()
  await page.keyboard.press('l')
  const dialog = page.locator('dialog.order')
  await dialog.getByRole('radio', { name: '就地封闭' }).click()
  await dialog.getByLabel('原因').fill('两名男子持汽油瓶冲入')
  assert.ok(await dialog.getByRole('button', { name: /下达 就地封闭/ }).isDisabled()) // the code is not typed yet
  await dialog.getByLabel(/输入学校代码/).fill(school.pinyin)
  await shoot(page, 'posture-dialog')
  const t0 = Date.now()
  await dialog.getByRole('button', { name: /下达 就地封闭/ }).click()
  await teacher.page.locator('.posture', { hasText: '就地封闭' }).waitFor({ timeout: 5000 })
  console.log(`   order to the teacher's phone ${Date.now() - t0} ms`)
  const p = await live(school.id)
  const step = (await api('GET', `/v1/incidents/${p.incident_id}`)).tasks.find((x) => x.command === 'posture lockdown')
  assert.equal(step.state, 'done') // the plan's step is done by the order
  const commands = async () => Object.fromEntries((await api('GET', `/v1/postures/${p.id}`)).commands.map((k) => [k.name, k.state]))
  await until(async () => (await commands())['警笛'] === 'confirmed', 5000, 'the siren read back')
  await until(async () => (await commands())['教室屏'] === 'no_effect', 15_000, 'the dead screen found')
  assert.match(box.said(), new RegExp(`/${school.code}/siren lockdown "就地封闭：锁门、关灯、远离门窗、保持安静" drill=0`))
  await page.locator('.sheet').getByText('未动作').first().waitFor({ timeout: 3000 })
  const phone = teacher.page
  await phone.getByLabel('选择班级').selectOption({ index: 1 })
  await phone.getByLabel('失踪 +').click()
  await phone.getByLabel('姓名、最后看到的地方、伤情').fill('韦某，最后在操场')
  await shoot(phone, 'phone-lockdown')
  assert.deepEqual(await axe(phone), [])
  await phone.getByRole('button', { name: /^上报：在场 \d+，失踪 1/ }).click()
  await page.locator('.class.missing').first().waitFor({ timeout: 3000 })
  await page.keyboard.press('Enter')
  await page.getByText('韦某，最后在操场').waitFor()
  await shoot(page, 'incident-posture')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual([errors, teacher.errors], [[], []])
  await Promise.all([page.context().close(), phone.context().close()])
})

await story('without a network the count is kept on the phone and arrives by itself; the older one does not overwrite the newer', async () => {
  const { page, context } = await s.phone({ user: 'teacher', at })
  const p = await live(school.id)
  const classId = (await api('GET', `/v1/postures/${p.id}`)).counts[1].class_id
  const of = async () => (await api('GET', `/v1/postures/${p.id}`)).counts.find((c) => c.class_id === classId)
  await page.locator('.posture').waitFor()
  await page.getByLabel('选择班级').selectOption(String(classId))
  await context.setOffline(true)
  await page.getByRole('button', { name: /^全部安全/ }).click()
  await page.getByText('没有网络，已存下，联网后自动上报').waitFor({ timeout: 6000 })
  assert.equal((await of()).state, 'unknown')
  await context.setOffline(false)
  await until(async () => (await of()).state === 'safe', 15_000, 'the count from the outbox')
  await api('POST', `/v1/postures/${p.id}/counts`, { class_id: classId, present: 1, missing: 9, injured: 0, at: p.asked_at })
  assert.equal((await of()).state, 'safe')
  await context.close()
})

await story('the neighbours are shut with one key; the threat is over; two persons release, and say why somebody is missing', async () => {
  const { page } = await s.desk()
  const principal = await s.phone({ user: 'principal', at })
  const p = await live(school.id)
  await page.goto(`${s.base}/postures/${p.id}`)
  await page.getByRole('button', { name: /所学校关门入内/ }).click()
  await until(async () => (await api('GET', '/v1/postures?live=1')).items.filter((x) => x.verb === 'secure').length > 2, 5000, 'the neighbours')
  const far = (await api('GET', '/v1/schools?county=522301&limit=1')).items[0]
  const theirs = await s.api(s.token('principal'), 'POST', `/v1/postures/${p.id}/neighbours`, { schools: [far.id] })
  assert.equal(theirs.status, 403, JSON.stringify(theirs.value))
  assert.equal(await live(far.id), undefined)
  assert.equal((await s.api(s.token('guard'), 'GET', '/v1/outputs')).status, 403)
  const early = await s.api(token, 'POST', `/v1/postures/${p.id}/release`, { side: 'police' })
  assert.equal(early.status, 409)
  await page.getByRole('button', { name: '威胁解除，开始清点' }).click()
  await principal.page.getByText('威胁已解除，请清点人数，门先不开').waitFor({ timeout: 5000 })
  assert.match(box.said(), new RegExp(`/${school.code}/siren clear`))
  assert.doesNotMatch(box.said(), new RegExp(`/${school.code}/door clear`)) // shut until it is released
  await page.getByLabel(/写明为什么仍然解除/).fill('失踪一人已在医务室找到')
  await page.getByRole('button', { name: '代表公安同意解除' }).click()
  await page.getByText('等待学校同意').or(page.getByRole('button', { name: /替学校同意/ })).first().waitFor()
  await shoot(page, 'postures-dark-zh')
  assert.equal((await live(school.id)).state, 'clearing')
  await principal.page.getByLabel(/为什么仍然解除/).fill('已找到')
  await principal.page.getByRole('button', { name: '我代表本方同意解除' }).click()
  await until(async () => (await live(school.id)) === undefined, 5000, 'released')
  await until(() => new RegExp(`/${school.code}/door clear`).test(box.said()), 5000, 'the door')
  assert.deepEqual(await axe(page), [])
  await Promise.all([page.context().close(), principal.context.close()])
})

await story('a principal orders from the phone; the desk gets an incident; a child is given to a verified guardian against a signature', async () => {
  const { page } = await s.phone({ user: 'principal', at })
  for (const i of (await api('GET', '/v1/incidents?state=active')).items) await s.api(token, 'POST', `/v1/incidents/${i.id}/verify`, { result: 'real' }), await s.api(token, 'POST', `/v1/incidents/${i.id}/close`, { disposition: '处置完毕' })
  const before = (await api('GET', '/v1/incidents?limit=1')).items[0].id
  await page.getByRole('button', { name: '有序撤离' }).click()
  await page.getByLabel('集合点').fill('操场东侧')
  await page.getByLabel('原因').fill('食堂燃气泄漏')
  await shoot(page, 'phone-order')
  const hold = page.getByRole('button', { name: /长按 1.5 秒下达 有序撤离/ })
  await hold.scrollIntoViewIfNeeded()
  const spot = await hold.boundingBox()
  await page.mouse.move(spot.x + 40, spot.y + 20)
  await page.mouse.down()
  await wait(1900)
  await page.mouse.up()
  await page.locator('.posture', { hasText: '操场东侧' }).waitFor({ timeout: 5000 })
  const p = await until(() => live(school.id), 3000, 'the posture')
  assert.ok(p.incident_id > before)
  const incident = await api('GET', `/v1/incidents/${p.incident_id}`)
  assert.deepEqual([incident.source, incident.severity, incident.school_id], ['posture', 1, school.id])
  await page.getByRole('button', { name: '家长来接' }).click()
  await page.locator('form.form select').selectOption({ index: 1 })
  await page.getByLabel('学生姓名').fill('王小明')
  await page.getByLabel('家长姓名').fill('王大明')
  await page.getByLabel(/^关系/).fill('父亲')
  await page.getByRole('button', { name: '登记' }).click()
  await page.getByRole('button', { name: '核对身份证' }).click()
  const pad = page.locator('svg.pad')
  await pad.scrollIntoViewIfNeeded()
  const r = await pad.boundingBox()
  await page.mouse.move(r.x + 40, r.y + 30)
  await page.mouse.down()
  for (let i = 1; i < 12; i++) await page.mouse.move(r.x + 40 + i * 18, r.y + 30 + (i % 3) * 25)
  await page.mouse.up()
  await shoot(page, 'phone-pickup')
  await page.getByRole('button', { name: '交给家长' }).click()
  const kept = await until(async () => { const k = (await api('GET', `/v1/postures/${p.id}`)).pickups[0]; return k?.state === 'handed_over' && k }, 4000, 'handed over')
  assert.ok(kept.signature.startsWith('M') && kept.proof === 'id_card')
  const twice = await s.api(token, 'POST', `/v1/postures/${p.id}/pickups`, { class_id: kept.class_id, pupil: '王小明', guardian: '陌生人', relation: '叔叔' })
  assert.equal(twice.status, 409)
  await page.context().close()
})

await story('a drill says so everywhere and gives way to what is real', async () => {
  const other = list[3]
  const order = (verb, drill) => s.api(token, 'POST', '/v1/postures', { school_id: other.id, verb, drill, reason: '月度演练', confirm: other.code })
  for (const p of (await api('GET', `/v1/postures?live=1&school=${other.id}`)).items) await api('POST', `/v1/postures/${p.id}/clear`), await api('POST', `/v1/postures/${p.id}/release`, { side: 'police', note: 'x' })
  const start = await live(other.id)
  if (start) await s.api(s.token('principal'), 'POST', `/v1/postures/${start.id}/release`, { note: 'x' }), await s.api(s.token('supervisor'), 'POST', `/v1/postures/${start.id}/release`, { side: 'school', note: '演练前解除' })
  const drill = await order('lockdown', true)
  assert.equal(drill.status, 201, JSON.stringify(drill.value))
  assert.match(drill.value.text, /^【演练】/)
  await until(() => box.said().includes(`/${other.code}/siren lockdown "【演练】`), 5000, 'the drill at the siren')
  const real = await order('secure', false)
  assert.equal(real.status, 201)
  assert.equal((await api('GET', `/v1/postures/${drill.value.id}`)).state, 'replaced')
  await until(() => new RegExp(`/${other.code}/siren clear`).test(box.said()), 5000, 'the siren has no part in it')
  assert.equal((await order('lockdown', true)).status, 409) // no drill while a real one stands
  const wrong = await s.api(token, 'POST', '/v1/postures', { school_id: other.id, verb: 'hold', reason: 'x', confirm: 'abc' })
  assert.equal(wrong.status, 422)
})

await story('a warning of a threat proposes a posture; nothing is ordered by itself', async () => {
  const other = list[8]
  for (const p of (await api('GET', `/v1/postures?live=1&school=${other.id}`)).items) await api('POST', `/v1/postures/${p.id}/clear`), await api('POST', `/v1/postures/${p.id}/release`, { side: 'police', note: 'x' }), await s.api(s.token('supervisor'), 'POST', `/v1/postures/${p.id}/release`, { side: 'school', note: 'x' })
  const told = await fetch(`${s.base}/v1/hotline`, { method: 'POST', body: JSON.stringify({ school_code: other.code, text: '明天有人要持刀来学校' }) })
  assert.equal(told.status, 201)
  const hit = await until(async () => (await api('GET', '/v1/rule-hits?code=EW-26')).items.find((h) => h.school_id === other.id), 8000, 'the warning')
  assert.equal(hit.draft, 'secure')
  assert.equal(await live(other.id), undefined)
  const { page } = await s.desk()
  await page.goto(`${s.base}/incidents/${hit.incident_id}`)
  await page.getByRole('button', { name: /关门入内 预警建议/ }).click()
  assert.equal(await page.getByRole('radio', { name: '关门入内' }).getAttribute('aria-checked'), 'true')
  await page.context().close()
})

await story('a siren on MQTT and a relay that speaks ONVIF with digest sign-in', async () => {
  const port = await new Promise((done) => { const x = net.createServer().listen(0, '127.0.0.1', () => { const { port } = x.address(); x.close(() => done(port)) }) })
  fs.writeFileSync(`${s.dir}/mosquitto.conf`, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`)
  const broker = spawn('mosquitto', ['-c', `${s.dir}/mosquitto.conf`], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  await wait(500)
  const device = spawn('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(port), '-t', 'school/siren/set'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let heard = ''
  device.stdout.on('data', (b) => { heard += b; execFileSync('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-r', '-t', 'school/siren/state', '-m', String(b).trim().split('\n').at(-1)]) })
  const soap = []
  const relay = http.createServer((q, r) => { // RFC 7616, as cameras ask it
    let body = ''
    q.on('data', (b) => (body += b))
    q.on('end', () => {
      if (!/^Digest .*username="admin"/.test(q.headers.authorization ?? '')) { r.writeHead(401, { 'WWW-Authenticate': 'Digest realm="cam", nonce="n1", qop="auth"' }).end(); return }
      soap.push({ body, type: q.headers['content-type'] })
      r.writeHead(200).end('<ok/>')
    })
  })
  await new Promise((done) => relay.listen(0, '127.0.0.1', done))
  const other = list[10]
  const mqtt = await api('POST', '/v1/outputs', { school_id: other.id, kind: 'siren', name: 'MQTT警笛', verbs: 'lockdown', url: `mqtt://127.0.0.1:${port}/school/siren/set`, body: '{onoff}', check_url: `mqtt://127.0.0.1:${port}/school/siren/state`, check_text: '{onoff}' })
  const onvif = await api('POST', '/v1/outputs', { school_id: other.id, kind: 'light', name: '继电器', verbs: 'lockdown', url: `http://admin:{secret}@127.0.0.1:${relay.address().port}/onvif/device_service`, secret: 'p&w', body: '<s:Envelope><LogicalState>{active}</LogicalState></s:Envelope>' })
  const state = async (id) => (await api('GET', `/v1/outputs?school=${other.id}`)).items.find((o) => o.id === id)
  await api('POST', `/v1/outputs/${mqtt.id}/test`)
  await until(async () => (await state(mqtt.id)).last_state === 'confirmed', 8000, 'the MQTT siren read back')
  await api('POST', `/v1/outputs/${onvif.id}/test`)
  await until(async () => (await state(onvif.id)).last_verb === 'clear' && (await state(mqtt.id)).last_verb === 'clear', 10_000, 'the tests end by themselves')
  await until(() => soap.length >= 2 && /on\n.*off/s.test(heard), 4000, 'both were let go')
  assert.match(soap[0].body, /<LogicalState>active</)
  assert.match(soap.at(-1).body, /<LogicalState>inactive</)
  assert.match(soap[0].type, /soap\+xml/)
  broker.kill()
  device.kill()
  relay.close()
})

await story('a box that is down gets its order when it is back; a newer order overtakes', async () => {
  const other = list[5]
  box.say('down')
  await wait(200)
  const p = await api('POST', '/v1/postures', { school_id: other.id, verb: 'lockdown', reason: '联动箱断线', confirm: other.code }).catch(async (e) => { const x = await live(other.id); if (!x) throw e; return api('POST', '/v1/postures', { school_id: other.id, verb: 'lockdown', reason: '联动箱断线', confirm: other.code, incident_id: null }) })
  await wait(1500)
  box.say('up')
  await until(async () => (await api('GET', `/v1/postures/${p.id}`)).commands.find((k) => k.name === '警笛').state === 'confirmed', 15_000, 'the siren after the box is back')
  const siren = (await api('GET', `/v1/postures/${p.id}`)).commands.find((k) => k.name === '警笛')
  assert.ok(siren.tries > 1)
})

await story('both themes and languages', async () => {
  for (const [theme, lang] of [['light', 'en'], ['dark', 'zh-CN']]) {
    const { page, errors } = await s.desk({ theme, lang })
    await page.goto(`${s.base}/postures`)
    await page.locator('.panel').waitFor()
    await shoot(page, `postures-${theme}-${lang}`)
    assert.deepEqual(await axe(page), [])
    await page.getByRole('tab').nth(2).click()
    await page.locator('input[list]').last().fill(school.name)
    await page.locator('textarea').waitFor()
    await shoot(page, `classes-${theme}-${lang}`)
    assert.deepEqual(errors, [])
    await page.context().close()
  }
  const { page } = await s.phone({ user: 'teacher', at, theme: 'light', lang: 'en' })
  await page.locator('.posture').waitFor()
  await shoot(page, 'phone-posture-light-en')
  await page.context().close()
})
await story('no request left our origin', async () => assert.deepEqual(s.strangers, []))
await finish(s)
