// Glass to glass of a live lesson from a browser: the speaker's picture carries the time as bars, three class pages read it back.
import { stand } from '../tests/e2e/stand.mjs'

const s = await stand({ nodes: 1, devices: true })
const token = s.token('admin')
const api = async (m, p, b) => { const r = await s.api(token, m, p, b); if (r.status >= 300) throw new Error(`${m} ${p} ${JSON.stringify(r.value)}`); return r.value }
const school = (await api('GET', '/v1/schools?limit=1')).items[0]
const { broadcast: b } = await api('POST', '/v1/broadcasts', { school_id: school.id, title: 'bench', browser: true })
const { page: host } = await s.desk({ user: 'supervisor' })
// Instead of the camera: a canvas whose lower half is the time in ms, 32 bars, and whose upper half moves.
await host.addInitScript(() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (want) => {
    const sound = await real({ audio: want.audio })
    const c = document.createElement('canvas')
    c.width = 1280
    c.height = 720
    const g = c.getContext('2d')
    setInterval(() => {
      const now = Date.now() % 2 ** 32
      g.fillStyle = `hsl(${now / 20 % 360} 60% 40%)`
      g.fillRect(0, 0, 1280, 360)
      for (let i = 0; i < 32; i++) {
        g.fillStyle = (now / 2 ** i) & 1 ? '#fff' : '#000'
        g.fillRect(i * 40, 360, 40, 360)
      }
    }, 40)
    return new MediaStream([...c.captureStream(25).getVideoTracks(), ...sound.getAudioTracks()])
  }
})
await host.goto(`${s.base}/broadcasts/${b.id}`)
await host.getByRole('button', { name: '打开摄像头和话筒' }).click()
await host.getByText(/正在送出 [1-9]/).waitFor({ timeout: 20_000 })
await api('POST', `/v1/broadcasts/${b.id}/start`)
const seats = []
for (let i = 0; i < 3; i++) {
  const page = await (await s.browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage()
  await page.goto(`${s.base}/m/class?c=${b.code}`)
  await page.getByRole('button', { name: /^(进入|Join)$/ }).click()
  await page.waitForFunction(() => document.querySelector('.stage video')?.currentTime > 1, null, { timeout: 20_000 })
  const button = page.getByRole('button', { name: /打开声音|Sound on/ })
  if (await button.isVisible()) await button.click()
  seats.push(page)
}
await new Promise((d) => setTimeout(d, 4000))
const lags = (await Promise.all(seats.map((page) => page.evaluate(async () => {
  const video = document.querySelector('.stage video')
  const c = document.createElement('canvas')
  c.width = 64
  c.height = 1
  const g = c.getContext('2d', { willReadFrequently: true })
  const found = []
  for (let i = 0; i < 100; i++) {
    await new Promise((d) => video.requestVideoFrameCallback(d))
    const now = Date.now()
    g.drawImage(video, 0, video.videoHeight * 0.75, video.videoWidth, 1, 0, 0, 64, 1)
    const px = g.getImageData(0, 0, 64, 1).data
    let time = 0
    for (let k = 0; k < 32; k++) if (px[(2 * k + 1) * 4] > 127) time += 2 ** k
    const lag = (now % 2 ** 32) - time
    if (lag >= 0 && lag < 60_000) found.push(lag) // a bar that was just changing is no time
  }
  return found
})))).flat().sort((x, y) => x - y)
const p = (q) => lags[Math.min(lags.length - 1, Math.floor(lags.length * q))]
console.log(JSON.stringify({ samples: lags.length, p50_ms: p(0.5), p95_ms: p(0.95), max_ms: lags.at(-1) }))
await s.end()
process.exit(0)
