import { onMounted, onUnmounted } from 'vue'
import { listen } from './store'

/** Loads when the page opens, and again soon after an event that it wants: once for many that come together. */
export function follow(load: () => unknown, wants: RegExp, soonMs = 300): void {
  let timer = 0
  let off = () => {}
  onMounted(() => {
    void load()
    off = listen((m) => {
      if (timer === 0 && wants.test(m.type)) timer = window.setTimeout(() => ((timer = 0), void load()), soonMs)
    })
  })
  onUnmounted(() => {
    off()
    window.clearTimeout(timer)
  })
}
