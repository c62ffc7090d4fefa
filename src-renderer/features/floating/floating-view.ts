/** What the small window shows of a call, and what can be done in it. */
import type { UnixMs } from '../../../src-shared/base/time.ts'
import type { MediaChoice } from '../../../src-shared/ipc/snapshot.ts'

export interface FloatingView {
  /** Of the window: the call. */
  readonly title: string
  /** Who is shown. */
  readonly name: string
  readonly handle: string
  /** In the place of the elapsed time. */
  readonly words: string | undefined
  readonly since: UnixMs | undefined
  /** `whole`: nothing of it may be cut off. */
  readonly picture: { readonly stream: MediaStream; readonly label: string; readonly whole: boolean } | undefined
  /** The picture stands still. */
  readonly stale: boolean
  readonly local: MediaChoice
  /** Still ringing: ending it is taking it back. */
  readonly waiting: boolean
  /** The space bar opens the microphone while it is held. */
  readonly pushToTalk: boolean
  readonly onspeak: (speaking: boolean) => void
  readonly onmicrophone: () => void
  readonly oncamera: () => void
  readonly onend: () => void
}
