// Booking a lesson: a school asks with three times, the officer answers on the phone, gives it, and it counts. With a folder as argument the screens are
// also photographed.
import assert from 'node:assert/strict'
import { axe, asking, finish, shoot, story, until, wait } from './story.mjs'
import { stand } from './stand.mjs'

const s = await stand()
const api = asking(s, s.token('admin'))
const officer = (await api('GET', '/v1/officers?county=522325&limit=3000')).items.find((o) => o.name === 'officer') ?? (await api('GET', '/v1/people?q=officer')).items.find((p) => p.name === 'officer')
const school = (await api('GET', '/v1/schools?county=522325&limit=1')).items[0]
const day = (n) => new Date(Date.now() + 8 * 3600e3 + n * 86400e3).toISOString().slice(0, 10)

await story('a school asks with three times; the officer takes one on the phone; what is taken cannot be taken twice', async () => {
  const { page, errors } = await s.desk({ user: 'education' })
  await page.goto(`${s.base}/lessons`)
  await page.getByText('学校约课').click()
  const form = page.locator('.asks form')
  await page.locator('#lesson-officers option').first().waitFor({ state: 'attached' })
  await form.getByPlaceholder('题目').fill('防性侵主题班会')
  await form.getByPlaceholder('学校', { exact: true }).fill(school.name)
  await form.getByPlaceholder('主讲民警').fill(await page.locator('#lesson-officers option').evaluateAll((all, id) => all.map((o) => o.value).find((v) => v.endsWith(` ${id}`)), officer.id))
  await form.getByLabel('时间 1', { exact: true }).fill(day(0))
  await form.getByLabel('时间 2', { exact: true }).fill(day(8))
  await form.getByRole('button', { name: '向民警约课' }).click()
  await page.locator('.asks article').getByText('待答复').waitFor()
  await wait(300)
  await shoot(page, 'lesson-ask')
  assert.deepEqual(await axe(page), [])
  const phone = await s.phone({ user: 'officer', at: { longitude: school.lon, latitude: school.lat } })
  const card = phone.page.locator('section.lessons')
  await card.getByText('防性侵主题班会').waitFor()
  await card.scrollIntoViewIfNeeded()
  await shoot(phone.page, 'lesson-phone')
  assert.deepEqual(await axe(phone.page), [])
  const ask = (await api('GET', '/v1/lesson-asks')).items[0]
  assert.equal((await s.api(s.token('guard'), 'POST', `/v1/lesson-asks/${ask.id}/take`, { slot: 0 })).status, 404) // not theirs
  await card.getByRole('button', { name: `${day(0).slice(5)} 09:00` }).click()
  await until(async () => (await api('GET', '/v1/lesson-asks')).items[0].state === 'taken', 3000, 'taken')
  assert.equal((await s.api(s.token('officer'), 'POST', `/v1/lesson-asks/${ask.id}/take`, { slot: 1 })).status, 409)
  await page.locator('.asks article').getByText('已答应').waitFor()
  // At the same time another: the officer cannot be at two schools.
  const second = await api('POST', '/v1/lesson-asks', { school_id: school.id, person_id: officer.id, title: '又一课', slots: [{ date: day(0), begins_min: 550 }, { date: day(1), begins_min: 600 }] })
  const clash = await s.api(s.token('officer'), 'POST', `/v1/lesson-asks/${second.id}/take`, { slot: 0 })
  assert.equal(clash.status, 409)
  await asking(s, s.token('officer'))('POST', `/v1/lesson-asks/${second.id}/refuse`, { reason: '当天有勤务' })
  await page.locator('.asks article').getByText('当天有勤务').waitFor()
  // It was given.
  await phone.page.reload()
  await card.getByRole('button', { name: '已讲完' }).click()
  await card.getByPlaceholder('听课人数').fill('86')
  await card.getByPlaceholder('佐证：照片或签到表编号').fill('签到表 12 号')
  await card.getByRole('button', { name: '已讲完' }).click()
  const lesson = await until(async () => (await api('GET', `/v1/lessons?school=${school.id}&limit=50`)).items.find((l) => l.title === '防性侵主题班会' && l.state === 'held'), 4000, 'held')
  assert.deepEqual([lesson.audience, lesson.person_id], [86, officer.id])
  assert.deepEqual([...errors, ...phone.errors], [])
  await phone.context.close()
  await page.context().close()
})

await finish(s)
