// The five orders: colour and pictogram are the same on console, phone and paper.
export const VERBS = ['hold', 'secure', 'lockdown', 'evacuate', 'shelter'] as const
export type Verb = (typeof VERBS)[number]
/** White text on each has a contrast of 4.9 and more. */
export const colours: Record<Verb, string> = { hold: '#2f6fd0', secure: '#0b7a75', lockdown: '#c9182e', evacuate: '#157a32', shelter: '#7a4ab8' }
