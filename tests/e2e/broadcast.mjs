// A live lesson: three class screens and two phones join by a code, see the picture, answer, ask, and win prizes that can be computed again.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until } from './story.mjs'

const s = await stand({ nodes: 1 })
const token = s.token('admin')
const api = asking(s, token)
await s.nvr(733, 2)
const recorder = (await api('GET', '/v1/recorders?limit=5000')).items.find((r) => r.code.endsWith('000733'))
const camera = (await api('GET', `/v1/cameras?school=${recorder.school_id}`)).items[0]
const school = await api('GET', `/v1/schools/${recorder.school_id}`)
const officer = (await api('GET', '/v1/officers?limit=1')).items[0]
const lesson = await api('POST', '/v1/lessons', { school_id: school.id, person_id: officer.id, title: '开学法治第一课', kind: 'first_lesson', date: new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10), begins_min: 540, minutes: 40 })
let id = 0
let code = ''
const full = () => api('GET', `/v1/broadcasts/${id}`)
const free = async (method, where, body) => { const r = await fetch(s.base + where, { method, headers: { 'Content-Type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) }); return { status: r.status, value: await r.json() } }
const seats = []
async function classPage({ width, height, mobile = false, lang = 'zh-CN', theme = 'dark' }) {
  const context = await s.browser.newContext({ viewport: { width, height }, hasTouch: mobile, isMobile: mobile, deviceScaleFactor: mobile ? 2 : 1, locale: 'zh-CN' })
  await context.addInitScript(([l, t]) => { localStorage.setItem('huxue.lang', l); localStorage.setItem('huxue.theme', t) }, [lang, theme])
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', (e) => errors.push(String(e)))
  await page.goto(`${s.base}/m/class?c=${code}`)
  return { page, errors }
}
const desk = await s.desk({ user: 'supervisor' })
const host = desk.page

await story('a live lesson is made with a picture and four kinds of questions', async () => {
  await host.goto(`${s.base}/lessons`)
  await host.getByRole('link', { name: '直播课' }).click()
  await host.getByPlaceholder('题目').fill('开学法治第一课')
  await host.getByPlaceholder('录播室所在学校').fill(school.name)
  await host.getByLabel('录播室画面').selectOption(String(camera.id))
  await host.getByLabel('对应的法治课').selectOption(String(lesson.id))
  await host.getByRole('button', { name: '新建直播课' }).click()
  await host.locator('strong.code').waitFor()
  id = Number(new URL(host.url()).pathname.split('/').pop())
  code = await host.locator('strong.code').textContent()
  assert.match(code, /^\d{6}$/)
  await host.getByRole('button', { name: '出题' }).click()
  const box = host.locator('fieldset').first()
  await box.getByLabel('问题').fill('被同学长期辱骂，应该怎么做？')
  for (const [l, text] of [['A', '忍着不说'], ['B', '告诉老师和家长'], ['C', '打回去'], ['D', '保留证据，拨打110']]) await box.getByLabel(`选项 ${l}`).fill(text)
  await box.getByLabel('答案').fill('db')
  await host.getByRole('button', { name: '保存方案' }).click()
  await host.getByText('答案不符').waitFor() // letters in order
  await box.getByLabel('答案').fill('BD')
  await host.getByRole('button', { name: '保存方案' }).click()
  await host.getByText('1. 被同学长期辱骂').waitFor()
  const one = (await full()).questions[0]
  await api('PUT', `/v1/broadcasts/${id}/questions`, { questions: [{ kind: one.kind, text: one.text, options: one.options, solution: one.solution, limit_s: 20 }, { kind: 'order', text: '遇到陌生人闯入校园，按顺序该怎么做？', options: ['报告', '跑', '躲'], solution: 'BCA', limit_s: 30 }, { kind: 'text', text: '报警电话是多少？', options: [], solution: '110|一一零', limit_s: 30 }, { kind: 'hands', text: '谁来保护校园？', options: ['警察', '我们大家'], solution: 'B', limit_s: 60 }] })
  await shoot(host, 'broadcast-planned')
  assert.deepEqual(await axe(host), [])
})

await story('screens and phones join by the code, without an account; a wrong code and a stranger get nothing', async () => {
  for (let i = 0; i < 3; i++) {
    const c = await classPage({ width: 1920, height: 1080, theme: i === 1 ? 'light' : 'dark' })
    if (i === 0) await shoot(c.page, 'class-join')
    await c.page.getByLabel('班级名称').fill(`三（${i + 1}）班`)
    await c.page.getByLabel('本班人数').fill(String(40 + i))
    await c.page.getByRole('button', { name: '进入', exact: true }).click()
    await c.page.getByText('还没有开始，请稍候').waitFor()
    seats.push(c)
  }
  for (let i = 0; i < 2; i++) {
    const c = await classPage({ width: 390, height: 844, mobile: true, lang: i ? 'en' : 'zh-CN' })
    await c.page.getByRole('button', { name: i ? 'Join' : '进入', exact: true }).click()
    await c.page.locator('.pill').first().waitFor()
    seats.push(c)
  }
  await until(async () => (await full()).broadcast.screens === 3, 5000, 'three screens')
  assert.deepEqual([(await full()).broadcast.phones, (await full()).broadcast.pupils], [2, 125])
  assert.equal((await free('POST', '/v1/class/join', { code: code === '000000' ? '000001' : '000000', kind: 'phone' })).status, 404)
  assert.equal((await free('GET', `/v1/class/state?t=${'0'.repeat(64)}`)).status, 401)
  assert.equal((await free('POST', '/v1/class/answers', { token: '0'.repeat(64), question_id: 1, value: 'A' })).status, 401)
  assert.equal((await free('GET', `/v1/broadcasts/${id}`)).status, 401)
})

await story('it goes live: every screen shows the moving picture; a question comes to all, nobody sees the solution before its end', async () => {
  await host.getByRole('button', { name: '开始直播' }).click()
  for (const c of seats.slice(0, 3)) await c.page.waitForFunction(() => { const v = document.querySelector('video'); return v && v.readyState >= 2 && v.currentTime > 0 && v.videoWidth > 0 }, null, { timeout: 20_000 })
  const heard = []
  for (const c of seats) c.page.on('response', async (r) => r.url().includes('/v1/class/state') && heard.push(await r.text().catch(() => '')))
  const t0 = Date.now()
  await host.getByRole('button', { name: '提问' }).first().click()
  await Promise.all(seats.map((c) => c.page.getByText('被同学长期辱骂').waitFor({ timeout: 5000 })))
  console.log(`   question on five seats ${Date.now() - t0} ms`)
  const phone = seats[3].page
  await phone.getByRole('button', { name: /保留证据/ }).click()
  await phone.getByRole('button', { name: /告诉老师/ }).click()
  await shoot(phone, 'class-phone')
  assert.deepEqual(await axe(phone), [])
  await phone.getByRole('button', { name: '提交' }).click()
  await phone.getByText('已收到：BD').waitFor()
  const en = seats[4].page
  await en.getByRole('button', { name: /忍着不说/ }).click()
  await en.getByRole('button', { name: 'Send' }).click()
  await en.getByText('Received: A').waitFor()
  const screen = seats[0].page
  await screen.getByRole('button', { name: /告诉老师/ }).click()
  await screen.getByRole('button', { name: /保留证据/ }).click()
  await shoot(screen, 'class-screen')
  await screen.getByRole('button', { name: '提交' }).click()
  await screen.getByText('已收到').waitFor()
  assert.ok(heard.every((x) => !x.includes('"solution":"BD"')), 'the solution was told early')
  await host.getByText('3 份答案，2 份全对').waitFor({ timeout: 5000 })
  await shoot(host, 'broadcast-live')
  assert.deepEqual(await axe(host), [])
  const t1 = Date.now()
  await host.getByRole('button', { name: '收题' }).click()
  await Promise.all(seats.map((c) => c.page.locator('.options .right').first().waitFor({ timeout: 5000 })))
  await phone.locator('ol li').first().waitFor()
  console.log(`   solution and board on five seats ${Date.now() - t1} ms`)
  await phone.getByText(/答对，\+\d+/).waitFor({ timeout: 5000 })
  await phone.getByText(/第 \d 名/).waitFor({ timeout: 5000 })
  await en.getByText('Not right').waitFor({ timeout: 5000 })
  await shoot(screen, 'class-screen-closed')
  assert.deepEqual(await axe(screen), [])
})

await story('a late answer is kept and not counted; a repeated one changes nothing; order gives parts; hands are counted at the screen', async () => {
  const join = await free('POST', '/v1/class/join', { code, kind: 'phone' })
  const t = join.value.token
  const [q1, q2, q3, q4] = (await full()).questions
  const late = await free('POST', '/v1/class/answers', { token: t, question_id: q1.id, value: 'BD', rtt_ms: 60000 })
  assert.deepEqual([late.status, late.value.late, late.value.points], [201, true, 0])
  assert.equal((await free('POST', '/v1/class/answers', { token: t, question_id: q2.id, value: 'BCA' })).status, 404) // not asked yet
  await api('POST', `/v1/broadcasts/${id}/questions/${q2.id}/open`)
  assert.equal((await free('POST', '/v1/class/answers', { token: t, question_id: q2.id, value: 'BB' })).status, 422)
  const first = await free('POST', '/v1/class/answers', { token: t, question_id: q2.id, value: 'bac' })
  const second = await free('POST', '/v1/class/answers', { token: t, question_id: q2.id, value: 'BCA' })
  assert.deepEqual([first.value.value, second.value.value, first.value.share], ['BAC', 'BAC', -1])
  assert.equal((await full()).questions[1].answers, 1)
  const phone = seats[3].page
  for (const name of [/跑/, /躲/, /报告/]) await phone.locator('.options').getByRole('button', { name }).click()
  await phone.getByRole('button', { name: '提交' }).click()
  await phone.getByText('已收到：BCA').waitFor()
  await api('POST', `/v1/broadcasts/${id}/questions/${q2.id}/close`)
  const state = (await free('GET', `/v1/class/state?t=${t}`)).value
  assert.deepEqual([state.answer.share, state.question.solution], [333, 'BCA'])
  assert.ok(state.points > 0 && state.points <= 333)
  await api('POST', `/v1/broadcasts/${id}/questions/${q3.id}/open`)
  await phone.getByPlaceholder('写下答案').fill(' 110 ')
  await phone.getByRole('button', { name: '提交' }).click()
  await phone.getByText('已收到：110').waitFor()
  await api('POST', `/v1/broadcasts/${id}/questions/${q4.id}/open`) // closes the one before
  assert.equal((await full()).questions[2].state, 'closed')
  assert.equal((await free('POST', '/v1/class/answers', { token: t, question_id: q4.id, value: 'A1 B9' })).status, 403)
  const screen = seats[1].page
  await screen.getByLabel('A 警察').fill('10')
  await screen.getByLabel('B 我们大家').fill('30')
  await screen.getByRole('button', { name: '提交' }).click()
  await screen.getByText('已收到：A10 B30').waitFor()
  await shoot(screen, 'class-hands-light')
  await api('POST', `/v1/broadcasts/${id}/questions/${q4.id}/close`)
  await screen.getByText(/部分答对，\+\d+/).waitFor({ timeout: 5000 })
})

await story('a pupil asks, the speaker shows it to all; a fourth within a minute waits; prizes are drawn', async () => {
  const phone = seats[3].page
  await phone.getByPlaceholder('向老师提问').fill('网上被骂也算欺凌吗？')
  await phone.getByRole('button', { name: '提问', exact: true }).click()
  await host.getByText('网上被骂也算欺凌吗？').waitFor({ timeout: 5000 })
  assert.equal(await seats[0].page.getByText('网上被骂也算欺凌吗？').count(), 0)
  await host.locator('.ask', { hasText: '网上被骂' }).getByRole('button', { name: '展示', exact: true }).click()
  await seats[0].page.getByText('网上被骂也算欺凌吗？').waitFor({ timeout: 5000 })
  const t = (await free('POST', '/v1/class/join', { code, kind: 'phone' })).value.token
  for (let i = 0; i < 3; i++) assert.equal((await free('POST', '/v1/class/asks', { token: t })).status, 201)
  assert.equal((await free('POST', '/v1/class/asks', { token: t })).status, 429)
  await host.getByPlaceholder('奖品').fill('法治漫画书')
  await host.getByLabel('几份').fill('2')
  await host.getByRole('button', { name: '抽奖', exact: true }).click()
  await seats[0].page.locator('.draw').getByText('法治漫画书').waitFor({ timeout: 5000 })
  await shoot(seats[0].page, 'class-draw')
})

await story('it ends: the seed is told and gives the same winners again; what was answered has a hash; who joins now can watch it again, and answer nothing', async () => {
  await host.getByRole('button', { name: '结束直播' }).click()
  await seats[3].page.getByText(/抽奖可复算/).waitFor({ timeout: 5000 })
  const { broadcast: b, draws } = await full()
  const seed = Buffer.from(b.seed, 'hex')
  assert.equal(createHash('sha256').update(seed).digest('hex'), b.commitment)
  const be = (n) => { const x = Buffer.alloc(8); x.writeBigUInt64BE(BigInt(n)); return x }
  for (const d of draws) {
    const order = d.eligible.map((x) => [createHash('sha256').update(Buffer.concat([seed, be(d.number), be(x)])).digest('hex'), x]).sort((a, c) => (a[0] < c[0] ? -1 : 1))
    assert.deepEqual(order.slice(0, d.winners.length).map((x) => x[1]), d.winners.map((x) => x.seat))
  }
  assert.match(b.root, /^[0-9a-f]{64}$/)
  const after = await free('POST', '/v1/class/join', { code, kind: 'phone' })
  assert.equal(after.status, 201)
  assert.equal((await full()).broadcast.pupils, b.pupils) // no audience of the lesson
  assert.equal((await free('POST', '/v1/class/asks', { token: after.value.token, text: '还在吗' })).status, 409)
  await host.getByRole('button', { name: '记入法治课' }).click()
  await host.getByRole('button', { name: '已记入' }).waitFor()
  const held = (await api('GET', `/v1/lessons?school=${school.id}`)).items.find((l) => l.id === lesson.id)
  assert.deepEqual([held.state, held.audience], ['held', 127])
  assert.ok(held.evidence.includes(b.root.slice(0, 16)))
  await shoot(host, 'broadcast-ended')
  assert.deepEqual([desk.errors.filter((e) => !/422/.test(e)), ...seats.map((c) => c.errors)], [[], [], [], [], [], []])
})

await story('no request left our origin', async () => assert.deepEqual(s.strangers, []))
await finish(s)
