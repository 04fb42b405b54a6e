// Live pictures: fMP4 over one WebSocket. The server sends a head, then one fragment a picture, from the last key picture on.
export interface Playing {
  state: string // 'opening', 'playing', or a cause in the server's word
  detail: string
  lagS: number
  heardAt: number
  frames: number
  still: string // a JPEG's address, where the browser cannot play the codec
  sound: boolean // the stream has some
  hushed: boolean // there is sound, and the browser wants a touch before it is heard
}
const JUMP_S = 1.5
const KEEP_S = 32
const HEAD = 16
const STILL = 4

export interface Player {
  readonly playing: Playing
  stop(): void
  /** Plays the last seconds over and over; 0 goes back to live. Tells how many are there. */
  loop(seconds: number): number
  /** After a touch: lets the sound be heard. */
  unhush(): void
  /** Whether the stream's sound is heard, where it has some. */
  listen(on: boolean): void
  /** A record runs at so many times its speed; 0: it stands still. */
  pace(times: number): void
}

/** `sound`: where the stream has some, it is heard. */
export function play(video: HTMLVideoElement, url: string, changed: (p: Playing) => void, closed: () => void, sound = false): Player {
  const playing: Playing = { state: 'opening', detail: '', lagS: 0, heardAt: performance.now(), frames: 0, still: '', sound: false, hushed: false }
  let source = new MediaSource()
  const waiting: ArrayBuffer[] = []
  let buffer: SourceBuffer | null = null
  let codec = ''
  let heard = sound
  let begun = false
  let looping = 0
  let times = 1
  let loopFrom = 0
  let stopped = false
  let src = ''
  video.muted = true

  const end = () => (buffer !== null && buffer.buffered.length > 0 ? buffer.buffered.end(buffer.buffered.length - 1) : 0)
  function pump(): void {
    if (buffer === null || buffer.updating || source.readyState !== 'open') return
    const next = waiting.shift()
    if (next !== undefined) {
      try {
        buffer.appendBuffer(next)
      } catch {
        stop(), closed() // the buffer is full or the element broke: a new opening mends both
      }
      return
    }
    const b = buffer.buffered
    if (b.length > 0 && looping === 0 && b.end(b.length - 1) - b.start(0) > KEEP_S + 8) buffer.remove(0, b.end(b.length - 1) - KEEP_S)
  }
  // Behind a little: faster; behind a lot: jump. A loop runs at its own pace.
  function chase(): void {
    const last = end()
    if (last === 0) return
    if (!begun) {
      begun = true
      video.currentTime = Math.max(last - 0.1, 0)
      void start()
    }
    const lag = last - video.currentTime
    playing.lagS = lag
    if (looping > 0) {
      if (video.currentTime >= loopFrom + looping - 0.1 || video.currentTime < loopFrom - 0.5) video.currentTime = loopFrom
      return
    }
    const fast = Math.max(1, times)
    if (times > 0) video.playbackRate = times * (lag > 0.4 * fast ? 1.15 : lag > 0.25 * fast ? 1.05 : 1)
    if (lag > JUMP_S * fast || lag < -0.5) video.currentTime = last - 0.1
    if (video.paused && times > 0) void start()
  }
  async function start(): Promise<void> {
    if (playing.sound && heard && !playing.hushed) video.muted = false
    try {
      await video.play()
    } catch (e) {
      if (video.muted || (e as Error).name !== 'NotAllowedError') return
      playing.hushed = video.muted = true
      void video.play().catch(() => undefined)
    }
  }
  function open(): void {
    if (codec === '' || source.readyState !== 'open' || buffer !== null) return
    if (!MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`)) {
      playing.state = 'codec'
      playing.detail = codec
      if (socket.readyState === WebSocket.OPEN) socket.send('stills') // one a second, drawn by the node
      changed(playing)
      return
    }
    const b = source.addSourceBuffer(`video/mp4; codecs="${codec}"`)
    buffer = b
    b.addEventListener('updateend', () => {
      if (b !== buffer) return
      chase()
      pump()
    })
    b.addEventListener('error', () => b === buffer && (stop(), closed())) // what came cannot be played: a new opening mends it
    pump()
  }
  /** A source for what comes from now on: of one that has begun, sound can neither be added nor taken away. */
  function begin(): void {
    buffer = null
    begun = false
    looping = 0
    waiting.length = 0
    URL.revokeObjectURL(src)
    source = new MediaSource()
    src = URL.createObjectURL(source)
    video.src = src
    source.addEventListener('sourceopen', open)
  }
  begin()

  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.onmessage = (m: MessageEvent<string | ArrayBuffer>) => {
    if (typeof m.data === 'string') {
      const said = JSON.parse(m.data) as { state: string; detail?: string; codec?: string; sound?: string }
      playing.state = said.state
      playing.detail = said.detail ?? ''
      const all = said.codec !== undefined && said.sound ? `${said.codec},${said.sound}` : said.codec
      if (all !== undefined && all !== codec) {
        const other = !!said.sound !== playing.sound
        if (buffer !== null && other) begin()
        else if (buffer !== null) buffer.changeType(`video/mp4; codecs="${all}"`)
        codec = all
        playing.sound = !!said.sound
        open()
      }
      changed(playing)
      return
    }
    playing.heardAt = performance.now()
    const kind = new DataView(m.data).getUint8(0)
    if (kind === STILL) {
      if (playing.still) URL.revokeObjectURL(playing.still)
      playing.still = URL.createObjectURL(new Blob([m.data.slice(HEAD)], { type: 'image/jpeg' }))
      changed(playing)
      return
    }
    if (playing.state === 'codec') return
    if (kind > 1) playing.frames++
    waiting.push(m.data.slice(HEAD))
    pump()
  }
  socket.onclose = () => {
    if (!stopped) closed()
  }
  const timer = window.setInterval(() => {
    chase()
    changed(playing)
  }, 500)

  function stop(): void {
    if (stopped) return
    stopped = true
    buffer = null // an event of its last append may still come after the element let go of it
    window.clearInterval(timer)
    socket.close()
    URL.revokeObjectURL(src)
    if (playing.still) URL.revokeObjectURL(playing.still)
    video.removeAttribute('src')
    video.load()
  }
  function loop(seconds: number): number {
    const b = buffer?.buffered
    const there = b !== undefined && b.length > 0 ? end() - b.start(0) : 0
    looping = seconds > 0 ? Math.min(seconds, there) : 0
    if (looping > 0) {
      loopFrom = end() - looping
      video.playbackRate = 1
      video.currentTime = loopFrom
    } else {
      video.currentTime = Math.max(0, end() - 0.1)
    }
    return looping
  }
  function unhush(): void {
    playing.hushed = false
    video.muted = false
    void video.play().catch(() => undefined)
  }
  function listen(on: boolean): void {
    heard = on
    playing.hushed = false
    video.muted = !on || !playing.sound
  }
  function pace(n: number): void {
    times = n
    if (n === 0) video.pause()
    else chase()
  }
  return { playing, stop, loop, unhush, listen, pace }
}
