// Cameras that we go to: entered in the console, fetched by RTSP, seen moving in Chromium. With a folder as argument the screens are also photographed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { stand } from './stand.mjs'
import { asking, axe, finish, moving, shoot, story, until } from './story.mjs'

const s = await stand({ nodes: 1 })
const api = asking(s, s.token('admin'))
const bare = await api('POST', '/v1/schools', { code: '529901', name: '册亨县新建小学', county: '522327', kind: 'primary', lon: 105.8, lat: 24.98 })
const fetched = await s.cameras()
const camera = async (id) => api('GET', `/v1/cameras/${id}`)
const state = (id, want, ms = 12_000) => until(async () => { const c = await camera(id); return c.live.state === want || c.live.cause === want ? c : null }, ms, `camera ${id} ${want}`)

await story('an address is pasted with its password, and the picture moves; the password is nowhere to be read', async () => {
  const { page, errors } = await s.desk()
  await page.goto(`${s.base}/video`)
  await page.getByRole('tab', { name: '录像机' }).click()
  await page.getByRole('radio', { name: 'RTSP 地址' }).click()
  await page.getByLabel('学校', { exact: true }).fill(bare.name)
  await page.getByLabel('名称', { exact: true }).first().fill('校门口')
  await page.getByLabel('主码流，如 rtsp://10.1.2.3/ch1/main').fill(`rtsp://admin:huxue-demo@${fetched.at}/live/1/main`)
  await page.getByRole('button', { name: '新增' }).click()
  await page.getByText(`rtsp://${fetched.at}/live/1/main`).waitFor()
  await shoot(page, 'recorder-rtsp')
  assert.deepEqual(await axe(page), [])
  await page.getByRole('tab', { name: '视频墙' }).click()
  await page.getByPlaceholder('名称、代码或拼音首字母').fill(bare.name)
  await page.locator('.schools .row').first().click()
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('试看新装摄像机')
  await page.locator('.cameras .row').first().click()
  await moving(page)
  await shoot(page, 'camera-rtsp')
  const c = (await api('GET', `/v1/cameras?school=${bare.id}`)).items[0]
  assert.equal(c.main_url, `rtsp://${fetched.at}/live/1/main`)
  assert.equal(c.live.way, 'tcp_active')
  const r = await until(async () => { const x = await api('GET', `/v1/recorders/${c.recorder_id}`); return x.line === 'up' ? x : null }, 3000, 'the camera known as reached')
  assert.deepEqual([r.login, r.own_password], ['admin', true])
  assert.ok(!JSON.stringify((await api('GET', '/v1/journal?limit=500')).items).includes('huxue-demo'))
  assert.ok(!s.log().includes('huxue-demo'))
  assert.ok(!execFileSync('ps', ['axww', '-o', 'args']).toString().includes('huxue-demo@')) // not among arguments either
  assert.deepEqual(errors, [])
  await page.context().close()
})

const add = async (name, url, secret = { login: 'admin', password: 'huxue-demo' }) => {
  const r = await api('POST', '/v1/recorders', { school_id: bare.id, kind: 'rtsp', name, ...secret })
  const c = await api('POST', '/v1/cameras', { recorder_id: r.id, name, main_url: url })
  await api('PATCH', `/v1/cameras/${c.id}`, { flagged: true })
  return { r, c }
}

await story('each failure has its name, and a mended password is tried at once', async () => {
  const wrong = await add('密码错', `rtsp://${fetched.at}/live/2/main`, { login: 'admin', password: 'wrong' })
  await state(wrong.c.id, 'login')
  await api('PATCH', `/v1/recorders/${wrong.r.id}`, { password: 'huxue-demo' })
  const playing = await state(wrong.c.id, 'playing')
  assert.match(playing.live.detail, /^avc1\..* 480×272$/)
  const missing = await add('没有这路', `rtsp://${fetched.at}/live/99/main`)
  await state(missing.c.id, 'no_stream')
  const dark = await add('关机', 'rtsp://127.0.0.1:9/live')
  await state(dark.c.id, 'connect')
  await until(async () => (await api('GET', `/v1/recorders/${dark.r.id}`)).line === 'lost', 3000, 'the dark camera known as lost')
  for (const [body, why] of [[{ main_url: 'file:///etc/passwd' }, /rtsp:\/\//], [{ main_url: 'http://127.0.0.1/' }, /rtsp:\/\//], [{ main_url: 'rtsp:// x/' }, /rtsp:\/\//]]) {
    const refused = await s.api(s.token('admin'), 'POST', '/v1/cameras', { recorder_id: dark.r.id, name: 'x', ...body })
    assert.equal(refused.status, 422)
    assert.match(JSON.stringify(refused.value), why)
  }
  for (const x of [missing, dark]) await api('PATCH', `/v1/cameras/${x.c.id}`, { state: 'gone' })
})

await story('a camera that knows only UDP, or writes its parameter sets in the SDP alone, is shown too', async () => {
  const odd = await s.cameras('--udp-only')
  const udp = await add('只有 UDP', `rtsp://${odd.at}/live/1/main`)
  assert.equal((await state(udp.c.id, 'playing', 20_000)).live.way, 'udp')
  const sets = await s.cameras('--sets-in-sdp')
  const sdp = await add('参数在 SDP', `rtsp://${sets.at}/live/1/main`)
  await state(sdp.c.id, 'playing')
  odd.child.kill()
  await state(udp.c.id, 'failed', 20_000)
})

await story('a cut connection, a silent camera and a killed process of ours: the picture comes back, the others go on', async () => {
  const cut = await s.cameras()
  const x = await add('会断', `rtsp://${cut.at}/live/1/main`)
  const y = await add('邻居', `rtsp://${fetched.at}/live/3/main`)
  await state(x.c.id, 'playing')
  await state(y.c.id, 'playing')
  cut.say('cut')
  await state(x.c.id, 'playing')
  cut.say('silent')
  cut.say('cut')
  await state(x.c.id, 'connect', 25_000)
  assert.equal((await camera(y.c.id)).live.state, 'playing')
  cut.say('thaw')
  await state(x.c.id, 'playing', 25_000)
  const opened = async () => Number((await (await fetch(`${s.base}/metrics`)).text()).match(/huxue_camera_openings (\d+)/)[1])
  const before = await opened()
  execFileSync('pkill', ['-KILL', '-P', String(s.media[0].pid), 'huxue-pull'])
  await until(async () => (await opened()) >= before + 4, 15_000, 'all pictures opened again')
  for (const c of [x, y]) await state(c.c.id, 'playing')
})

await s.end()
finish()
