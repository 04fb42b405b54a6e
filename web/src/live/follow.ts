import { onMounted, onUnmounted } from 'vue'
import { listen, type Message } from './store'

/** Loads when the page opens, and again soon after an event that it wants: once for many that come together. */
export function follow(load: () => unknown, wants: RegExp | ((m: Message) => boolean), soonMs = 300): void {
  let timer = 0
  let off = () => {}
  onMounted(() => {
    void load()
    off = listen((m) => {
      if (timer === 0 && (wants instanceof RegExp ? wants.test(m.type) : wants(m))) timer = window.setTimeout(() => ((timer = 0), void load()), soonMs)
    })
  })
  onUnmounted(() => {
    off()
    window.clearTimeout(timer)
  })
}
