// How far "I am here" may be believed: signed records, two who go in pairs, and the people who judge. Folder argument: pictures.
import assert from 'node:assert/strict'
import { stand } from './stand.mjs'
import { asking, axe, finish, shoot, story, until } from './story.mjs'

const s = await stand()
const api = asking(s, s.token('admin'))
const as = (user, method, path, body) => s.api(s.token(user), method, path, body)
const tab = (page, name) => page.locator('nav.tabs').getByRole('button', { name }).click()
const { school } = (await as('guard', 'GET', '/v1/patrols/mine')).value
const person = async (name) => api('GET', `/v1/people/${(await api('GET', `/v1/people?q=${name}`)).items.find((p) => p.name === name).id}`)
const at = { longitude: school.lon, latitude: school.lat }
const soon = (minutes) => new Date(Date.now() + minutes * 60e3).toISOString()
/** A round that runs now, on a route of its own with three points at the gate. */
async function round(name, more = {}) {
  const route = await api('POST', '/v1/patrol-routes', { school_id: school.id, name, any_order: true, points: ['东门', '操场', '食堂'].map((p) => ({ name: p, lon: school.lon, lat: school.lat })), ...more })
  return { ...(await api('POST', '/v1/patrols', { route_id: route.id, begins_at: soon(-5), ends_at: soon(40) })), route: route.id }
}
const checks = async (id) => (await as('guard', 'GET', '/v1/patrols/mine')).value.patrols.find((p) => p.id === id).checks
const check = (id, point) => until(async () => (await checks(id)).find((c) => c.point === point), 8000, `point ${point}`)
const reasons = (c) => c.reasons.map((r) => r.reason)

