// Lessons, drills, and the figures that they end in. With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { stand } from './stand.mjs'
import { axe, finish, shoot, story, until } from './story.mjs'

const s = await stand()
const token = s.token('admin')
const api = async (method, path, body) => {
  const r = await s.api(token, method, path, body)
  assert.ok(r.status < 300, `${method} ${path}: ${JSON.stringify(r.value)}`)
  return r.value
}
const today = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10)
const count = async (figure, query) => (await api('GET', `/v1/reports?${query}`)).figures.find((f) => f.figure === figure).count
const planning = (page) => page.getByRole('form', { name: '安排' })
const number = async (page, label) => Number((await page.locator('.figure').filter({ hasText: label }).first().locator('strong').textContent()).replaceAll(',', ''))

await story('the August report counts as the article does, opens its rows, and is kept as it was', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/reports?as_of=2022-08-31`)
  await page.locator('.figure').first().waitFor()
  const said = { 学校: [1144, 1144], 护学岗: [1144, 1144], 警务岗亭: [178, 178], 群防群治: [9301, 9399], 巡逻: [6201, 6299], 法治副校长: [1001, 1099], 法治课: [2601, 2699], 警方指导演练: [1301, 1399] }
  for (const [label, [low, high]] of Object.entries(said)) {
    const n = await number(page, label)
    assert.ok(n >= low && n <= high, `${label}: ${n}`)
  }
  await page.getByText('设置率 100.0%').waitFor()
  await page.locator('.figure').filter({ hasText: '巡逻' }).click()
  await page.locator('table.rows tr').nth(199).waitFor()
  await shoot(page, 'reports')
  const all = await api('GET', '/v1/reports/rows?figure=patrol&as_of=2022-08-31&limit=5000')
  const rest = await api('GET', `/v1/reports/rows?figure=patrol&as_of=2022-08-31&limit=5000&after=${all.items.at(-1).id}`)
  assert.equal(all.items.length + rest.items.length, await count('patrol', 'as_of=2022-08-31'))
  await page.getByRole('button', { name: '存档' }).click()
  await page.getByText(/已存档 №/).first().waitFor()
  assert.match((await api('GET', '/v1/reports/kept')).items[0].digest, /^[0-9a-f]{64}$/)
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a trend of twelve months, another date beside, counties in order; a monthly report is kept by itself, once', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/reports?as_of=2022-08-31`)
  await page.locator('.figure').filter({ hasText: '巡逻' }).click()
  await page.locator('svg.trend rect.now').waitFor()
  const trend = (await api('GET', '/v1/reports/trend?figure=patrol&as_of=2022-08-31')).items
  assert.deepEqual([trend.length, trend[0].as_of, trend[11].as_of, trend[12].as_of], [13, '2021-08-31', '2022-07-31', '2022-08-31'])
  for (const p of [trend[11], trend[12]]) assert.equal(p.count, await count('patrol', `as_of=${p.as_of}`))
  await page.getByLabel('对比').fill('2022-05-31')
  const before = await count('patrol', 'as_of=2022-05-31')
  await page.locator('.figure').filter({ hasText: '巡逻' }).getByText(`对比 +${(trend[12].count - before).toLocaleString('en')}`).waitFor()
  await page.getByRole('button', { name: '巡逻', exact: true }).click()
  await page.getByLabel('每百校').check()
  const league = await page.locator('section').first().locator('tbody').first().locator('tr td:nth-child(7)').evaluateAll((cells) => cells.map((c) => Number(c.firstChild.textContent.replace(',', ''))))
  assert.equal(league.length, 8)
  assert.deepEqual(league, [...league].sort((a, b) => b - a))
  await page.getByLabel('名称，如“安全月报”').fill('安全月报')
  await page.locator('form').getByRole('button', { name: '新增' }).click()
  await page.getByText('安全月报').waitFor()
  await shoot(page, 'reports-trend')
  assert.deepEqual(await axe(page), [])
  const plan = (await api('GET', '/v1/reports/plans')).items[0]
  assert.match(new Date(Date.parse(plan.next_at) + 8 * 3600e3).toISOString(), /-01T06:00:00/)
  execFileSync('sqlite3', [`${s.data}/huxue.db`, '.timeout 3000', `UPDATE report_plan SET next_at = ${Date.now() - 86400e3 * 40}`]) // the month is over
  const made = await until(async () => (await api('GET', '/v1/reports/kept')).items.find((k) => k.plan === '安全月报'), 30_000, 'the report of the month')
  const body = (await api('GET', `/v1/reports/kept/${made.id}`)).body
  assert.match(body.since, /-01$/)
  assert.equal(new Date(Date.parse(`${body.as_of}T00:00:00Z`) + 86400e3).getUTCDate(), 1, 'to the month\'s last day')
  const later = (await api('GET', '/v1/reports/plans')).items[0]
  assert.ok(Date.parse(later.next_at) > Date.now() && later.report_id === made.id)
  assert.equal((await api('GET', '/v1/reports/kept')).items.filter((k) => k.plan === '安全月报').length, 1)
  await page.getByRole('button', { name: '停止' }).click()
  await until(async () => (await api('GET', '/v1/reports/plans')).items.length === 0, 3000, 'the plan ended')
  await page.reload()
  await page.locator('tr.link').filter({ hasText: '安全月报' }).waitFor() // what was kept stays, with the plan's name
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('measures of the week: what the gates of each day say, their map, and the rows that were not so', async () => {
  const monday = new Date(Date.now() + 8 * 3600e3 - ((new Date(Date.now() + 8 * 3600e3).getUTCDay() + 6) % 7) * 86400e3).toISOString().slice(0, 10)
  const ended = monday < today // on a Monday no day of the week is over
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/reports?as_of=${today}`)
  await page.locator('.measure').nth(6).waitFor()
  if (ended) {
    const r = await api('GET', `/v1/reports?as_of=${monday}&since=${monday}`)
    const day = (await api('GET', `/v1/coverage?date=${monday}`)).totals
    for (const [measure, total] of [['presence', 'presence'], ['on_time', 'on_time'], ['managed', 'management']]) {
      const m = r.measures.find((x) => x.measure === measure)
      assert.deepEqual([m.part, m.whole], [day[total].part, day[total].whole], measure)
      assert.ok(m.part > 0 && m.part < m.whole)
    }
    await page.getByLabel('起', { exact: true }).fill(monday)
    await page.locator('.measure').filter({ hasText: '按时到岗率' }).click()
    await page.locator('svg.map path').nth(7).waitFor()
    const whole = (await api('GET', `/v1/reports?as_of=${today}&since=${monday}`)).measures.find((x) => x.measure === 'on_time')
    let missed = 0
    for (let after = 0, got; (got = (await api('GET', `/v1/reports/rows?figure=on_time&missed=1&as_of=${today}&since=${monday}&limit=1000&after=${after}`)).items).length; after = got.at(-1).id) missed += got.length
    assert.equal(missed, whole.whole - whole.part)
    await page.locator('table.rows tr').first().getByText(/迟|无/).waitFor()
    await shoot(page, 'reports-measure')
    await page.locator('svg.map path').nth(4).click()
    await page.getByLabel('县内').selectOption('station')
    await page.locator('tr.area').first().waitFor()
    await shoot(page, 'reports-stations')
  }
  assert.equal((await s.api(token, 'GET', '/v1/reports?by=planet')).status, 422)
  assert.deepEqual(await axe(page), [])
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a kept report is compared with the records row by row: a change behind its back shows', async () => {
  const kept = await api('POST', '/v1/reports', { as_of: '2022-08-31' })
  assert.equal((await api('GET', `/v1/reports/kept/${kept.id}/check`)).same, true)
  execFileSync('sqlite3', [path.join(s.dir, 'data/huxue.db'), "PRAGMA busy_timeout = 3000; UPDATE drill SET title = title || '改' WHERE id = (SELECT min(id) FROM drill WHERE date < '2022-08-01' AND timeline <> '')"])
  const check = await api('GET', `/v1/reports/kept/${kept.id}/check`)
  assert.equal(check.same, false)
  assert.deepEqual(check.figures.filter((f) => !f.same).map((f) => f.figure), ['drill', 'drill_guided'])
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/reports`)
  await page.getByRole('link', { name: `№ ${kept.id}` }).click()
  await page.getByText('存档后记录有变动：演练、警方指导演练').waitFor()
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('the figures as PDF and spreadsheet say what the screen says', async () => {
  const fetched = async (kind, more) => { const r = await fetch(`${s.base}/v1/reports/${kind}?as_of=2022-08-31${more}`, { headers: { Authorization: `Bearer ${token}` } }); return { status: r.status, bytes: Buffer.from(await r.arrayBuffer()) } }
  const pdf = await fetched('pdf', '&figure=sentry_box&lang=zh')
  assert.equal(pdf.status, 200, pdf.bytes.toString().slice(0, 300))
  fs.writeFileSync(path.join(s.dir, 'r.pdf'), pdf.bytes)
  const text = execFileSync('pdftotext', ['-layout', path.join(s.dir, 'r.pdf'), '-']).toString().replace(/\s+/g, '')
  for (const part of ['校园安全工作统计', '截至2022-08-31', '学校1144', '警务岗亭178', '分县市', '兴义市381', '三、达标情况', '见警率', '四、明细：警务岗亭']) assert.ok(text.includes(part), part)
  const xlsx = await fetched('xlsx', '&figure=sentry_box&lang=en')
  fs.writeFileSync(path.join(s.dir, 'r.xlsx'), xlsx.bytes)
  const sheet = execFileSync('python3', ['-c', `import zipfile,re,sys
z=zipfile.ZipFile(sys.argv[1]); s=re.findall('<t[^>]*>([^<]*)</t>', z.read('xl/sharedStrings.xml').decode()); print('|'.join(s)); print(z.read('xl/worksheets/sheet1.xml').decode()); print(z.read('xl/worksheets/sheet4.xml').decode().count('<row '))`, path.join(s.dir, 'r.xlsx')]).toString()
  for (const part of ['Sentry boxes', 'Xingyi', '<v>1144</v>', '<v>178</v>']) assert.ok(sheet.includes(part), part)
  assert.equal(Number(sheet.trim().split('\n').pop()), 179) // a head and every box
  assert.equal((await fetched('xlsx', '&figure=nonsense')).status, 422)
  assert.equal((await fetch(`${s.base}/v1/reports/pdf`)).status, 401)
})

await story('a lesson is planned, held with evidence, counted, and withdrawn: earlier knowledge keeps its figure', async () => {
  const { page, errors } = await s.desk({ user: 'supervisor' })
  await page.goto(`${s.base}/lessons`)
  const school = (await api('GET', '/v1/schools?county=522325&limit=1')).items[0]
  const officer = (await api('GET', '/v1/officers?county=522325&limit=1')).items[0]
  await page.locator('datalist#lesson-officers option').first().waitFor({ state: 'attached' })
  const before = await count('lesson', `as_of=${today}`)
  await page.getByPlaceholder('题目').fill('反诈骗进校园')
  await planning(page).getByPlaceholder('学校').fill(school.name)
  await planning(page).getByPlaceholder('主讲民警').fill(`${officer.full_name} ${officer.id}`)
  await page.getByRole('button', { name: '安排' }).click()
  const row = page.locator('tr').filter({ hasText: '反诈骗进校园' }).first()
  await row.getByText('待开课').waitFor()
  assert.equal(await count('lesson', `as_of=${today}`), before)
  await row.getByRole('button', { name: '已开课' }).click()
  await row.getByPlaceholder('人数').fill('320')
  await row.getByPlaceholder(/佐证/).fill('签到表 2026-11-24-01')
  await row.getByRole('button', { name: '已开课' }).click()
  await row.getByText('签到表').waitFor()
  assert.equal(await count('lesson', `as_of=${today}`), before + 1)
  await shoot(page, 'lessons')
  const then = new Date().toISOString()
  await new Promise((d) => setTimeout(d, 50))
  page.once('dialog', (d) => d.accept('误录'))
  await row.getByRole('button', { name: '撤销' }).click()
  await row.getByText('已撤销').waitFor()
  assert.equal(await count('lesson', `as_of=${today}`), before)
  assert.equal(await count('lesson', `as_of=${today}&known_at=${then}`), before + 1)
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a person is vice principal of two schools at most; a gap closes when somebody is appointed', async () => {
  const schools = (await api('GET', '/v1/schools?county=522325&limit=5')).items
  const taken = new Set((await api('GET', '/v1/appointments?limit=5000')).items.map((a) => a.person_id))
  const free = (await api('GET', '/v1/officers?county=522325&limit=500')).items.find((o) => !taken.has(o.id))
  for (const x of schools.slice(0, 2)) await api('POST', '/v1/appointments', { school_id: x.id, person_id: free.id, from_date: today })
  const third = await s.api(token, 'POST', '/v1/appointments', { school_id: schools[2].id, person_id: free.id, from_date: today })
  assert.deepEqual([third.status, /at most 2/.test(third.value.detail)], [409, true])
})

await story('the first lesson of the term: who is missing is planned with a click, and counts once it was held; the certificate is a PDF', async () => {
  const { page, errors } = await s.desk({ user: 'supervisor' })
  await page.goto(`${s.base}/lessons`)
  const card = page.getByRole('region', { name: '开学第一课' })
  const missing = card.locator('table').nth(1).locator('tr')
  await missing.first().waitFor()
  const name = await missing.first().locator('a').textContent()
  const of = async () => (await api('GET', '/v1/lessons/campaign')).counties.find((c) => c.county === '522325')
  const before = await of()
  await missing.first().locator('a').click()
  assert.equal(await planning(page).getByPlaceholder('学校').inputValue(), name)
  assert.equal(await planning(page).locator('select').inputValue(), 'first_lesson')
  const officer = (await api('GET', '/v1/officers?county=522325&limit=1')).items[0]
  await page.getByPlaceholder('题目').fill('开学第一课')
  await planning(page).getByPlaceholder('主讲民警').fill(`${officer.full_name} ${officer.id}`)
  await page.getByRole('button', { name: '安排' }).click()
  await card.getByText(`已安排 ${today}`).first().waitFor()
  assert.equal((await of()).planned, before.planned + 1)
  const lesson = (await api('GET', '/v1/lessons?county=522325&state=planned')).items.find((l) => l.title === '开学第一课')
  await api('POST', `/v1/lessons/${lesson.id}/hold`, { audience: 300, minutes: 40, evidence: '签到表 9' })
  assert.deepEqual([(await of()).held, (await of()).planned], [before.held + 1, before.planned])
  await card.locator('table').nth(1).getByText(name, { exact: true }).waitFor({ state: 'detached' })
  await shoot(page, 'lessons-campaign')
  assert.deepEqual(await axe(page), [])
  const appointment = (await api('GET', '/v1/appointments?county=522325&limit=1')).items[0]
  const r = await fetch(`${s.base}/v1/appointments/${appointment.id}/certificate`, { headers: { Authorization: `Bearer ${token}` } })
  fs.writeFileSync(path.join(s.dir, 'c.pdf'), Buffer.from(await r.arrayBuffer()))
  const text = execFileSync('pdftotext', ['-layout', path.join(s.dir, 'c.pdf'), '-']).toString().replace(/\s+/g, '')
  for (const part of ['法治副校长聘书', appointment.person.replace(/\s+/g, ''), appointment.school, appointment.from_date]) assert.ok(text.includes(part), part)
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a due drill is planned, closed with an action, and leaves the list of the due', async () => {
  const { page, errors } = await s.desk({ user: 'supervisor' })
  await page.goto(`${s.base}/drills`)
  const due = page.locator('section').first().locator('tbody tr')
  await due.first().waitFor()
  const name = await due.first().locator('a').textContent()
  await due.first().locator('a').click()
  await page.getByPlaceholder('名称').fill('两名持汽油瓶者闯入')
  await page.getByRole('button', { name: '安排' }).click()
  await page.getByRole('tab', { name: '复盘' }).click()
  await page.locator('form.form').waitFor()
  await page.getByLabel('参加人数').fill('640')
  await page.getByLabel(/疏散用时/).fill('115')
  await page.getByLabel('经过').fill('08:00 一键报警；08:01 盾叉阻隔；08:04 民警到场分两组；08:09 解除')
  await page.getByLabel('点评').fill('报警及时，东侧通道拥堵')
  await page.getByRole('button', { name: '加一项整改' }).click()
  await page.getByPlaceholder('整改事项').fill('东侧通道加派引导员')
  await page.getByPlaceholder('责任人').fill('安全主任')
  await page.locator('form.form').getByRole('button', { name: '归档' }).click()
  await page.locator('.action').getByText('东侧通道加派引导员').waitFor()
  await shoot(page, 'drills')
  await page.getByPlaceholder('佐证或理由').fill('照片 3')
  await page.locator('.action').getByRole('button', { name: '完成' }).click()
  await page.locator('.action .tag.on').waitFor()
  assert.equal((await api('GET', '/v1/drills/due?county=522325')).items.some((x) => x.name === name), false)
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('a label is found, a faulty shield makes its kit incomplete at once, and a police room is entered', async () => {
  const { page, errors } = await s.desk({ user: 'supervisor' })
  await page.goto(`${s.base}/equipment`)
  const whole = (await api('GET', '/v1/equipment/kits?county=522325')).items.find((k) => !k.short.length && !k.expiring && !k.unchecked)
  const shield = (await api('GET', `/v1/equipment?school=${whole.id}`)).items.find((x) => x.kind === 'shield')
  await page.getByPlaceholder('标签编号').first().fill(shield.code)
  await page.locator('header').getByRole('button', { name: '查找' }).last().click()
  const item = page.locator('.item').filter({ hasText: shield.code })
  await item.getByRole('button', { name: '故障' }).click()
  await page.getByText('先写情况或理由').first().waitFor()
  await item.getByPlaceholder('情况说明').fill('把手开裂')
  await item.getByRole('button', { name: '故障' }).click()
  await item.locator('.tag.bad').waitFor()
  await page.locator('tr.on').getByText(/缺 盾牌/).waitFor()
  const room = page.locator('section').nth(2)
  await room.locator('select').selectOption('police_room')
  await room.locator('input[list]').fill(whole.name)
  await room.getByPlaceholder('名称').fill('校园警务室一号')
  await room.getByRole('button', { name: '新增' }).click()
  await room.getByText('校园警务室一号').waitFor()
  assert.equal(await count('police_room', `as_of=${today}`), 1)
  await shoot(page, 'equipment')
  assert.deepEqual(errors, [])
  await page.context().close()
})

await story('figures, lessons, drills, equipment: both themes and languages, clean for axe', async () => {
  for (const [theme, lang] of [['dark', 'zh-CN'], ['light', 'en']]) {
    const { page, errors } = await s.desk({ theme, lang })
    for (const name of ['reports?as_of=2022-08-31', 'lessons', 'drills', 'equipment']) {
      await page.goto(`${s.base}/${name}`)
      await page.waitForTimeout(700)
      if (name === 'equipment') await page.locator('section').nth(2).locator('tbody tr').nth(10).waitFor() // also when the schools come after the boxes
      assert.deepEqual(await axe(page), [], `${name} ${theme}`)
      await shoot(page, `${name.split('?')[0]}-${theme}-${lang}`)
    }
    assert.deepEqual(errors, [])
    await page.context().close()
  }
})

await story('no request left our origin', () => assert.deepEqual(s.strangers, []))
await finish(s)
