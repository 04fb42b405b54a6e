// The way of a bus as numbers: what it drove made into a route, and the minutes to each stop.
export type Spot = [number, number] // longitude, latitude

const DEGREE_M = 111195
const TOWN_MS = 22 / 3.6 // what a bus makes between stops

/** Metres from a to b east and north; a plane is enough for a school's district. */
const flat = (a: Spot, b: Spot): [number, number] => [(b[0] - a[0]) * DEGREE_M * Math.cos((a[1] * Math.PI) / 180), (b[1] - a[1]) * DEGREE_M]
const apart = (a: Spot, b: Spot): number => Math.hypot(...flat(a, b))

/** How far p is from the way between a and b, and how far along it. */
function beside(p: Spot, a: Spot, b: Spot): { off: number; along: number } {
  const [dx, dy] = flat(a, b)
  const [px, py] = flat(a, p)
  const length = Math.hypot(dx, dy)
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / (length * length)))
  return { off: Math.hypot(px - t * dx, py - t * dy), along: t * length }
}

/** As few points as keep the way within so many metres (Douglas and Peucker). */
export function simpler(way: Spot[], metres: number): Spot[] {
  if (way.length < 3) return way
  const [a, b] = [way[0]!, way[way.length - 1]!]
  let far = 0
  let at = 0
  way.forEach((p, i) => {
    const { off } = beside(p, a, b)
    if (off > far) [far, at] = [off, i]
  })
  return far <= metres ? [a, b] : [...simpler(way.slice(0, at + 1), metres).slice(0, -1), ...simpler(way.slice(at), metres)]
}

/** Metres along the way to where it is nearest to p. */
export function along(way: Spot[], p: Spot): number {
  let best = { off: Infinity, at: 0 }
  let gone = 0
  for (let i = 0; i + 1 < way.length; i++) {
    const { off, along: on } = beside(p, way[i]!, way[i + 1]!)
    if (off < best.off) best = { off, at: gone + on }
    gone += apart(way[i]!, way[i + 1]!)
  }
  return best.at
}
export const lengthOf = (way: Spot[]): number => way.reduce((n, p, i) => (i === 0 ? 0 : n + apart(way[i - 1]!, p)), 0)
export const minutesTo = (way: Spot[], p: Spot): number => Math.round(along(way, p) / TOWN_MS / 60)
