/** Which keys do what, and how a platform writes them. */
export type Shortcut = 'new-call' | 'new-group' | 'search' | 'settings' | 'mute' | 'camera' | 'full-screen' | 'end'

export interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
}

interface Keys {
  readonly key: string
  readonly command: boolean
  readonly shift: boolean
}

const shortcuts: Readonly<Record<Shortcut, readonly Keys[]>> = {
  'new-call': [{ key: 'n', command: true, shift: false }],
  'new-group': [{ key: 'n', command: true, shift: true }],
  search: [{ key: 'f', command: true, shift: false }],
  settings: [{ key: ',', command: true, shift: false }],
  mute: [{ key: 'd', command: true, shift: false }],
  camera: [{ key: 'e', command: true, shift: false }],
  'full-screen': [
    { key: 'F11', command: false, shift: false },
    { key: 'f', command: false, shift: false },
  ],
  end: [{ key: 'h', command: true, shift: true }],
}

const NAMES: readonly Shortcut[] = [
  'new-call',
  'new-group',
  'search',
  'settings',
  'mute',
  'camera',
  'full-screen',
  'end',
]

/** The command key is ⌘ on the Mac and Ctrl elsewhere. */
export function shortcutOf(press: KeyPress, platform: string): Shortcut | undefined {
  const command = platform === 'darwin' ? press.metaKey && !press.ctrlKey : press.ctrlKey && !press.metaKey
  const other = platform === 'darwin' ? press.ctrlKey : press.metaKey
  if (press.altKey || (other && !command)) return undefined
  return NAMES.find((name) =>
    shortcuts[name].some(
      (keys) =>
        keys.command === command && keys.shift === press.shiftKey && keys.key.toLowerCase() === press.key.toLowerCase(),
    ),
  )
}

/** As the platform's menus write it, a piece for each key. */
export function keyNames(name: Shortcut, platform: string): readonly string[] {
  const keys = shortcuts[name][0]
  if (keys === undefined) return []
  const key = keys.key.length === 1 ? keys.key.toUpperCase() : keys.key
  return platform === 'darwin'
    ? [...(keys.shift ? ['⇧'] : []), ...(keys.command ? ['⌘'] : []), key]
    : [...(keys.command ? ['Ctrl'] : []), ...(keys.shift ? ['Shift'] : []), key]
}