await story('what a phone says is signed by it: changed on the way, or said by another way, it goes to a person', async () => {
  const made = await round('签名巡查')
  const { page: desk, errors } = await s.desk()
  const { page: phone, errors: wrong } = await s.phone({ user: 'guard', at })
  await until(async () => (await person('guard')).phones.length === 1, 8000, 'the phone is known')
  await tab(phone, '巡逻')
  const card = phone.locator('section.card').filter({ hasText: '签名巡查' })
  await card.getByRole('button', { name: '到点', exact: true }).first().click()
  assert.deepEqual((({ proof, verdict, reasons: r }) => ({ proof, verdict, r }))(await check(made.id, 0)), { proof: 'green', verdict: '', r: [] })
  const [known] = (await person('guard')).phones
  assert.deepEqual([known.records, known.last_n, known.absent, known.ended_at], [1, 1, 0, null])
  // Somebody between the phone and the desk makes the position better than it was.
  await phone.route('**/v1/patrols/*/checks', (r) => r.continue({ postData: JSON.stringify({ ...JSON.parse(r.request().postData()), accuracy_m: 1 }) }))
  await card.getByRole('button', { name: '到点', exact: true }).first().click()
  const changed = await check(made.id, 1)
  assert.deepEqual([changed.proof, reasons(changed)], ['amber', ['signature']])
  await phone.unroute('**/v1/patrols/*/checks')
  // With the person's password, but not with their phone.
  assert.equal((await as('guard', 'POST', `/v1/patrols/${made.id}/checks`, { id: `plain-${made.id}`, point: 2, lon: school.lon, lat: school.lat, accuracy_m: 5 })).status, 201)
  const plain = await check(made.id, 2)
  assert.deepEqual([plain.proof, reasons(plain)], ['amber', ['unsigned']])
  assert.equal((await checks(made.id)).length, 3)
  assert.equal((await api('GET', `/v1/patrols`)).items.find((p) => p.id === made.id).state, 'done') // the machine punishes nobody
  const told = (await api('GET', '/v1/journal?type=phone.doubted&limit=5')).items
  assert.ok(told.length === 1 && told[0].data.standing === 'false', JSON.stringify(told))
  // The desk judges.
  await desk.goto(`${s.base}/patrols`)
  const row = desk.locator('tr').filter({ hasText: '签名或编号不符' })
  await row.getByText('签名巡查 · 操场').waitFor()
  await desk.locator('tr').filter({ hasText: '未经本人手机签名' }).getByText('签名巡查 · 食堂').waitFor()
  await shoot(desk, 'patrol-doubtful')
  assert.deepEqual(await axe(desk), [])
  await row.getByRole('button', { name: '不采信' }).click()
  await row.waitFor({ state: 'detached' })
  const after = (await api('GET', '/v1/patrols')).items.find((p) => p.id === made.id)
  assert.deepEqual([after.done, after.state], [2, 'missed']) // two of three are too few
  await phone.reload()
  await tab(phone, '巡逻')
  await card.getByText('未采信').waitFor()
  await shoot(phone, 'phone-round')
  assert.equal((await as('guard', 'POST', `/v1/patrols/${made.id}/checks/2/verdict`, { verdict: 'accepted' })).status, 403)
  // A lost phone is ended; what it signs afterwards counts as not signed, until the app is opened again and gets a new key.
  await desk.goto(`${s.base}/admin`)
  await desk.getByLabel('查找').first().fill('guard')
  await desk.getByRole('button', { name: '查找', exact: true }).last().click()
  await desk.getByRole('row', { name: /保安 演示/ }).click()
  await desk.getByText(known.tag).waitFor()
  await shoot(desk, 'phones')
  assert.deepEqual(await axe(desk), [])
  await api('DELETE', `/v1/people/${(await person('guard')).id}/phones/${known.id}`)
  await desk.getByRole('row', { name: /保安 演示/ }).click()
  await desk.getByText('已停用').waitFor()
  await phone.reload()
  await until(async () => (await person('guard')).phones.filter((p) => p.ended_at === null).length === 1, 8000, 'a new key')
  const next = await round('再次巡查')
  await phone.context().setGeolocation({ ...at, latitude: at.latitude + 0.00003, accuracy: 12 }) // the very same digits again would be remarkable
  await phone.reload()
  await tab(phone, '巡逻')
  await phone.locator('section.card').filter({ hasText: '再次巡查' }).getByRole('button', { name: '到点', exact: true }).first().click()
  assert.equal((await check(next.id, 0)).proof, 'green')
  await tab(phone, '更多')
  await phone.getByText('记录签名').waitFor()
  assert.match(await phone.locator('.entry').filter({ hasText: '记录签名' }).innerText(), /可用/)
  assert.deepEqual([...errors, ...wrong].filter((e) => !/status of 4/.test(e)), [])
  await phone.context().close()
  await desk.context().close()
})

await story('what one person wrote without a network never goes out in the name of the next', async () => {
  const { page: phone, context } = await s.phone({ user: 'guard', at })
  await phone.evaluate(() => navigator.serviceWorker.ready)
  await context.route('**/v1/tips', (r) => r.abort())
  await tab(phone, '上报')
  await phone.getByRole('radio', { name: '可疑人员' }).click()
  await phone.locator('textarea').fill('东门外有人徘徊')
  await phone.locator('button.main').click()
  await phone.getByText('没有网络，已存下').waitFor({ timeout: 8000 })
  await tab(phone, '更多')
  await phone.getByRole('button', { name: '退出登录' }).click()
  await phone.getByLabel('登录名').fill('volunteer')
  await phone.getByLabel('密码').fill('huxue-demo')
  await context.unroute('**/v1/tips')
  await phone.getByRole('button', { name: '登录', exact: true }).click()
  await tab(phone, '更多')
  await phone.getByText('别人登录时记下的，等他登录后上传').waitFor()
  await phone.getByRole('button', { name: '立即上传' }).click()
  await phone.waitForTimeout(1500)
  const tips = async () => (await api('GET', '/v1/tips')).items.filter((x) => x.story === '东门外有人徘徊')
  assert.equal((await tips()).length, 0)
  await phone.getByRole('button', { name: '退出登录' }).click()
  await phone.getByLabel('登录名').fill('guard')
  await phone.getByLabel('密码').fill('huxue-demo')
  await phone.getByRole('button', { name: '登录', exact: true }).click()
  const [tip] = await until(async () => ((await tips()).length === 1 ? tips() : null), 15_000, 'the tip')
  assert.equal(tip.person, '保安 演示')
  await phone.context().close()
})

