// kill -9 at random moments under load: what was acknowledged is stored, once.  kill.mjs [ROUNDS] [SEED]
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { bin, dial, frame, makeData, signals, sleep, start } from './daemon.mjs'

const rounds = Number(process.argv[2] ?? 10)
let seed = Number(process.argv[3] ?? Date.now() % 1e9)
console.log(`# seed ${seed}`)
const random = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), seed / 4294967296)
const { dir, data, token } = makeData()
const ACCOUNTS = Array.from({ length: 8 }, (_, i) => String(100001 + i))
const acked = new Map(ACCOUNTS.map((a) => [a, new Set()]))
const sent = new Map(ACCOUNTS.map((a) => [a, 0]))
let slowest = 0
for (let round = 0; round < rounds; round++) {
  const d = await start(data)
  slowest = Math.max(slowest, d.readyMs)
  let on = true
  for (const account of ACCOUNTS) {
    const s = dial(d.port)
    const waiting = []
    const next = () => {
      if (!on) return
      const n = sent.get(account) + 1
      sent.set(account, n)
      waiting.push(n)
      // The number travels as text: the four digits of the header wrap. Most are notes, some are alarms that open incidents.
      s.write(frame(account, n % 10000, `Nri1/${n % 50 === 0 ? 'BA' : 'OP'}${n % 9}^${n}^`))
    }
    s.on('data', (b) => {
      for (const _ of b.toString('latin1').matchAll(/"ACK"/g)) {
        acked.get(account).add(waiting.shift())
        next()
      }
    })
    s.on('connect', () => { for (let i = 0; i < 4; i++) next() })
  }
  await sleep(30 + random() * 400)
  on = false
  d.child.kill('SIGKILL')
  await d.child.ended
}
const d = await start(data)
let total = 0
for (const account of ACCOUNTS) {
  const stored = (await signals(d.http, token, account)).map((x) => Number(x.text))
  const once = new Set(stored)
  assert.equal(once.size, stored.length, `account ${account}: a signal is stored twice`)
  for (const n of acked.get(account)) assert.ok(once.has(n), `account ${account}: signal ${n} was acknowledged and is lost`)
  total += acked.get(account).size
}
d.child.kill('SIGTERM')
assert.equal(await d.child.ended, 0)
assert.match(execFileSync(bin('huxue'), ['audit', 'verify', '--data', data]).toString(), /whole/)
fs.rmSync(dir, { recursive: true, force: true })
assert.ok(total > rounds * 50, `only ${total} acknowledged`)
console.log(`ok ${rounds} kills: ${total} acknowledged, all stored once, the chain is whole; slowest start ${slowest.toFixed(0)} ms`)
