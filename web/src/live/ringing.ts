import { onMounted, onUnmounted } from 'vue'
import type { Incident } from '../api/api'
import { me } from '../ui/session'
import { listen, queue } from './store'
import { ring, speak } from './sound'

/** Rings once a second for what nobody has acknowledged, and says each new P1 and P2 once. */
export function useRinging(): void {
  let timer = 0
  let stop = () => {}
  onMounted(() => {
    timer = window.setInterval(() => me.value && ring(queue()), 1000)
    stop = listen((m) => {
      if (m.type === 'incident.opened') speak(m.data as unknown as Incident)
    })
  })
  onUnmounted(() => {
    clearInterval(timer)
    stop()
  })
}
