import { expect, test } from 'vitest'
import { alaw, fromG711 } from './g711'

test('what goes in as A law comes out near it, silence as silence', () => {
  expect(alaw(0)).toBe(0xd5)
  expect(alaw(1)).toBe(0xaa)
  for (let x = -1; x <= 1; x += 0.001) {
    const back = fromG711(Uint8Array.of(alaw(x)), 0)[0]!
    expect(Math.abs(back - x)).toBeLessThan(Math.abs(x) / 25 + 0.0006)
  }
})

test('µ law: the ends and silence', () => {
  expect(Array.from(fromG711(Uint8Array.of(0xff, 0x80, 0x00), 1)).map((x) => Math.round(x * 32768))).toEqual([0, 32124, -32124])
})
