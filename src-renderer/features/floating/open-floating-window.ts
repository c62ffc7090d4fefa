/**
 * Opens the small window and puts a component into it. It is a document of this very page: pictures are shown in it without leaving
 * the renderer, and events come here. Main opens it under this name and address only.
 */
import { type Component, mount, unmount } from 'svelte'
import { FLOATING_ADDRESS, FLOATING_FRAME } from '../../../src-shared/ipc/floating-window.ts'
import { followPointer } from './follow-pointer.ts'

interface Gestures {
  readonly onkeydown: (event: KeyboardEvent) => void
  readonly onback: () => void
  /** By the person or the system, not by the returned function. */
  readonly onclosed: () => void
}

/** Returns what closes it. */
export function openFloatingWindow<Props extends Record<string, unknown>>(
  content: Component<Props>,
  props: Props,
  { onkeydown, onback, onclosed }: Gestures,
): () => void {
  const view = window.open(FLOATING_ADDRESS, FLOATING_FRAME)
  if (view === null) return () => undefined
  let mounted: Record<string, unknown> | undefined
  let closed = false
  const end = () => {
    closed = true
    if (mounted) void unmount(mounted)
    mounted = undefined
  }
  view.addEventListener('pagehide', () => {
    if (closed) return
    end()
    onclosed()
  })
  view.addEventListener('keydown', onkeydown)
  view.addEventListener('dblclick', ({ target }) => {
    if (!isInButton(target)) onback()
  })
  followPointer(view, (target) => !isInButton(target))
  void copyStyles(view.document).then(() => {
    if (!closed) mounted = mount(content, { target: view.document.body, props })
  })
  return () => {
    end()
    // It closes later: the next one must not be taken for it.
    view.name = ''
    view.close()
  }
}

function isInButton(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button') !== null
}

/** Resolves when they are there: nothing is seen undressed. */
async function copyStyles(to: Document): Promise<void> {
  const sheets = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].map(({ href }) => {
    const link = to.createElement('link')
    link.rel = 'stylesheet'
    link.href = href
    return link
  })
  const loaded = sheets.map(
    (sheet) =>
      new Promise((resolve) => {
        sheet.addEventListener('load', resolve)
        sheet.addEventListener('error', resolve)
      }),
  )
  to.head.append(...sheets)
  await Promise.all(loaded)
}
