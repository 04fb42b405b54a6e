// G.711 (ITU-T G.711): a sample of -1 … 1 as eight bits, and back.

/** A law. */
export function alaw(sample: number): number {
  const x = Math.round(Math.max(-1, Math.min(1, sample)) * 32767)
  const v = (x < 0 ? -(x + 1) : x) >> 3
  let segment = 0
  for (let top = v >> 5; top > 0 && segment < 7; top >>= 1) segment++
  const code = (segment << 4) | ((segment < 2 ? v >> 1 : v >> segment) & 15)
  return (x < 0 ? code : code | 0x80) ^ 0x55
}
function fromAlaw(code: number): number {
  const a = code ^ 0x55
  const segment = (a >> 4) & 7
  let v = ((a & 15) << 4) | 8
  if (segment > 0) v = (v + 0x100) << (segment - 1)
  return (a & 0x80 ? v : -v) / 32768
}
function fromUlaw(code: number): number {
  const u = ~code & 255
  const v = (((u & 15) << 3) + 132) << ((u >> 4) & 7)
  return (u & 0x80 ? 132 - v : v - 132) / 32768
}
const tables = [fromAlaw, fromUlaw].map((from) => Float32Array.from({ length: 256 }, (_, i) => from(i)))

/** All samples of a packet; `law` 0: A, 1: µ. */
export function fromG711(bytes: Uint8Array, law: number): Float32Array<ArrayBuffer> {
  const table = tables[law === 1 ? 1 : 0]!
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) out[i] = table[bytes[i]!]!
  return out
}
