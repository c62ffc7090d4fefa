/** What a person may share in a call, as the picker shows it. */

export interface ScreenSource {
  /** Of the system's making; names the source until the next list. */
  readonly id: string
  readonly kind: 'screen' | 'window'
  /** Of a window, its title; of a screen, whatever the system calls it. */
  readonly name: string
  /** A small picture of how it looks now: a data URL, or empty. */
  readonly picture: string
}

export type ScreenSources =
  | {
      readonly kind: 'sources'
      readonly sources: readonly ScreenSource[]
      /** `false`: asking again would ask the person again, as the system shows a picker of its own first (Wayland). */
      readonly mayAskAgain: boolean
      /** Whether what the computer plays can be shared as well, and nothing of the call with it. */
      readonly sound: boolean
    }
  /** The system's settings do not let the app see the screen. */
  | { readonly kind: 'denied' }

/** What the person chose. */
export interface ScreenPick {
  readonly id: ScreenSource['id']
  /** Together with what the computer plays. */
  readonly sound: boolean
}
