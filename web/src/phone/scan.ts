// Reads a point's label: its QR picture by the camera, or its tag by NFC. What was read is the label's text.
export interface Scanner { stop(): void }
interface Detector { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }
declare const BarcodeDetector: { new (init: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> } | undefined
interface NfcRecord { recordType: string; data?: DataView }
interface NfcReader { scan(init?: { signal: AbortSignal }): Promise<void>; onreading: ((e: { message: { records: NfcRecord[] } }) => void) | null }
declare const NDEFReader: { new (): NfcReader } | undefined

const EVERY_MS = 125
const WIDTH = 640

export const hasNfc = (): boolean => typeof NDEFReader !== 'undefined'

/** The text of a QR code in a picture, or null; fetched when it is needed first. */
export async function readQr(pixels: Uint8ClampedArray, width: number, height: number): Promise<string | null> {
  const { default: jsqr } = await import('jsqr')
  return jsqr(pixels, width, height, { inversionAttempts: 'dontInvert' })?.data ?? null
}

function readTag(got: (text: string) => void): AbortController {
  const abort = new AbortController()
  const reader = new NDEFReader!()
  reader.onreading = (e) => {
    for (const r of e.message.records)
      if (r.data !== undefined && (r.recordType === 'text' || r.recordType === 'url')) got(new TextDecoder().decode(r.data))
  }
  void reader.scan({ signal: abort.signal }).catch(() => undefined) // switched off, or not allowed: the camera is there
  return abort
}

async function detector(): Promise<Detector | null> {
  if (typeof BarcodeDetector === 'undefined') return null
  return (await BarcodeDetector.getSupportedFormats()).includes('qr_code') ? new BarcodeDetector({ formats: ['qr_code'] }) : null
}

/** Reads until it is stopped; each label once a second. `noCamera` is told why there is no picture. */
export function scan(video: HTMLVideoElement, got: (text: string) => void, noCamera: (why: string) => void): Scanner {
  let stopped = false
  let media: MediaStream | null = null
  let last = { text: '', at: 0 }
  const tell = (text: string) => {
    if (stopped || (text === last.text && Date.now() - last.at < 1000)) return
    last = { text, at: Date.now() }
    got(text)
  }
  const tag = hasNfc() ? readTag(tell) : null
  const canvas = document.createElement('canvas')
  async function look(native: Detector | null): Promise<void> {
    while (!stopped) {
      await new Promise((done) => setTimeout(done, EVERY_MS))
      if (stopped || video.videoWidth === 0) continue
      if (native !== null) {
        const found = await native.detect(video).catch(() => [])
        if (found[0]) tell(found[0].rawValue)
        continue
      }
      canvas.width = WIDTH
      canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth)
      const g = canvas.getContext('2d', { willReadFrequently: true })!
      g.drawImage(video, 0, 0, canvas.width, canvas.height)
      const text = await readQr(g.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height)
      if (text !== null && text !== '') tell(text)
    }
  }
  void (async () => {
    try {
      media = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } })
      if (stopped) return media.getTracks().forEach((x) => x.stop())
      video.srcObject = media
      await video.play()
      await look(await detector())
    } catch (e) {
      if (!stopped) noCamera((e as Error).name)
    }
  })()
  return {
    stop() {
      stopped = true
      tag?.abort()
      media?.getTracks().forEach((x) => x.stop())
      video.srcObject = null
    },
  }
}
