import { expect, test } from 'vitest'
import { along, lengthOf, minutesTo, simpler, type Spot } from './way'

const street: Spot[] = Array.from({ length: 101 }, (_, i) => [105 + i * 0.0001, 25 + (i > 50 ? (i - 50) * 0.0001 : 0)])
test('a drive is kept by its corners', () => {
  const shaken = street.map(([x, y], i): Spot => [x, y + (i % 2 ? 0.00003 : -0.00003)])
  const few = simpler(shaken, 20)
  expect(few.length).toBeLessThan(6)
  for (const p of shaken) expect(Math.min(...few.map((_, i) => (i === 0 ? Infinity : off(p, few[i - 1]!, few[i]!))))).toBeLessThanOrEqual(21)
})
const off = (p: Spot, a: Spot, b: Spot) => {
  const k = 111195
  const c = Math.cos((25 * Math.PI) / 180)
  const [dx, dy, px, py] = [(b[0] - a[0]) * k * c, (b[1] - a[1]) * k, (p[0] - a[0]) * k * c, (p[1] - a[1]) * k]
  const t = Math.max(0, Math.min(1, (px * dx + py * dy) / (dx * dx + dy * dy)))
  return Math.hypot(px - t * dx, py - t * dy)
}
test('a stop is reached in the minutes of its way', () => {
  const way: Spot[] = [[105, 25], [105.02, 25], [105.02, 25.02]]
  expect(lengthOf(way)).toBeCloseTo(2 * 0.01 * 111195 * (1 + Math.cos((25 * Math.PI) / 180)), -2)
  expect(along(way, [105.01, 25.0001])).toBeCloseTo(0.01 * 111195 * Math.cos((25 * Math.PI) / 180), -1)
  expect(minutesTo(way, [105.02, 25.02])).toBe(12)
  expect(simpler([[1, 1], [2, 2]], 5)).toHaveLength(2)
})
