// Gives what the microphone hears in pieces of 40 ms. Runs in the audio thread: talk.ts listens at the other end.
class Mic extends AudioWorkletProcessor {
  constructor() {
    super()
    this.piece = new Float32Array(320)
    this.filled = 0
  }

  process(inputs) {
    for (const sample of inputs[0][0] ?? []) {
      this.piece[this.filled++] = sample
      if (this.filled < this.piece.length) continue
      this.port.postMessage(this.piece)
      this.filled = 0
    }
    return true
  }
}
registerProcessor('mic', Mic)
