import { onMounted, onUnmounted } from 'vue'

/** Keys rest inside inputs, while an input method composes, and while a dialog is open (unless the handler says so). */
export function globalKeys(keys: Record<string, (e: KeyboardEvent) => void>, inDialogs = false): void {
  const onKey = (e: KeyboardEvent) => {
    const target = e.target as HTMLElement
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) return
    if (!inDialogs && document.querySelector('dialog[open]') !== null) return
    if (e.key === ' ' && target.tagName === 'BUTTON' && !target.classList.contains('row')) return
    const key = e.key.length === 1 ? e.key.toLowerCase() : e.key
    const handler = keys[key]
    if (handler === undefined) return
    e.preventDefault()
    handler(e)
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onUnmounted(() => window.removeEventListener('keydown', onKey))
}
