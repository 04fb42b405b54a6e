// Early warning: what the rules find, why, and what the desk does with it. With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = asking(s, token)
const local = new Date(Date.now() + 8 * 3600e3)
const today = local.toISOString().slice(0, 10)
const weekday = (local.getUTCDay() + 6) % 7
const minute = local.getUTCHours() * 60 + local.getUTCMinutes()
const hits = (code) => api('GET', `/v1/rule-hits?code=${code}&quiet=1&limit=500`).then((r) => r.items)
const observe = (school, kind, more = {}) => api('POST', '/v1/observations', { school_id: school, kind, ...more })
const panels = (await api('GET', '/v1/panels?limit=40')).items
const [break_in, armed, calm] = panels

await story('all 36 rules are active, each with a name and an explanation in both languages', async () => {
  const rules = (await api('GET', '/v1/rules')).items
  assert.equal(rules.length, 36)
  for (const r of rules) assert.ok(r.state === 'active' && r.zh && r.en && r.note_zh && r.note_en, r.code)
})

await story('an intrusion and a person on camera within a minute: one incident, its reasons printed', async () => {
  const { page, errors } = await s.desk()
  s.panel(break_in.account, 'intrude', '4')
  await observe(break_in.school_id, 'person', { text: '南门人形' })
  const hit = await until(async () => (await hits('EW-17'))[0], 5000, 'EW-17')
  assert.deepEqual(hit.reasons.filter((r) => r.reason === 'independent').map((r) => r.value), [2])
  assert.equal(hit.score, 2)
  assert.ok(hit.incident_id > 0)
  const incident = await api('GET', `/v1/incidents/${hit.incident_id}`)
  const gate = hit.severity === 1
  assert.equal(incident.severity, gate ? 1 : 2)
  assert.equal((await api('GET', `/v1/incidents?state=active&limit=100`)).items.filter((i) => i.school_id === break_in.school_id).length, 1, 'one incident, not two')
  await page.locator('.queue .row').filter({ hasText: break_in.school }).getByText('可信 2/4').waitFor({ timeout: 3000 })
  await page.locator('.queue .row').filter({ hasText: break_in.school }).click()
  await page.locator('.sheet').getByText('独立来源', { exact: true }).waitFor()
  await page.locator('.sheet').getByText('预警依据').first().waitFor()
  await shoot(page, 'warning-desk')
  await page.goto(`${s.base}/warnings`)
  await page.getByText(`${break_in.school}：`).first().click()
  await page.locator('.explain').getByText('2 个独立来源').waitFor()
  await page.locator('.explain').getByText('外部观测').waitFor()
  await shoot(page, 'warnings-dark-zh')
  await page.locator('.explain input').first().fill('已派人查看')
  await page.getByRole('button', { name: '知悉' }).click()
  await page.locator('.explain').getByText('已派人查看').waitFor()
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a claim of analysis is P2 until a button confirms it; then the same incident is P1', async () => {
  await observe(armed.school_id, 'weapon', { text: '刀具' })
  const single = await until(async () => (await hits('EW-27')).find((h) => h.case_name === 'single'), 5000, 'the claim')
  assert.equal(single.severity, 2)
  s.panel(armed.account, 'press')
  const confirmed = await until(async () => (await hits('EW-27')).find((h) => h.case_name === 'confirmed'), 5000, 'the confirmation')
  assert.equal(confirmed.incident_id, single.incident_id)
  assert.equal((await api('GET', `/v1/incidents/${single.incident_id}`)).severity, 1)
})

