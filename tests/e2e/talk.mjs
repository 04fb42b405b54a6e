// A voice to a school end to end: Chromium's microphone, two media nodes, recorders on the real protocol that listen and give sound.
import assert from 'node:assert/strict'
import { stand } from './stand.mjs'
import { asking, axe, finish, moving, shoot, story, until, wait } from './story.mjs'

const s = await stand({ nodes: 2, devices: true })
const api = asking(s, s.token('admin'))
const recorderOf = async (n) => (await api('GET', '/v1/recorders?limit=5000')).items.find((r) => r.code.endsWith(String(n).padStart(6, '0')))
const camerasOf = async (n) => (await api('GET', `/v1/cameras?school=${(await recorderOf(n)).school_id}`)).items
const lastTalk = async () => (await api('GET', '/v1/views?limit=20')).items.find((v) => v.talk)
const ended = async () => { const v = await lastTalk(); return v?.ended_at ? v : null }
const nvr = await s.nvr(733, 2)
const strip = (page) => page.locator('[data-talk]').first()
const state = (page, what, ms = 5000) => page.waitForFunction((w) => document.querySelector('[data-talk]')?.dataset.talk === w, what, { timeout: ms })
/** Opens the picture of a channel of school `n` on the wall, with the reason that the school reads. */
async function look(page, n, channel) {
  await page.goto(`${s.base}/video`)
  await page.getByPlaceholder('写明为什么看（学校可查）').fill('校门口有人闹事')
  await page.getByPlaceholder('名称、代码或拼音首字母').fill((await recorderOf(n)).school)
  await page.locator('.schools .row').first().click()
  await page.locator('.cameras .row', { hasText: channel }).click()
  await moving(page, 0)
}
/** A console of its own, as far as the talk goes: its states, and what came. */
async function listener(cameraId, body) {
  const ticket = await s.api(s.token('operator'), 'POST', `/v1/cameras/${cameraId}/talk`, body)
  if (ticket.status !== 201) return { status: ticket.status, value: ticket.value }
  const states = []
  let bytes = 0
  const socket = new WebSocket(ticket.value.url)
  socket.binaryType = 'arraybuffer'
  socket.onmessage = (m) => (typeof m.data === 'string' ? states.push(JSON.parse(m.data).state) : (bytes += m.data.byteLength - 16))
  const closed = new Promise((done) => (socket.onclose = done))
  return { status: 201, states, closed, socket, bytes: () => bytes, view: ticket.value.view_id }
}

const { page, errors } = await s.desk()

await story('an alarm rings: one key, and the desk speaks to the gate and hears it', async () => {
  s.panel('100733', 'press', '1')
  await moving(page, 0)
  const t0 = Date.now()
  await page.keyboard.press('t')
  await state(page, 'speaking')
  await nvr.heard(/hears 1/)
  console.log(`   key to voice at the recorder ${Date.now() - t0} ms`)
  await page.waitForFunction(() => Number(document.querySelector('[data-talk]')?.dataset.heard) > 8000, null, { timeout: 5000 })
  assert.ok(await strip(page).locator('meter').isVisible())
  await shoot(page, 'desk-talk')
  assert.deepEqual(await axe(page), [])
  const running = await lastTalk()
  assert.equal(running.reason, 'incident')
  assert.equal(running.ended_at, null)
  nvr.forget()
  await page.keyboard.press('t')
  await nvr.heard(/heard 1 packets=[1-9]\d+/)
  assert.equal((await until(ended, 3000, 'the end on record')).id, running.id)
  assert.equal(await strip(page).count(), 0)
  assert.deepEqual(errors, [])
})

await story('muted, nothing is said and the device still hears that we are there; the device hangs up', async () => {
  const other = await s.nvr(740, 1, '--voice-tcp')
  await look(page, 740, '侧门')
  await page.getByRole('button', { name: /喊话/ }).click()
  await state(page, 'speaking')
  await other.heard(/hears 2/)
  await page.getByRole('button', { name: '闭麦' }).click()
  await page.getByRole('button', { name: '开麦' }).waitFor()
  other.forget()
  await wait(500)
  other.say('deaf')
  await state(page, 'talk_ended')
  await other.heard(/heard 2 packets=[1-9]\d+/)
  await until(ended, 3000, 'the end on record')
  other.child.kill()
})

await story('a device that refuses, one that is spoken to already, a right that is missing: each is said', async () => {
  const deaf = await s.nvr(741, 1, '--no-voice')
  await look(page, 741, '正门')
  await page.getByRole('button', { name: /喊话/ }).click()
  await state(page, 'talk_refused')
  await page.getByText('设备拒绝喊话，请改打电话').waitFor()
  await shoot(page, 'video-talk-refused')
  await until(ended, 5000, 'the end on record')
  deaf.child.kill()
  const [gate] = await camerasOf(734)
  const one = await listener(gate.id, { reason: 'patrol', note: '例行试音' })
  await until(() => one.states.includes('speaking'), 5000, 'the first speaks')
  await until(() => one.bytes() > 4000, 5000, 'the first hears')
  const two = await listener(gate.id, { reason: 'patrol', note: '例行试音' })
  await until(() => two.states.includes('talk_busy'), 5000, 'the second is told')
  await two.closed // by the node, where a browser does not hang up itself
  assert.ok(!one.states.includes('talk_busy'))
  const no = await s.api(s.token('education'), 'POST', `/v1/cameras/${gate.id}/talk`, { reason: 'patrol', note: 'x' })
  assert.equal(no.status, 403)
  const silent = await s.api(s.token('operator'), 'POST', `/v1/cameras/${gate.id}/talk`, { reason: 'patrol' })
  assert.equal(silent.status, 422)
  // The device hangs up, and the one that spoke does not: the line is closed from here, and nothing more goes to the device.
  const third = await listener((await camerasOf(733))[0].id, { reason: 'patrol', note: '例行试音' })
  await until(() => third.states.includes('speaking'), 5000, 'the third speaks')
  nvr.say('deaf')
  await third.closed
  assert.equal(third.states.at(-1), 'talk_ended')
  // Who may write cameras cuts it within a second.
  const t0 = Date.now()
  await api('POST', `/v1/views/${one.view}/end`)
  await one.closed
  assert.ok(Date.now() - t0 < 1500, `${Date.now() - t0} ms`)
  await nvr.heard(/heard 1 packets=/)
  // The list says who spoke.
  await page.goto(`${s.base}/video`)
  await page.getByRole('tab', { name: '调阅记录' }).click()
  await page.getByRole('row', { name: /喊话/ }).first().waitFor()
})

await story('a node that dies ends the talk, and the device is told', async () => {
  const [gate] = await camerasOf(734)
  const talk = await listener(gate.id, { reason: 'patrol', note: '例行试音' })
  await until(() => talk.states.includes('speaking'), 5000, 'it speaks')
  nvr.forget()
  for (const m of s.media) m.removeAllListeners('exit'), m.kill('SIGKILL')
  await nvr.heard(/heard 1 packets=/)
  await until(ended, 3000, 'the end on record')
})

await story('no request left our origin and the media nodes', async () => {
  assert.deepEqual(s.strangers, [])
})

await finish(s)
