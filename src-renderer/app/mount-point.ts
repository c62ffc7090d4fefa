/** The element of the page that the app lives in. */
export function mountPoint(): HTMLElement {
  const element = document.getElementById('app')
  if (element === null) throw new Error('the page has no element for the app')
  return element
}
