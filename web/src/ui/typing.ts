import type { Ref } from 'vue'

function typingIn(root: HTMLElement | undefined): boolean {
  const field = document.activeElement
  return root !== undefined && field instanceof HTMLInputElement && field.type !== 'checkbox' && root.contains(field)
}
/** Shows what `fetch` brings, but not while somebody types in a field within `root`: what stands there must not be replaced under them. It is fetched again
 * once they have left, for which `root` calls `left` on focusout. */
export function heldBack(root: Ref<HTMLElement | undefined>, fetch: () => Promise<() => void>): { load: () => Promise<void>; left: () => void } {
  let late = false
  async function load(): Promise<void> {
    const show = await fetch()
    late = typingIn(root.value)
    if (!late) show()
  }
  return { load, left: () => void (late && window.setTimeout(load)) }
}