await story('a gate that nobody mans comes to the desk by the rule; its missing officer is not told a second time', async () => {
  const posts = (await api('GET', '/v1/posts?county=522325&limit=6')).items
  const [post, other] = posts.slice(4)
  const people = (await api('GET', '/v1/officers?county=522325&limit=400')).items
  const peakAt = (school, begins) => api('POST', '/v1/peaks', { school_id: school, name: '今日高峰', weekdays: 1 << weekday, begins_min: begins, ends_min: Math.min(begins + 40, 1440) })
  const dutyAt = async (where, peak, ids) => {
    for (const id of ids) {
      const r = await s.api(token, 'POST', '/v1/duties', { post_id: where.id, peak_id: peak.id, date: today, person_id: id })
      if (r.status < 300) return r.value
    }
    throw new Error('nobody is free')
  }
  // A county that does not check in is not watched: one officer of it does.
  const officer = (await api('GET', '/v1/people?q=officer')).items.find((p) => p.name === 'officer')
  const mine = await dutyAt(other, await peakAt(other.school_id, Math.min(minute + 40, 1400)), [officer.id])
  const said = await s.api(s.token('officer'), 'POST', '/v1/checkins', { id: crypto.randomUUID(), duty: mine.id, act: 'acknowledge', at: new Date().toISOString() })
  assert.ok(said.status < 300, JSON.stringify(said.value))
  await dutyAt(post, await peakAt(post.school_id, Math.max(1, minute - 6)), people.map((p) => p.id))
  const hit = await until(async () => (await hits('EW-01')).find((h) => h.school_id === post.school_id && h.receiver === 'desk'), 15_000, 'EW-01 at the desk')
  assert.equal(hit.step, 2)
  const incident = await api('GET', `/v1/incidents/${hit.incident_id}`)
  assert.equal(incident.severity, 3)
  assert.equal(incident.title, '护学岗高峰前无人')
  assert.match(incident.title_en, /^[A-Za-z ]+$/) // each language by itself
  const short = (await hits('EW-03')).filter((h) => h.school_id === post.school_id)
  assert.ok(short.every((h) => h.quiet === 'hidden' && h.hidden_by === 'EW-01'), JSON.stringify(short))
})

await story('a rule is changed in the console: the fault has its line, the past is played, another person signs', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/warnings`)
  await page.getByRole('tab', { name: '规则' }).click()
  await page.getByRole('row', { name: /EW-26/ }).click()
  const box = page.locator('textarea')
  await until(async () => (await box.inputValue()).includes('rule EW-26'), 3000, 'the text')
  const text = await box.inputValue()
  await box.fill(text.replace('severity 2', 'severity 9'))
  await page.getByRole('button', { name: '回放', exact: true }).click()
  await page.getByRole('alert').getByText(/第 \d+ 行：须是 1 到 4 的整数/).waitFor()
  await observe(calm.school_id, 'tip', { text: '有人带了臭弹' })
  await box.fill(text.replaceAll('"炸"', '"臭弹", "炸"'))
  await page.getByRole('button', { name: '回放', exact: true }).click()
  await page.getByText(/会触发 1 次/).waitFor({ timeout: 20_000 })
  await shoot(page, 'warning-rule-dark-zh')
  await page.locator('input[aria-label="为何改动"]').first().fill('新的说法')
  await page.getByRole('button', { name: '存为草案' }).click()
  await page.getByText('草案 2').first().waitFor({ timeout: 20_000 })
  assert.ok(await page.getByRole('button', { name: '签署生效' }).isDisabled(), 'nobody signs their own')
  const draft = (await api('GET', '/v1/rules')).items.find((r) => r.code === 'EW-26' && r.state === 'draft')
  assert.equal((await s.api(s.token('supervisor'), 'POST', `/v1/rules/${draft.id}/sign`)).status, 403)
  assert.equal((await hits('EW-26')).length, 0)
  await api('POST', `/v1/rules/${draft.id}/sign`)
  await page.getByText('生效 2').first().waitFor({ timeout: 5000 })
  await observe(calm.school_id, 'tip', { text: '又是臭弹' })
  const hit = await until(async () => (await hits('EW-26'))[0], 5000, 'the changed rule')
  assert.equal(hit.edition, 2)
  assert.deepEqual(errors.filter((e) => !e.includes('422')), [])
  await page.context().close()
})

await story('a warning appears on an open page by itself, and goes when its cause goes', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/warnings`)
  await page.locator('tbody tr').first().waitFor()
  await observe(panels[7].school_id, 'visitor', { ref: 'V-live', until_at: new Date(Date.now() - 3600e3).toISOString() })
  await page.getByText('访客 V-live 超时15分钟').waitFor({ timeout: 5000 })
  await observe(panels[7].school_id, 'visitor_left', { ref: 'V-live' })
  await page.getByText('访客 V-live 超时15分钟').waitFor({ state: 'detached', timeout: 5000 })
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a rule is set aside at one school, never one that may reach P1', async () => {
  const rules = (await api('GET', '/v1/rules')).items
  const id = (code) => rules.find((r) => r.code === code && r.state === 'active').id
  assert.equal((await s.api(token, 'POST', `/v1/rules/${id('EW-24')}/shelve`, { reason: 'x' })).status, 409)
  const shelf = await api('POST', `/v1/rules/${id('EW-20')}/shelve`, { reason: '运动会', school_id: calm.school_id })
  await observe(calm.school_id, 'outflow', { value: 20 })
  await observe(armed.school_id, 'outflow', { value: 20 })
  await until(async () => (await hits('EW-20')).length === 2, 5000, 'both')
  assert.deepEqual((await hits('EW-20')).map((h) => [h.school_id === calm.school_id, h.quiet]).sort(), [[false, ''], [true, 'shelved']])
  await api('DELETE', `/v1/rule-shelves/${shelf.id}`)
  assert.equal((await api('GET', '/v1/rule-shelves')).items.length, 0)
})

