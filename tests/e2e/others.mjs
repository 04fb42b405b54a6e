// Programs that others wrote, against ours: SIPp as a recorder (GB/T 28181), the npm client `onvif` on our simulated cameras.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { stand } from './stand.mjs'
import { asking, finish, story, until, wait } from './story.mjs'

const { Cam } = createRequire(new URL('../../web/package.json', import.meta.url))('onvif')
const s = await stand({ nodes: 1 })
const api = asking(s, s.token('admin'))
const here = new URL('.', import.meta.url).pathname
const recorder = (await api('GET', '/v1/recorders?limit=5000')).items.find((r) => r.code.endsWith('000750'))

await story('SIPp registers by digest, lives, and raises an alarm: stored before it is answered', async () => {
  const time = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 19)
  const fields = path.join(s.dir, 'fields.csv')
  fs.writeFileSync(fields, `SEQUENTIAL\n${recorder.code};52230000002000000001;[authentication username=${recorder.code} password=huxue-demo];${time};\n`)
  const sipp = (scenario, ...more) => ['sipp', s.sip, '-sf', path.join(here, 'sipp', scenario), '-m', '1', '-nostdin', '-i', '127.0.0.1', '-p', '25601', '-timeout', '30', ...more]
  execFileSync(sipp('register.xml')[0], [...sipp('register.xml').slice(1), '-inf', fields], { stdio: 'pipe', cwd: s.dir })
  const up = await api('GET', `/v1/recorders/${recorder.id}`)
  assert.equal(up.line, 'up')
  const incident = (await api('GET', '/v1/incidents?state=active&limit=50')).items.find((i) => i.school_id === recorder.school_id)
  assert.match(incident.title, /SIPp/)
  // The alarm invites its cameras, where the device was; it answers there, and sends nothing. The platform goes on asking: a call
  // that began before SIPp listened may be taken back in the middle of its scenario, and then the next one is the one that counts.
  const answered = () => new Promise((done) => {
    const uas = spawn(sipp('answer.xml')[0], sipp('answer.xml', '-trace_err', '-error_file', path.join(s.dir, 'answer.err')).slice(1), { stdio: ['ignore', 'ignore', 'ignore'], cwd: s.dir })
    uas.on('exit', done)
  })
  let ended = 1
  for (let n = 0; n < 3 && ended !== 0; n++) ended = await answered()
  const errors = path.join(s.dir, 'answer.err')
  assert.equal(ended, 0, `INVITE, ACK and BYE, each where SIPp wants it: ${fs.existsSync(errors) ? fs.readFileSync(errors, 'utf8') : ''}`)
})

await story('another client of ONVIF understands our simulated cameras, by Media and by Media2', async () => {
  for (const more of [[], ['--media1']]) {
    const cameras = await s.cameras(...more)
    const [hostname, port] = cameras.onvif.split(':')
    const cam = new Cam({ hostname, port: Number(port), username: 'admin', password: 'huxue-demo', timeout: 5000, autoconnect: false })
    const ask = (what, ...a) => new Promise((done, no) => cam[what](...a, (e, r) => (e ? no(e) : done(r))))
    await ask('connect')
    assert.equal(cam.profiles.length, 8)
    assert.match((await ask('getStreamUri', { protocol: 'RTSP' })).uri, /^rtsp:\/\/.*\/live\/1\/main$/)
    assert.match((await ask('getSnapshotUri')).uri, /^http:.*\/still\/1\.jpg$/)
    await ask('continuousMove', { x: 0.5, y: 0, zoom: 0 })
    await ask('stop', {})
    await until(() => /ptz 1 ContinuousMove 0\.5\nptz 1 Stop/.test(cameras.said()), 3000, 'the camera turned and stopped')
    const event = new Promise((done) => cam.on('event', done))
    await wait(500)
    cameras.say('line 1')
    assert.match((await event).topic._, /LineDetector\/Crossed/)
    cam.removeAllListeners('event')
    cameras.child.removeAllListeners('exit')
    cameras.child.kill()
    const wrong = new Cam({ hostname, port: Number(port), username: 'admin', password: 'wrong', timeout: 3000, autoconnect: false })
    assert.ok(await new Promise((done) => wrong.connect((e) => done(e))))
  }
})

await story('no request left the systems', async () => {
  assert.deepEqual(s.strangers, [])
})

await finish(s)
