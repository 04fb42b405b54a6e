// Tones, generated: no files. Console and phone share them.
import { ref } from 'vue'

export const blocked = ref(false)
let audio: AudioContext | null = null

export function context(): AudioContext | null {
  audio ??= 'AudioContext' in window ? new AudioContext() : null
  if (audio?.state === 'suspended') void audio.resume()
  blocked.value = audio === null || audio.state === 'suspended'
  return audio
}

export function tone(hz: number, from: number, seconds: number, volume: number, type: OscillatorType = 'square'): void {
  const a = context()
  if (a === null || a.state !== 'running') return
  const o = a.createOscillator()
  const g = a.createGain()
  o.type = type
  o.frequency.value = hz
  g.gain.setValueAtTime(0, a.currentTime + from)
  g.gain.linearRampToValueAtTime(volume, a.currentTime + from + 0.01)
  g.gain.setValueAtTime(volume, a.currentTime + from + seconds - 0.02)
  g.gain.linearRampToValueAtTime(0, a.currentTime + from + seconds)
  o.connect(g).connect(a.destination)
  o.start(a.currentTime + from)
  o.stop(a.currentTime + from + seconds)
}

export function woodBlock(): void {
  tone(1600, 0, 0.04, 0.4, 'triangle')
  tone(1200, 0.09, 0.04, 0.4, 'triangle')
}

/** Each order has a tone of its own; that of the lockdown is in none of the others. A drill is led by a wood block. */
export function playVerb(verb: string, drill: boolean): void {
  const at = drill ? 0.4 : 0
  if (drill) woodBlock()
  if (verb === 'lockdown') for (let i = 0; i < 8; i++) tone(i % 2 ? 740 : 1175, at + i * 0.18, 0.16, 0.3, 'sawtooth')
  else if (verb === 'secure') for (let i = 0; i < 2; i++) tone(523, at + i * 0.6, 0.45, 0.25, 'sine')
  else if (verb === 'evacuate') for (let i = 0; i < 6; i++) tone(880, at + i * 0.25, 0.12, 0.3)
  else if (verb === 'shelter') [392, 494, 587, 784].forEach((hz, i) => tone(hz, at + i * 0.3, 0.28, 0.25, 'triangle'))
  else tone(587, at, 0.7, 0.2, 'sine')
}
