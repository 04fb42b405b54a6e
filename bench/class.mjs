// A live lesson with 1,600 phones and 44 class screens: joins in ten seconds, then each question is answered by all within one second.
import { spawn } from 'node:child_process'
import { stand } from '../tests/e2e/stand.mjs'

const s = await stand()
const token = s.token('admin')
const api = async (m, p, b) => { const r = await s.api(token, m, p, b); if (r.status >= 300) throw new Error(`${m} ${p} ${JSON.stringify(r.value)}`); return r.value }
const school = (await api('GET', '/v1/schools?limit=1')).items[0]
const { broadcast: b } = await api('POST', '/v1/broadcasts', { school_id: school.id, title: 'bench' })
const options = ['一', '二', '三', '四']
await api('PUT', `/v1/broadcasts/${b.id}/questions`, { questions: Array.from({ length: 5 }, () => ({ kind: 'choice', text: '问题', options, solution: 'A', limit_s: 20 })) })
await api('POST', `/v1/broadcasts/${b.id}/start`)
const sim = spawn(s.bin('huxue'), ['sim', 'class', '--http', new URL(s.base).host, '--code', b.code], { stdio: ['ignore', 'pipe', 'inherit'] })
let text = ''
sim.stdout.on('data', (x) => (text += x))
const over = new Promise((done) => sim.on('exit', done))
while (!text.includes('joined 1644')) await new Promise((d) => setTimeout(d, 100))
const boards = []
for (const q of (await api('GET', `/v1/broadcasts/${b.id}`)).questions) {
  await api('POST', `/v1/broadcasts/${b.id}/questions/${q.id}/open`)
  await new Promise((d) => setTimeout(d, 3000))
  const t0 = performance.now()
  await api('POST', `/v1/broadcasts/${b.id}/questions/${q.id}/close`)
  boards.push(performance.now() - t0)
  await new Promise((d) => setTimeout(d, 1000))
}
const stored = (await api('GET', `/v1/broadcasts/${b.id}`)).questions.map((q) => q.answers)
await api('POST', `/v1/broadcasts/${b.id}/end`)
await over
const said = JSON.parse(text.trim().split('\n').pop())
console.log(JSON.stringify({ ...said, stored, close_ms: boards.map((x) => Math.round(x)) }))
await s.end()
process.exit(0)
