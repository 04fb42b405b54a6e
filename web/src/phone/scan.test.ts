import qrcode from 'qrcode-generator'
import { expect, test } from 'vitest'
import { readQr } from './scan'

test('a printed label is read, and a blank wall is not', async () => {
  const q = qrcode(0, 'M')
  q.addData('HXP:123456:2:7KQ2MVX9')
  q.make()
  const n = q.getModuleCount()
  const side = (n + 8) * 6
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let y = 0; y < n * 6; y++)
    for (let x = 0; x < n * 6; x++)
      if (q.isDark(Math.floor(y / 6), Math.floor(x / 6))) pixels.fill(20, ((y + 24) * side + x + 24) * 4, ((y + 24) * side + x + 24) * 4 + 3)
  expect(await readQr(pixels, side, side)).toBe('HXP:123456:2:7KQ2MVX9')
  expect(await readQr(new Uint8ClampedArray(320 * 240 * 4).fill(200), 320, 240)).toBeNull()
})
