import { ref } from 'vue'
import { list, type Schemas } from '../api/api'
import { listen } from '../live/store'

/** How far each open incident may be believed: asked again, once, soon after anything about one changed. */
export const confidence = ref(new Map<number, Schemas['Confidence']>())
const SOON_MS = 1500
let users = 0
let timer = 0
let off = () => {}

async function ask(): Promise<void> {
  timer = 0
  confidence.value = new Map((await list<Schemas['Confidence']>('/v1/confidence')).map((c) => [c.incident_id, c]))
}
export function followConfidence(): () => void {
  if (users++ === 0) {
    void ask()
    off = listen((m) => {
      if (timer === 0 && /^(incident|warning|alarm)\./.test(m.type)) timer = window.setTimeout(() => void ask(), SOON_MS)
    })
  }
  return () => {
    if (--users === 0) off()
  }
}
