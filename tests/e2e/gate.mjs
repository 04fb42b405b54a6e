// The gate: visitors and vehicles that a guard writes down become warnings, silently where the police have a list; and the roll call finds the child
// that left home and did not arrive. With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import { axe, asking, finish, shoot, story, until, wait } from './story.mjs'
import { stand } from './stand.mjs'

const s = await stand()
const api = asking(s, s.token('admin'))
const own = (await asking(s, s.token('guard'))('GET', '/v1/postures/mine')).schools[0]
const school = await api('GET', `/v1/schools/${own.id}`)
const at = { longitude: school.lon, latitude: school.lat }
const hits = async (rule) => (await api('GET', '/v1/rule-hits?limit=200')).items.filter((h) => h.rule === rule || h.code === rule)

await story('a visitor comes and goes; one of the list is told to the desk, and the guard sees nothing of it', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/gate`)
  const list = page.getByRole('region', { name: '关注名单' })
  await list.getByPlaceholder('姓名').fill('钱七')
  await list.getByPlaceholder('证件后四位').fill('1234')
  await list.getByPlaceholder('关注原因、命中后怎么办').fill('扬言报复学校，发现后稳住并报站所')
  await list.getByRole('button', { name: '新增' }).click()
  await list.getByText('扬言报复学校').waitFor()
  assert.equal((await s.api(s.token('admin'), 'POST', '/v1/watch-list', { kind: 'person', name: '钱七', id_tail: '1234', note: '又一次' })).status, 409)
  const { page: phone, errors: wrong, context } = await s.phone({ user: 'guard', at })
  const gate = phone.locator('section.gate')
  await gate.getByRole('button', { name: '访客' }).click()
  await gate.getByPlaceholder('姓名').fill('张三')
  await gate.getByPlaceholder('找谁').fill('三班班主任')
  await wait(200)
  await shoot(phone, 'gate-visitor')
  assert.deepEqual(await axe(phone), [])
  await gate.getByRole('button', { name: '登记进校' }).click()
  await gate.getByText('在校访客 1').waitFor()
  await gate.getByRole('button', { name: '访客' }).click()
  await gate.getByPlaceholder('姓名').fill('钱七')
  await gate.getByPlaceholder('身份证后四位').fill('1234')
  await gate.getByPlaceholder('找谁').fill('校长')
  await gate.getByRole('radio', { name: '30 分钟' }).click()
  await gate.getByRole('button', { name: '登记进校' }).click()
  await gate.getByText('在校访客 2').waitFor()
  const hit = await until(async () => (await hits('EW-25'))[0], 5000, 'the warning of the list')
  assert.ok(JSON.stringify(hit).includes('钱七') && !JSON.stringify(hit).includes('张三'))
  assert.ok(!(await phone.content()).includes('名单'))
  const told = await asking(s, s.token('guard'))('GET', `/v1/visits?school=${own.id}`)
  assert.ok(!JSON.stringify(told).includes('watch'))
  assert.ok(!JSON.stringify((await api('GET', '/v1/journal?type=visit.came&limit=20')).items).includes('watch_id'))
  assert.equal((await s.api(s.token('guard'), 'GET', '/v1/watch-list')).status, 403)
  await gate.locator('.one').filter({ hasText: '张三' }).getByRole('button', { name: '已离开' }).click()
  await gate.getByText('在校访客 1').waitFor()
  await page.getByRole('row').filter({ hasText: '钱七' }).getByText('名单').waitFor()
  await shoot(page, 'gate')
  assert.deepEqual(await axe(page), [])
  assert.deepEqual([...errors, ...wrong], [])
  await context.close()
  await page.context().close()
})

await story('without network a visitor and a vehicle are kept, and stand at the time when they were there', async () => {
  const { page: phone, errors, context } = await s.phone({ user: 'guard', at })
  const gate = phone.locator('section.gate')
  await gate.getByText('在校访客 1').waitFor()
  await context.setOffline(true)
  const t0 = Date.now()
  await gate.locator('.one').filter({ hasText: '钱七' }).getByRole('button', { name: '已离开' }).click()
  await phone.getByText('没有网络，已存下，联网后自动登记').waitFor({ timeout: 6000 })
  await gate.getByRole('button', { name: '访客' }).click()
  await gate.getByPlaceholder('姓名').fill('周九')
  await gate.getByPlaceholder('找谁').fill('总务处')
  await gate.getByRole('button', { name: '登记进校' }).click()
  await gate.getByPlaceholder('姓名').waitFor({ state: 'detached', timeout: 6000 })
  await phone.getByText('2 条待上传').waitFor()
  await wait(4000)
  await context.setOffline(false)
  const visits = async () => (await api('GET', `/v1/visits?school=${own.id}`)).items
  const came = await until(async () => (await visits()).find((v) => v.name === '周九'), 15_000, 'the visitor')
  const went = (await visits()).find((v) => v.name === '钱七')
  for (const when of [came.came_at, went.left_at]) assert.ok(Math.abs(Date.parse(when) - t0) < 8000 && Date.parse(when) < Date.now() - 3000, when)
  await gate.locator('.one').filter({ hasText: '周九' }).waitFor({ timeout: 5000 })
  assert.equal((await s.api(s.token('guard'), 'POST', '/v1/visits', { school_id: own.id, name: '昨日', host: '某', at: new Date(Date.now() - 30 * 3600e3).toISOString() })).status, 422)
  await gate.locator('.one').filter({ hasText: '周九' }).getByRole('button', { name: '已离开' }).click()
  await gate.getByText('在校访客').waitFor({ state: 'detached', timeout: 5000 })
  assert.deepEqual(errors, [])
  await context.close()
})

await story('a vehicle at two schools in a day is told; a family that waits is not', async () => {
  const guard = asking(s, s.token('guard'))
  const other = (await api('GET', '/v1/schools?limit=1')).items[0]
  const classes = (await api('GET', `/v1/schools/${own.id}/classes`)).items
  await api('POST', `/v1/schools/${own.id}/families`, { families: [{ class: classes[0].name, pupil: '周舟', guardian: '周父', relation: '父亲', car: '贵E·C1001' }] })
  await guard('POST', '/v1/plates', { school_id: own.id, plate: '贵e c1001', minutes: 20 })
  await guard('POST', '/v1/plates', { school_id: own.id, plate: '贵E·L9999', minutes: 12 })
  await asking(s, s.token('supervisor'))('POST', '/v1/plates', { school_id: other.id, plate: '贵E C1001', minutes: 15 })
  await asking(s, s.token('supervisor'))('POST', '/v1/plates', { school_id: other.id, plate: '贵EL9999', minutes: 15 })
  const hit = await until(async () => (await hits('EW-19'))[0], 5000, 'the warning of the vehicle')
  assert.ok(JSON.stringify(hit).includes('贵EL9999'))
  assert.equal((await hits('EW-19')).length, 1) // the family's car is at home at one of the two
  assert.equal((await s.api(s.token('guard'), 'POST', '/v1/plates', { school_id: other.id, plate: '贵E00001', minutes: 5 })).status, 404) // another school's gate
})

await story('the class is called: who is excused is not missing; the family says that the child has left home; found, it is over', async () => {
  const classes = (await api('GET', `/v1/schools/${own.id}/classes`)).items
  const before = (await api('GET', `/v1/classes/${classes[0].id}/roll`)).items.length
  await api('POST', `/v1/schools/${own.id}/families`, { families: ['吴一', '吴二', '吴三'].map((pupil) => ({ class: classes[0].name, pupil, guardian: `${pupil}母`, relation: '母亲' })) })
  const all = (await api('GET', `/v1/schools/${own.id}/families`)).items
  const join = async (pupil) => {
    const g = all.find((x) => x.pupil === pupil)
    const code = (await api('POST', `/v1/schools/${own.id}/family-slips`, { ids: [g.id] })).items[0].code
    return (await (await fetch(`${s.base}/v1/family/join`, { method: 'POST', body: JSON.stringify({ code }) })).json()).token
  }
  const [one, two] = [await join('吴一'), await join('吴二')]
  await fetch(`${s.base}/v1/family/absence`, { method: 'POST', body: JSON.stringify({ token: one, reason: 'leave' }) })
  const { page, errors, context } = await s.phone({ user: 'teacher', at })
  const roll = page.locator('section.roll')
  await roll.getByRole('button', { name: /点名/ }).click()
  await roll.getByLabel('选择班级').selectOption({ label: classes[0].name })
  await roll.getByRole('button', { name: /吴一/ }).getByText('事假').waitFor()
  assert.ok(await roll.getByRole('button', { name: /吴一/ }).isDisabled())
  assert.equal(await roll.locator('.grid button').count(), before + 3)
  await roll.getByRole('button', { name: /吴二/ }).click()
  await roll.getByRole('button', { name: /吴三/ }).click()
  await roll.getByRole('button', { name: '提交：未到 2 人' }).click()
  await roll.getByText('已提交').waitFor()
  await shoot(page, 'roll')
  assert.deepEqual(await axe(page), [])
  // On the mother's phone.
  const home = await s.browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, locale: 'zh-CN' })
  await home.addInitScript((t) => localStorage.setItem('huxue.family', t), two)
  const mother = await home.newPage()
  await mother.goto(`${s.base}/m/family`)
  await mother.getByText('点名时孩子未到').waitFor()
  await shoot(mother, 'family-missing')
  assert.deepEqual(await axe(mother), [])
  await mother.getByRole('button', { name: '孩子已出门' }).click()
  await mother.getByText('学校和公安会继续查找').waitFor()
  assert.ok((await api('GET', `/v1/schools/${own.id}/missing`)).items.find((m) => m.pupil === '吴二').left_at)
  // 吴三 comes late: marked there, and never told of.
  await roll.getByLabel('选择班级').selectOption({ label: classes[0].name })
  await roll.getByRole('button', { name: /吴三/ }).click()
  await roll.getByRole('button', { name: '提交：未到 1 人' }).click()
  await until(async () => (await api('GET', `/v1/schools/${own.id}/missing`)).items.length === 1, 3000, 'one is missing')
  const seen = (await api('GET', '/v1/journal?type=observation.made&limit=500')).items.map((e) => [e.data.kind, e.data.ref])
  assert.deepEqual(seen.filter(([k]) => k.startsWith('child')), [['child_absent', `${classes[0].name} 吴二`], ['child_absent', `${classes[0].name} 吴三`], ['child_found', `${classes[0].name} 吴三`]])
  // She finds out that the father kept it at home: excused, and over.
  await mother.locator('.choices').getByRole('button', { name: '病假' }).last().click()
  await mother.getByText('已告知学校：病假').waitFor()
  assert.deepEqual((await api('GET', `/v1/schools/${own.id}/missing`)).items, [])
  assert.ok((await api('GET', '/v1/journal?type=observation.made&limit=500')).items.some((e) => e.data.kind === 'child_found' && e.data.ref === `${classes[0].name} 吴二`))
  assert.deepEqual(errors, [])
  // The phone is opened anew where there is no network: the names of the class are there, and what is marked is kept and arrives.
  await page.waitForFunction(() => navigator.serviceWorker?.controller !== null)
  assert.equal(await page.evaluate(() => /1[3-9]\d{9}/.test(localStorage.getItem('huxue.roll'))), false) // no number of a guardian
  await context.setOffline(true)
  await page.reload()
  await roll.getByRole('button', { name: /点名/ }).click()
  await roll.getByRole('button', { name: /吴三/ }).click()
  await roll.getByRole('button', { name: '提交：未到 2 人' }).click()
  await page.getByText(/没有网络，已存下/).waitFor()
  await context.setOffline(false)
  await until(async () => (await api('GET', `/v1/schools/${own.id}/missing`)).items.some((m) => m.pupil === '吴三'), 10_000, 'the call that was kept')
  assert.equal((await api('GET', `/v1/schools/${own.id}/missing`)).items.length, 1) // what the phone did not know: 吴二 is excused
  await context.close()
  await home.close()
})

await finish(s)
