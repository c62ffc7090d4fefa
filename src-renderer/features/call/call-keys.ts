/** The keys of a call, in whichever window they are pressed. */
import { type Shortcut, shortcutOf } from '../../app/shortcuts.ts'
import { platform } from '../../bridge/sightline.ts'

export type CallActions = Readonly<Partial<Record<Shortcut, () => void>>>

/** A key that is held does nothing more. */
export function pressKey(event: KeyboardEvent, actions: CallActions): void {
  const shortcut = shortcutOf(event, platform)
  const act = shortcut && actions[shortcut]
  if (act === undefined) return
  event.preventDefault()
  if (!event.repeat) act()
}
