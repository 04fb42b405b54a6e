import { computed, ref } from 'vue'

/** The address is the state: every page and record has one. */
export const path = ref(location.pathname)
window.addEventListener('popstate', () => (path.value = location.pathname))

export function go(to: string): void {
  if (to !== location.pathname) history.pushState(null, '', to)
  path.value = to
}

export const parts = computed(() => path.value.split('/').filter(Boolean))
