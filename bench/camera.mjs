// RTSP cameras fetched cold: from the order to the first key picture, by our fetching process that runs already, and by ffmpeg beside it.
import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'

const bin = (name) => path.join(import.meta.dirname, '../build', name)
const cam = spawn(bin('huxue'), ['sim', 'camera', '--rtsp', '127.0.0.1:0', '--onvif', '127.0.0.1:0', '--count', '4', '--fps', '25'], { stdio: ['pipe', 'pipe', 'ignore'] })
const at = await new Promise((d) => cam.stdout.once('data', (b) => d(String(b).match(/rtsp=(\S+)/)[1])))
const url = `rtsp://admin:huxue-demo@${at}/live/1/main`
const pull = spawn(bin('huxue-pull'), [], { stdio: ['pipe', 'pipe', 'inherit'] })
let waiting = null
let rest = Buffer.alloc(0)
pull.stdout.on('data', (b) => {
  rest = Buffer.concat([rest, b])
  while (rest.length >= 24 && rest.length >= 24 + rest.readUInt32BE(0)) {
    const n = rest.readUInt32BE(0)
    const frame = { slot: rest.readUInt32BE(4), kind: rest[8], bytes: n }
    rest = rest.subarray(24 + n)
    if (waiting?.(frame)) waiting = null
  }
})
const frameOf = (match) => new Promise((d) => (waiting = (f) => match(f) && (d(f), true)))
function order(j) {
  const body = Buffer.from(JSON.stringify(j))
  const head = Buffer.alloc(24)
  head.writeUInt32BE(body.length, 0)
  head[8] = 3
  head[9] = 3
  pull.stdin.write(Buffer.concat([head, body]))
}
const ours = []
for (let i = 0; i < 40; i++) {
  const t0 = performance.now()
  const got = frameOf((f) => f.kind === 1 && f.bytes > 10_000)
  order({ do: 'open', slot: i % 16, url, udp: false })
  await got
  ours.push(performance.now() - t0)
  const over = frameOf((f) => f.kind === 2)
  order({ do: 'close', slot: i % 16 })
  await over
}
const theirs = []
for (let i = 0; i < 8; i++) {
  const t0 = performance.now()
  spawnSync('ffmpeg', ['-v', 'quiet', '-rtsp_transport', 'tcp', '-i', url, '-frames:v', '1', '-c', 'copy', '-f', 'null', '-'])
  theirs.push(performance.now() - t0)
}
const p = (a, q) => Math.round([...a].sort((x, y) => x - y)[Math.min(a.length - 1, Math.floor(a.length * q))] * 10) / 10
console.log(JSON.stringify({ cold_ms: { p50: p(ours, 0.5), p95: p(ours, 0.95) }, ffmpeg_ms: { p50: p(theirs, 0.5) } }))
pull.kill()
cam.kill()
process.exit(0)
