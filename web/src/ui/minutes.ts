/** The local day n days from now, YYYY-MM-DD (Asia/Shanghai keeps one offset all year). */
export const localDay = (n = 0): string => new Date(Date.now() + 8 * 3600_000 + n * 86400_000).toISOString().slice(0, 10)
/** Minutes of a local day as HH:MM. */
export const hourMinute = (m: number): string => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`
