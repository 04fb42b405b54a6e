// A daemon under test and the frames to send it, for the fault tests.
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

const root = new URL('../..', import.meta.url).pathname
export const bin = (name) => path.join(root, process.env.HUXUE_BUILD ?? 'build', name)

export function makeData(demo = true) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'huxue-fault-'))
  const data = path.join(dir, 'data')
  fs.writeFileSync(path.join(dir, 'password'), 'huxue-demo\n')
  execFileSync(bin('huxue'), ['init', '--data', data, '--admin', 'admin', '--password-file', path.join(dir, 'password')])
  if (demo) execFileSync(bin('huxue'), ['demo', '--data', data])
  return { dir, data, token: execFileSync(bin('huxue'), ['token', 'add', '--data', data, '--user', 'admin']).toString().trim() }
}

const children = new Set()
process.once('exit', () => { for (const c of children) c.kill('SIGKILL') }) // a test that fails leaves nothing behind
export async function start(data, env = {}) {
  const began = performance.now()
  const log = fs.openSync(path.join(path.dirname(data), 'huxued.log'), 'a')
  const child = spawn(bin('huxued'), ['--data', data, '--http', '127.0.0.1:0', '--dc09', '127.0.0.1:0', '--jt808', '127.0.0.1:0', '--sip', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', log], env: { ...process.env, ...env } })
  children.add(child)
  child.ended = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)))
  const line = await new Promise((done, fail) => {
    let text = ''
    child.stdout.on('data', (b) => ((text += b), text.includes('\n') && done(text)))
    child.on('exit', () => fail(new Error('huxued ended before it was ready')))
  })
  const at = (name) => new RegExp(`\\b${name}=127\\.0\\.0\\.1:(\\d+)`).exec(line)[1]
  return { child, line, http: `http://127.0.0.1:${at('http')}`, port: Number(at('dc09')), jt808: Number(at('jt808')), readyMs: performance.now() - began }
}

export function crc16(bytes) {
  let crc = 0
  for (const b of bytes) {
    crc ^= b
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}
export const hex4 = (n) => n.toString(16).toUpperCase().padStart(4, '0')
/** A counted part as it goes over the line. */
export function wrap(text) {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from(`\n${hex4(crc16(body))}${hex4(body.length)}`), body, Buffer.from('\r')])
}
export const frame = (account, sequence, data, token = 'SIA-DCS') => wrap(`"${token}"${String(sequence).padStart(4, '0')}L0#${account}[#${account}|${data}]`)
export function dial(port) {
  const s = net.connect(port, '127.0.0.1')
  s.on('error', () => {})
  s.setNoDelay(true)
  return s
}
/** Sends one frame and waits for an answer; null on silence. */
export function ask(port, bytes, ms = 2000) {
  return new Promise((done) => {
    const s = dial(port)
    const timer = setTimeout(() => (s.destroy(), done(null)), ms)
    s.on('data', (b) => (clearTimeout(timer), s.destroy(), done(b.toString('latin1'))))
    s.on('close', () => (clearTimeout(timer), done(null)))
    s.write(bytes)
  })
}
export async function signals(http, token, account) {
  const all = []
  for (let after = 0; ; ) {
    const r = await fetch(`${http}/v1/signals?account=${account}&after=${after}&limit=1000`, { headers: { Authorization: `Bearer ${token}` } })
    const { items } = await r.json()
    all.push(...items)
    if (items.length < 1000) return all
    after = items[items.length - 1].seq
  }
}
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
export const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
