import { onMounted, onUnmounted } from 'vue'

/** Does it when the component stands, and again every so many milliseconds while it does. */
export function useEvery(ms: number, work: () => unknown): void {
  let timer = 0
  onMounted(() => {
    void work()
    timer = window.setInterval(() => void work(), ms)
  })
  onUnmounted(() => window.clearInterval(timer))
}