await story('the photo that arrives is the one that was taken', async () => {
  const jpeg = Buffer.from('/9j/4AAQSkZJRgABAQEAYABgAAD/2Q==', 'base64')
  const body = { id: 'photo-told-1', kind: 'other', school_id: school.id, story: '照片', photo_sha256: 'ab'.repeat(32) }
  const tip = (await as('volunteer', 'POST', '/v1/tips', body)).value
  const put = await fetch(`${s.base}/v1/tips/${tip.id}/photo`, { method: 'PUT', headers: { Authorization: `Bearer ${s.token('volunteer')}`, 'Content-Type': 'image/jpeg', 'Accept-Language': 'zh' }, body: jpeg })
  assert.equal(put.status, 422)
  assert.match((await put.json()).detail, /不是随上报拍下的那张照片/)
})

await story('two go in pairs: each scans the code on the other’s phone; a point without that goes to a person', async () => {
  const made = await round('双人夜巡', { in_pairs: true })
  const { page: a, errors } = await s.phone({ user: 'guard', at: { ...at, longitude: at.longitude + 0.00004 } })
  const { page: b } = await s.phone({ user: 'volunteer', at })
  const open = async (phone) => {
    await tab(phone, '巡逻')
    return phone.locator('section.card').filter({ hasText: '双人夜巡' })
  }
  const [mine, theirs] = [await open(a), await open(b)]
  await mine.getByRole('button', { name: '到点', exact: true }).first().click()
  const alone = await check(made.id, 0)
  assert.deepEqual([alone.proof, reasons(alone)], ['amber', ['alone']])
  await theirs.getByRole('button', { name: '双人巡逻：与同伴互认' }).click()
  await theirs.locator('svg.qr').waitFor()
  await shoot(b, 'phone-buddy')
  assert.deepEqual(await axe(b), [])
  // The camera of the one sees the screen of the other.
  await a.evaluate((svg) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const image = new Image()
      image.src = `data:image/svg+xml,${encodeURIComponent(svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="480"'))}`
      await image.decode()
      const canvas = document.createElement('canvas')
      ;[canvas.width, canvas.height] = [640, 480]
      const draw = () => { const g = canvas.getContext('2d'); g.fillStyle = '#888'; g.fillRect(0, 0, 640, 480); g.drawImage(image, 80, 0) }
      draw()
      setInterval(draw, 100)
      return canvas.captureStream(10)
    }
  }, await theirs.locator('svg.qr').evaluate((x) => x.outerHTML))
  await mine.getByRole('button', { name: '双人巡逻：与同伴互认' }).click()
  await mine.getByRole('button', { name: '扫同伴的码' }).click()
  await a.getByText('已确认与志愿者 演示同行').waitFor({ timeout: 15_000 })
  await mine.getByRole('button', { name: '到点', exact: true }).first().click()
  assert.equal((await check(made.id, 1)).proof, 'green')
  const me = await person('guard')
  const step = Math.floor(Date.now() / 30_000)
  for (const [code, say] of [[`HXB:${'0'.repeat(16)}:${me.id}:${step}:${'A'.repeat(86)}`, /您自己的/], [`HXB:${'0'.repeat(16)}:${(await person('volunteer')).id}:${step - 9}:${'A'.repeat(86)}`, /已过期/], [`HXB:${'0'.repeat(16)}:${(await person('volunteer')).id}:${step}:${'A'.repeat(86)}`, /不认得/]]) {
    const r = await fetch(`${s.base}/v1/buddies`, { method: 'POST', headers: { Authorization: `Bearer ${s.token('guard')}`, 'Content-Type': 'application/json', 'Accept-Language': 'zh' }, body: JSON.stringify({ id: `bad-${Math.random()}`, code }) })
    assert.match((await r.json()).detail, say)
  }
  assert.deepEqual(errors, [])
  await a.context().close()
  await b.context().close()
})
await finish(s)
