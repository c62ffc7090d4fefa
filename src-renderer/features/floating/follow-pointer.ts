/** Moves a window that has no title bar with the pointer that holds it. */
export function followPointer(view: Window, mayHold: (target: EventTarget | null) => boolean): void {
  /** Where in the window it is held. */
  let grip: { readonly x: number; readonly y: number } | undefined
  view.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !mayHold(event.target)) return
    view.document.documentElement.setPointerCapture(event.pointerId)
    grip = { x: event.screenX - view.screenX, y: event.screenY - view.screenY }
  })
  view.addEventListener('pointermove', ({ screenX, screenY }) => {
    if (grip) view.moveTo(screenX - grip.x, screenY - grip.y)
  })
  const release = () => {
    grip = undefined
  }
  view.addEventListener('pointerup', release)
  view.addEventListener('pointercancel', release)
}