await story('a source by token may observe and nothing else', async () => {
  const admin = (await api('GET', '/v1/people?q=admin')).items.find((p) => p.name === 'admin')
  const org = (await api('GET', `/v1/people/${admin.id}`)).grants[0].org_id
  const source = await api('POST', '/v1/people', { name: 'analytics', full_name: '视频分析', kind: 'device' })
  await api('POST', `/v1/people/${source.id}/grants`, { role: 'source', org_id: org })
  const theirs = s.token('analytics')
  assert.equal((await s.api(theirs, 'POST', '/v1/observations', { school_id: calm.school_id, kind: 'inside', value: 40, sigma: 3.5 })).status, 201)
  assert.equal((await s.api(theirs, 'POST', '/v1/observations', { school_id: calm.school_id, kind: 'nonsense' })).status, 422)
  assert.equal((await s.api(theirs, 'POST', '/v1/observations', { school_id: 1, kind: 'inside' })).status, 404)
  assert.equal((await s.api(theirs, 'GET', '/v1/rule-hits')).status, 403)
  await until(async () => (await hits('EW-21')).length === 1, 5000, 'EW-21')
})

await story('a flood: P1 stays on top, the rest is a line a county, the load shows it', async () => {
  const { page, errors } = await s.desk()
  const schools = (await api('GET', '/v1/schools?county=522301&limit=20')).items
  for (const school of schools.slice(0, 14)) await api('POST', '/v1/incidents', { school: school.id, title: '打架', class: 'fight', severity: 3, story: '洪峰测试' })
  await page.locator('.flood').waitFor({ timeout: 5000 })
  await page.locator('.group summary').filter({ hasText: '兴义市' }).waitFor()
  const rows = await page.locator('.queue .row').allTextContents()
  assert.ok(rows.length >= 1 && rows.length <= 4, `P1 and the chosen one: ${rows.length}`)
  await page.locator('.group summary').first().click()
  await shoot(page, 'warning-flood')
  await until(async () => (await hits('EW-35')).length >= 1, 5000, 'EW-35')
  await page.goto(`${s.base}/warnings`)
  await page.getByRole('tab', { name: '值守负荷' }).click()
  await page.getByText('最忙的十分钟').waitFor()
  await page.locator('section').filter({ hasText: '洪峰' }).getByText('兴义市').first().waitFor()
  await shoot(page, 'warning-load-dark-zh')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a red rainstorm alert in CAP reaches the schools in its area once, and is taken back by its cancel', async () => {
  const stamp = (ms) => new Date(ms + 8 * 3600e3).toISOString().slice(0, 19) + '+08:00'
  const text = fs.readFileSync(new URL('../../src/proto/cap/vectors/rainstorm.xml', import.meta.url), 'utf8').replace('2026-07-01T14:00:00+08:00', stamp(Date.now() + 3600e3)).replace(/<circle>.*<\/circle>/, '').replace('<geocode><valueName>行政区划代码</valueName><value>522328</value></geocode>', '')
  const send = (body) => fetch(`${s.base}/v1/bulletins`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/cap+xml' }, body }).then(async (r) => ({ status: r.status, value: await r.json() }))
  const taken = await send(text)
  assert.equal(taken.status, 201, JSON.stringify(taken.value))
  assert.equal((await send(text)).value.id, taken.value.id, 'the same alert once')
  const [schools, box] = [(await api('GET', '/v1/schools?limit=5000')).items, (x) => x.lat > 25.2 && x.lat < 25.6 && x.lon > 105.4 && x.lon < 105.9]
  assert.equal(taken.value.schools, schools.filter(box).length)
  const told = await until(async () => { const h = await hits('EW-28'); return h.length >= Math.min(500, taken.value.schools) && h }, 10_000, 'EW-28')
  assert.ok(told.every((h) => h.zh.includes('暴雨红色预警信号')))
  assert.ok(told.some((h) => h.quiet === 'folded') && told.some((h) => h.quiet === ''))
  const refused = await send(text.replace('Extreme', 'Terrible'))
  assert.equal(refused.status, 422)
  assert.match(refused.value.detail, /severity may not be "Terrible"/)
  const cancel = text.replace('<identifier>', '<identifier>C').replace('<msgType>Alert', '<msgType>Cancel').replace('<scope>Public</scope>', `<scope>Public</scope><references>qxn-weather.example,52230041600000_20260701080000,2026-07-01T08:00:00+08:00</references>`)
  assert.equal((await send(cancel)).status, 201)
  await until(async () => (await hits('EW-28')).every((h) => h.state === 'cleared'), 10_000, 'taken back')
})

await story('an incident goes out as CAP and in the feed; a drill is an exercise', async () => {
  const raw = (where) => fetch(s.base + where, { headers: { Authorization: `Bearer ${token}` } }).then(async (r) => ({ type: r.headers.get('content-type'), text: await r.text() }))
  const school = (await api('GET', '/v1/schools?limit=1')).items[0]
  const drill = await api('POST', '/v1/incidents', { school: school.id, title: '消防 <演习> & 疏散', class: 'fire', severity: 1, drill: true })
  const cap = await raw(`/v1/incidents/${drill.id}/cap`)
  assert.match(cap.type, /application\/cap\+xml/)
  assert.match(cap.text, /<status>Exercise<\/status>[\s\S]*<category>Fire<\/category>[\s\S]*<event>消防 &lt;演习&gt; &amp; 疏散<\/event>[\s\S]*<circle>/)
  const feed = await raw('/v1/cap/feed')
  assert.match(feed.text, new RegExp(`/v1/incidents/${drill.id}/cap`))
  // What we write is an alert that we would take: as an exercise, it tells the schools within its circle.
  const back = await fetch(`${s.base}/v1/bulletins`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/cap+xml' }, body: cap.text })
  assert.equal(back.status, 201, await back.clone().text())
  assert.ok((await back.json()).schools < 5, 'the school and what lies within 300 m, not its county')
  const hit = await until(async () => (await hits('EW-28')).find((h) => h.school_id === school.id && h.state === 'open'), 5000, 'the exercise')
  assert.ok(hit.drill)
})

await story('anybody tells without an account; words of threat ring, the desk settles the rest; a flood of messages is slowed down', async () => {
  const page = await (await s.browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, locale: 'zh-CN' })).newPage()
  const school = (await api('GET', '/v1/schools?limit=3')).items[2]
  await page.goto(`${s.base}/m/tell?s=${school.code}`)
  await page.locator('textarea').fill('明天有人要持刀来学校')
  await shoot(page, 'tell-dark-zh')
  await page.getByRole('button', { name: '发送' }).tap()
  await page.getByText('已收到，谢谢').waitFor()
  await page.getByText(school.name).waitFor()
  const hit = await until(async () => (await hits('EW-26')).find((h) => h.zh.includes('持刀')), 5000, 'the threat')
  assert.equal(hit.school_id, school.id)
  assert.ok(hit.incident_id > 0)
  const sms = await api('POST', '/v1/hotline/sms', { from: '13800000000', text: `${school.name}门口有人摆摊` })
  assert.equal(sms.school, school.name)
  const tell = (n) => fetch(`${s.base}/v1/hotline`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text: `第 ${n} 条消息` }) })
  let slowed = null
  for (let n = 0; n < 8 && !slowed; n++) { const r = await tell(n); if (r.status === 429) slowed = await r.json() }
  assert.match(slowed.detail, /110/)
  const { page: desk, errors } = await s.desk()
  await desk.goto(`${s.base}/warnings`)
  await desk.getByRole('tab', { name: '举报' }).click()
  const row = desk.getByRole('row', { name: /摆摊/ })
  await shoot(desk, 'warning-hotline-dark-zh')
  await row.getByRole('textbox').fill('已劝离')
  await row.getByRole('button', { name: '处理完毕' }).click()
  await row.waitFor({ state: 'detached' })
  await desk.getByRole('tab', { name: '灾害预警' }).click()
  await desk.getByText('贞丰县气象台发布暴雨红色预警信号').first().click()
  await desk.getByText('学校停止户外活动').waitFor()
  await shoot(desk, 'warning-bulletins-dark-zh')
  assert.deepEqual(await axe(desk), [])
  assert.deepEqual(errors, [])
  await desk.context().close()
  await page.context().close()
})

