// A voice to a school, and what its camera hears: G.711 at 8 kHz over one WebSocket (media_talk.c). One at a time in a console.
import { shallowRef } from 'vue'
import { post, type Schemas } from '../api/api'
import { alaw, fromG711 } from './g711'

const RATE = 8000
const HEAD = 16
const AHEAD_S = 0.1 // sound is played so much behind, for packets that come late,
const BEHIND_S = 0.6 // and begins anew where it has fallen so far behind
const SHOWN_MS = 6000 // how long is said why a talk ended

export interface Talk {
  cameraId: number
  state: string // 'asking', 'speaking', or why it ended
  detail: string
  open: boolean // the microphone
  noMic: boolean
  level: number // 0 … 1 of what was said last
  heard: number // samples that came
}
/** The talk that runs, or that ended just now; replaced whenever it changes. */
export const talk = shallowRef<Talk | null>(null)

let stopRunning: (() => void) | null = null
export const endTalk = (): void => stopRunning?.()
export function openMic(open: boolean): void {
  if (talk.value) talk.value = { ...talk.value, open }
}

async function microphone(context: AudioContext, got: (piece: Float32Array) => void): Promise<MediaStream> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
  try {
    await context.audioWorklet.addModule('/mic.worklet.js')
    const mic = new AudioWorkletNode(context, 'mic')
    mic.port.onmessage = (m: MessageEvent<Float32Array>) => got(m.data)
    context.createMediaStreamSource(stream).connect(mic)
    return stream
  } catch (e) {
    stream.getTracks().forEach((x) => x.stop()) // a microphone that nobody reads must not stay on
    throw e
  }
}

/** Speaks through a camera, with the reason on record; a talk that runs ends first. */
export async function beginTalk(cameraId: number, why: Record<string, unknown>): Promise<void> {
  endTalk()
  const mine: Talk = { cameraId, state: 'asking', detail: '', open: true, noMic: false, level: 0, heard: 0 }
  const change = (more: Partial<Talk>) => {
    if (talk.value?.cameraId === cameraId) talk.value = { ...talk.value, ...more }
  }
  talk.value = mine
  const context = new AudioContext({ sampleRate: RATE })
  let socket: WebSocket | null = null
  let media: MediaStream | null = null
  let next = 0
  let stopped = false

  function stop(state = ''): void {
    if (stopped) return
    stopped = true
    stopRunning = null
    socket?.close()
    media?.getTracks().forEach((x) => x.stop())
    void context.close()
    if (state === '') return void (talk.value = null)
    change({ state, level: 0 })
    const shown = talk.value
    window.setTimeout(() => talk.value === shown && (talk.value = null), SHOWN_MS)
  }
  function said(piece: Float32Array): void {
    const now = talk.value
    if (stopped || now === null || now.state !== 'speaking' || socket?.readyState !== WebSocket.OPEN) return
    change({ level: now.open ? Math.min(1, 4 * Math.sqrt(piece.reduce((sum, x) => sum + x * x, 0) / piece.length)) : 0 })
    if (now.open && socket.bufferedAmount < RATE) socket.send(Uint8Array.from(piece, alaw))
  }
  function hear(bytes: ArrayBuffer): void {
    const samples = fromG711(new Uint8Array(bytes, HEAD), new Uint8Array(bytes)[1]!)
    if (samples.length === 0) return
    const buffer = context.createBuffer(1, samples.length, RATE)
    buffer.copyToChannel(samples, 0)
    const source = context.createBufferSource()
    source.buffer = buffer
    source.connect(context.destination)
    if (next < context.currentTime || next > context.currentTime + BEHIND_S) next = context.currentTime + AHEAD_S
    source.start(next)
    next += buffer.duration
    change({ heard: (talk.value?.heard ?? 0) + samples.length })
  }

  stopRunning = () => stop()
  const r = await post<Schemas['CameraTicket']>(`/v1/cameras/${cameraId}/talk`, why)
  if (stopped) return
  if (!r.ok) {
    change({ detail: r.message })
    return stop('refused_here')
  }
  socket = new WebSocket(r.value.url)
  socket.binaryType = 'arraybuffer'
  socket.onmessage = (m: MessageEvent<string | ArrayBuffer>) => {
    if (typeof m.data !== 'string') return hear(m.data)
    const now = JSON.parse(m.data) as { state: string; detail?: string }
    change({ state: now.state, detail: now.detail ?? '' })
    if (now.state !== 'asking' && now.state !== 'speaking') stop(now.state)
  }
  socket.onclose = () => stop('talk_ended')
  try {
    media = await microphone(context, said)
    if (stopped) media.getTracks().forEach((x) => x.stop())
  } catch { // none, forbidden, or a page without TLS: one can still hear
    if (!stopped) change({ noMic: true })
  }
}
