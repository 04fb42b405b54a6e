// The days of a month as whole weeks from Monday on, as local dates.
const dateOf = (d: Date): string => d.toISOString().slice(0, 10)

/** `month`: "2026-11". Whole weeks: the days before its first and after its last belong to its neighbours. */
export function weeksOf(month: string): string[][] {
  const first = new Date(`${month}-01T00:00:00Z`)
  const day = new Date(first)
  day.setUTCDate(1 - ((first.getUTCDay() + 6) % 7))
  const weeks: string[][] = []
  do {
    const week: string[] = []
    for (let n = 0; n < 7; n++, day.setUTCDate(day.getUTCDate() + 1)) week.push(dateOf(day))
    weeks.push(week)
  } while (dateOf(day).slice(0, 7) === month)
  return weeks
}
/** The month so many months away. */
export function monthFrom(month: string, by: number): string {
  const d = new Date(`${month}-01T00:00:00Z`)
  d.setUTCMonth(d.getUTCMonth() + by)
  return dateOf(d).slice(0, 7)
}
