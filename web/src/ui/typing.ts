/** Whether somebody types in a field within: what stands there must not be replaced under them. */
export function typingIn(root: HTMLElement | undefined): boolean {
  const field = document.activeElement
  return root !== undefined && field instanceof HTMLInputElement && field.type !== 'checkbox' && root.contains(field)
}
