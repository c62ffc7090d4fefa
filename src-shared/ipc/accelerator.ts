/** Key combinations that work in any program, in the notation of Electron's accelerators: `Control+Shift+M`. */

const MODIFIERS = ['Control', 'Alt', 'Shift', 'Super'] as const
const KEY = /^(?:[A-Z0-9]|F(?:[1-9]|1\d|2[0-4])|Space|Insert|Home|End|PageUp|PageDown|Up|Down|Left|Right|[,./;'`=-])$/

export interface HeldKeys {
  /** Physical key, as in `KeyboardEvent.code`. */
  readonly code: string
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
  readonly metaKey: boolean
}

const NAMED: Readonly<Record<string, string>> = {
  Space: 'Space',
  Insert: 'Insert',
  Home: 'Home',
  End: 'End',
  PageUp: 'PageUp',
  PageDown: 'PageDown',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  Comma: ',',
  Period: '.',
  Slash: '/',
  Semicolon: ';',
  Quote: "'",
  Backquote: '`',
  Equal: '=',
  Minus: '-',
}

/** `undefined`: not (yet) a combination that other programs could spare. A function key may stand alone. */
export function acceleratorOf({ code, ctrlKey, altKey, shiftKey, metaKey }: HeldKeys): string | undefined {
  const key = /^(?:Key|Digit)(.)$/.exec(code)?.[1] ?? (/^F\d+$/.test(code) ? code : NAMED[code])
  if (key === undefined) return undefined
  const held = [ctrlKey, altKey, shiftKey, metaKey]
  const accelerator = [...MODIFIERS.filter((_, i) => held[i]), key].join('+')
  return isAccelerator(accelerator) ? accelerator : undefined
}

export function isAccelerator(text: string): boolean {
  const pieces = text.split('+')
  const key = pieces.pop() ?? ''
  const places = pieces.map((piece) => MODIFIERS.findIndex((modifier) => modifier === piece))
  const inOrder = places.every((place, i) => place > (places[i - 1] ?? -1))
  const spared = /^F\d/.test(key) || pieces.some((piece) => piece !== 'Shift')
  return KEY.test(key) && inOrder && spared
}

const MAC: Readonly<Record<string, string>> = { Control: '⌃', Alt: '⌥', Shift: '⇧', Super: '⌘' }
const OTHERS: Readonly<Record<string, string>> = { Control: 'Ctrl', Super: 'Win' }

/** As the platform writes it, a piece for each key. */
export function acceleratorNames(accelerator: string, platform: string): readonly string[] {
  const names = platform === 'darwin' ? MAC : OTHERS
  return accelerator.split('+').map((piece) => names[piece] ?? piece)
}
