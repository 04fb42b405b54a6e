// Picture and sound from the speaker's browser: H.264 and Opus by WebCodecs, over one WebSocket to a media node (media_publish.c).
export interface Sending {
  state: 'opening' | 'on' | 'away'
  kbps: number
  fps: number
}
interface Processor<T> { readable: ReadableStream<T> }
declare const MediaStreamTrackProcessor: { new <T>(init: { track: MediaStreamTrack }): Processor<T> } | undefined

const KEY_MS = 2000
const WAITING_MAX = 1_500_000 // bytes that the line may owe: beyond, pictures are left out
const HEAD = 16
const LOST_S = 0.04
const SPARE_S = 0.2
const KEY = 1
const PICTURE = 2
const SOUND = 3

export const canPublish = (): boolean => typeof VideoEncoder !== 'undefined' && typeof AudioEncoder !== 'undefined' && typeof MediaStreamTrackProcessor !== 'undefined' && navigator.mediaDevices !== undefined

export interface Publisher {
  /** Shows another picture instead: the screen, or the camera again. */
  picture(track: MediaStreamTrack): void
  stop(): void
}

/** `ticket` gives an address each time the line must be made anew. */
export function publish(media: MediaStream, ticket: () => Promise<string | null>, changed: (s: Sending) => void): Publisher {
  const sending: Sending = { state: 'opening', kbps: 0, fps: 0 }
  let socket: WebSocket | null = null
  let stopped = false
  let needsKey = true
  let lastKey = 0
  let bytes = 0
  let pictures = 0
  let size = ''
  let reading = 0 // which picture track is read: the last one
  const sound = media.getAudioTracks()[0]

  function send(kind: number, chunk: EncodedVideoChunk | EncodedAudioChunk, time: number): void {
    if (socket?.readyState !== WebSocket.OPEN) return
    if (kind === PICTURE && (needsKey || socket.bufferedAmount > WAITING_MAX)) return void (needsKey = true)
    const message = new Uint8Array(HEAD + chunk.byteLength)
    message[0] = kind
    new DataView(message.buffer).setBigUint64(8, BigInt(Math.max(0, Math.round(time))))
    chunk.copyTo(message.subarray(HEAD))
    if (kind === KEY) needsKey = false
    if (kind !== SOUND) pictures++
    bytes += message.length
    socket.send(message)
  }
  const encoder = () => new VideoEncoder({ output: (c) => send(c.type === 'key' ? KEY : PICTURE, c, c.timestamp), error: (e) => console.info('publish', e.message) })
  let video = encoder()
  let made = 0 // when it was
  const audio = sound ? new AudioEncoder({ output: (c) => send(SOUND, c, c.timestamp), error: () => undefined }) : null

  async function connect(): Promise<void> {
    if (stopped) return
    const url = await ticket()
    if (stopped) return
    if (url === null) return void window.setTimeout(() => void connect(), 2000)
    const s = (socket = new WebSocket(url))
    s.onopen = () => {
      s.send(JSON.stringify({ sound: audio ? 1 : 0 }))
      needsKey = true
      lastKey = 0
      sending.state = 'on'
      changed(sending)
    }
    s.onclose = () => {
      if (stopped || socket !== s) return
      sending.state = 'away'
      changed(sending)
      window.setTimeout(() => void connect(), 800)
    }
  }
  // Both tracks get the clock of this page: their own ones begin at different moments.
  async function readPictures(track: MediaStreamTrack): Promise<void> {
    const mine = ++reading
    const reader = new MediaStreamTrackProcessor!<VideoFrame>({ track }).readable.getReader()
    let off: number | null = null
    for (;;) {
      const { value: frame, done } = await reader.read()
      if (done || frame === undefined) return
      if (stopped || mine !== reading) {
        frame.close()
        void reader.cancel()
        return
      }
      off ??= performance.now() * 1000 - frame.timestamp
      const [w, h] = [frame.displayWidth & ~1, frame.displayHeight & ~1]
      if (size !== `${w}×${h}` || (video.state === 'closed' && performance.now() - made > 1000)) { // another size, or it broke: one made anew knows nothing of before
        if (video.state !== 'closed') video.close()
        video = encoder()
        made = performance.now()
        size = `${w}×${h}`
        video.configure({ codec: 'avc1.42E028', width: w, height: h, bitrate: w > 1280 ? 2_500_000 : 1_500_000, framerate: 25, latencyMode: 'realtime', avc: { format: 'annexb' } })
        needsKey = true
      }
      if (video.state === 'configured' && video.encodeQueueSize < 4 && socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < WAITING_MAX) {
        const key = performance.now() - lastKey > KEY_MS || (needsKey && performance.now() - lastKey > 300)
        if (key) lastKey = performance.now()
        const shown = new VideoFrame(frame, { timestamp: frame.timestamp + off })
        video.encode(shown, { keyFrame: key })
        shown.close()
      }
      frame.close()
    }
  }
  async function readSound(track: MediaStreamTrack): Promise<void> {
    const reader = new MediaStreamTrackProcessor!<AudioData>({ track }).readable.getReader()
    let off: number | null = null
    let begun = 0
    let given = 0 // samples that the encoder got; it counts time by them, so that what was lost on the way here must become silence
    for (;;) {
      const { value: data, done } = await reader.read()
      if (done || data === undefined) return
      if (stopped) {
        data.close()
        void reader.cancel()
        return
      }
      if (off === null) {
        off = performance.now() * 1000 - data.timestamp
        begun = data.timestamp + off
      }
      if (audio!.state === 'unconfigured') audio!.configure({ codec: 'opus', sampleRate: data.sampleRate, numberOfChannels: 1, bitrate: 40_000 })
      const rate = data.sampleRate
      const behind = Math.round(((data.timestamp + off - begun) / 1e6) * rate) - given
      if (audio!.state === 'configured' && behind > LOST_S * rate) {
        const silence = Math.min(behind, rate)
        audio!.encode(sample(new Float32Array(silence), rate, begun + (given / rate) * 1e6))
        given += silence
      }
      if (audio!.state === 'configured' && behind > -SPARE_S * rate) {
        const plane = new Float32Array(data.numberOfFrames)
        data.copyTo(plane, { planeIndex: 0, format: 'f32-planar' }) // a voice is one channel
        audio!.encode(sample(plane, rate, begun + (given / rate) * 1e6))
        given += plane.length
      }
      data.close()
    }
  }
  function sample(plane: Float32Array<ArrayBuffer>, sampleRate: number, timestamp: number): AudioData {
    return new AudioData({ format: 'f32-planar', sampleRate, numberOfFrames: plane.length, numberOfChannels: 1, timestamp, data: plane })
  }

  void connect()
  void readPictures(media.getVideoTracks()[0]!)
  if (sound) void readSound(sound)
  const timer = window.setInterval(() => {
    sending.kbps = Math.round((bytes * 8) / 2000)
    sending.fps = pictures / 2
    bytes = pictures = 0
    changed(sending)
  }, 2000)
  return {
    picture: (track) => void readPictures(track),
    stop() {
      if (stopped) return
      stopped = true
      window.clearInterval(timer)
      socket?.close()
      if (video.state !== 'closed') video.close()
      if (audio && audio.state !== 'closed') audio.close()
      media.getTracks().forEach((x) => x.stop())
    },
  }
}
