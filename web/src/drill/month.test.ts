import { expect, test } from 'vitest'
import { monthFrom, weeksOf } from './month'

test('a month is whole weeks from Monday on, each day once', () => {
  for (let y = 2024; y < 2030; y++)
    for (let m = 1; m <= 12; m++) {
      const month = `${y}-${String(m).padStart(2, '0')}`
      const weeks = weeksOf(month)
      const days = weeks.flat()
      expect(weeks.every((w) => w.length === 7 && new Date(`${w[0]}T00:00:00Z`).getUTCDay() === 1)).toBe(true)
      expect(new Set(days).size).toBe(days.length)
      expect(days.filter((d) => d.startsWith(month)).length).toBe(new Date(Date.UTC(y, m, 0)).getUTCDate())
      expect(weeks.every((w) => w.some((d) => d.startsWith(month)))).toBe(true)
    }
})
test('the next month of December is January', () => {
  expect([monthFrom('2026-12', 1), monthFrom('2026-01', -1), monthFrom('2026-11', 0)]).toEqual(['2027-01', '2025-12', '2026-11'])
})