await story('whom a warning goes to first gets the message: the leader of that school and of no other', async () => {
  const officer = (await api('GET', '/v1/people?q=officer')).items.find((p) => p.name === 'officer')
  await api('POST', '/v1/receivers', { name: officer.full_name, person_id: officer.id, level: 7, severity: 4, channels: 'app' })
  const theirs = (await s.api(s.token('officer'), 'GET', '/v1/schools?limit=5000')).value.items.map((x) => x.id)
  const other = (await api('GET', '/v1/schools?limit=5000')).items.find((x) => !theirs.includes(x.id))
  assert.ok(theirs.length > 0 && other)
  await observe(other.id, 'inside', { value: 90, sigma: 4 })
  await observe(theirs[0], 'inside', { value: 33, sigma: 4 })
  const mine = () => s.api(s.token('officer'), 'GET', '/v1/deliveries/mine').then((r) => r.value.items.filter((d) => d.text?.includes('EW-21') || d.zh?.includes('EW-21')))
  const got = await until(async () => { const m = await mine(); return m.length > 0 && m }, 8000, 'the message')
  assert.equal(got.length, 1)
  assert.ok(JSON.stringify(got[0]).includes('还有 33 人'), JSON.stringify(got[0]))
})

await story('what would fail today: a button that was tested is off the list, one that was not is on it', async () => {
  const light = await s.desk({ theme: 'light', lang: 'en' })
  const { page } = light
  await page.goto(`${s.base}/warnings`)
  await page.getByRole('tab', { name: 'Daily proof' }).click()
  await page.getByText('What would fail today').waitFor()
  const failing = async () => (await api('GET', '/v1/proofs/now')).items.filter((i) => i.path === 'button').map((i) => `${i.name} ${i.reason}`)
  assert.ok((await failing()).includes(`${break_in.account} never_tested`))
  s.panel(break_in.account, 'test')
  await until(async () => !(await failing()).some((x) => x.startsWith(break_in.account)), 5000, 'the tested button')
  await page.getByRole('button', { name: 'Look again' }).click()
  await shoot(page, 'warning-proof-light-en')
  await page.getByRole('tab', { name: 'Rules' }).click()
  await page.getByRole('row', { name: /EW-17/ }).click()
  await page.getByRole('button', { name: 'Play back' }).click()
  await page.getByText(/it would have fired/).waitFor({ timeout: 20_000 })
  await shoot(page, 'warning-rule-light-en')
  assert.deepEqual(await axe(page), [])
  await page.getByRole('tab', { name: 'Warnings', exact: true }).click()
  await shoot(page, 'warnings-light-en')
  assert.deepEqual(light.errors, [])
  await page.context().close()
})

await story('no request left our origin, and the rules said nothing was wrong with them', async () => {
  assert.deepEqual(s.strangers, [])
  assert.ok(!/warning\.(rule|store|memory|feed)/.test(s.log()), s.log().split('\n').filter((l) => l.includes('warning.')).slice(0, 5).join('\n'))
  assert.ok(!fs.readFileSync(`${s.dir}/huxued.log`, 'utf8').includes('journal.follower'))
})

await finish(s)
