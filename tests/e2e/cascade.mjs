// A county's platform below a prefecture's, over GB/T 28181: two whole systems on one machine, the upper knows nothing of Huxue but the standard.
import assert from 'node:assert/strict'
import { stand } from './stand.mjs'
import { asking, axe, finish, moving, shoot, story, until, wait } from './story.mjs'

const parent = await stand({ nodes: 1 })
const county = await stand({ nodes: 1 })
const above = asking(parent, parent.token('admin'))
const below = asking(county, county.token('admin'))
const PLATFORM = '52230000002000000001'
const OURS = '52232500002000000009'
const nvr = await county.nvr(733, 2)
const recorder = (await below('GET', '/v1/recorders?limit=5000')).items.find((r) => r.code.endsWith('000733'))
const school = recorder.school_id
const mine = (await below('GET', `/v1/cameras?school=${school}`)).items
const upper = async () => (await below('GET', '/v1/uppers')).items[0]
const device = async () => (await above('GET', '/v1/recorders?limit=5000')).items.find((r) => r.code === OURS)
const seen = async () => (await above('GET', `/v1/cameras?school=${(await device()).school_id}`)).items.filter((c) => c.recorder_id === entered.id)
let entered

await story('a platform above is entered, and its password', async () => {
  const at = (await above('GET', '/v1/schools?county=522325&limit=1')).items[0].id
  entered = await above('POST', '/v1/recorders', { school_id: at, code: OURS, name: '贞丰县平台', password: 'falsch' })
  const u = await below('POST', '/v1/uppers', { name: '州公安视频平台', code: PLATFORM, own_code: OURS, address: parent.sip, password: 'cascade-1', keepalive_s: 5 })
  await until(async () => (await upper()).line_reason, 8000, 'the wrong password')
  console.log(await upper())
  await above('PATCH', `/v1/recorders/${entered.id}`, { password: 'cascade-1' })
  await below('PATCH', `/v1/uppers/${u.id}`, { password: 'cascade-1' })
  await until(async () => (await upper()).line === 'up', 8000, 'up')
  await below('POST', `/v1/uppers/${u.id}/share`, { school_id: school })
  await above('POST', `/v1/recorders/${entered.id}/catalog`)
  await until(async () => (await seen()).length === 4, 8000, 'the catalog')
  console.log((await seen()).map((c) => [c.name, c.code, c.state]), await device())
})

await story('look', async () => {
  const { page } = await parent.desk()
  const cams = await seen()
  await page.goto(`${parent.base}/video`)
  await page.getByPlaceholder('名称、代码或拼音首字母').fill((await device()).school)
  await page.locator('.schools .row').first().click()
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('州局抽查')
  await page.locator('.cameras .row', { hasText: cams[0].name }).click()
  const t0 = Date.now()
  await moving(page, 0)
  console.log('moving', Date.now() - t0)
  await shoot(page, 'cascade-above')
  console.log((await below('GET', '/v1/views?limit=3')).items)
  await page.context().close()
})
console.log(county.log().split('\n').filter((l) => /upper|cascade|forward|WARN|ERROR/i.test(l)).join('\n'))
await parent.end()
await county.end()
finish()
