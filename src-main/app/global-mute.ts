/** The keys that mute and unmute from any program. They are taken from the others only while a call is on. */
import type { CallId, MediaChoice, Snapshot } from '../../src-shared/ipc/snapshot.ts'

/** Electron's `globalShortcut`. */
export interface SystemShortcuts {
  register(accelerator: string, pressed: () => void): boolean
  unregister(accelerator: string): void
}

export interface GlobalMuteOptions {
  readonly shortcuts: SystemShortcuts
  setMedia(callId: CallId, media: MediaChoice): void
  /** Another program has these keys, or the system gives them to nobody. */
  taken(isTaken: boolean): void
}

export class GlobalMute {
  readonly #options: GlobalMuteOptions
  #chosen: string | undefined
  #registered: string | undefined
  #snapshot: Snapshot | undefined

  constructor(options: GlobalMuteOptions) {
    this.#options = options
  }

  follow(snapshot: Snapshot): void {
    this.#snapshot = snapshot
    const { muteShortcut } = snapshot.settings
    const isOn = this.#current() !== undefined
    if (muteShortcut === this.#chosen && isOn === (this.#registered !== undefined)) return
    const isNew = muteShortcut !== this.#chosen
    this.#chosen = muteShortcut
    this.#release()
    // Who has just chosen wants to know now, and not in the next call, whether it works.
    if (isNew || isOn) this.#options.taken(muteShortcut !== undefined && !this.#register(muteShortcut))
    if (!isOn) this.#release()
  }

  #register(accelerator: string): boolean {
    const works = this.#options.shortcuts.register(accelerator, () => this.#toggle())
    if (works) this.#registered = accelerator
    return works
  }

  #release(): void {
    if (this.#registered !== undefined) this.#options.shortcuts.unregister(this.#registered)
    this.#registered = undefined
  }

  #current(): Pick<NonNullable<Snapshot['call']>, 'callId' | 'local'> | undefined {
    return [this.#snapshot?.group, this.#snapshot?.call].find((call) => call && call.phase.kind !== 'ended')
  }

  #toggle(): void {
    const call = this.#current()
    if (call !== undefined) this.#options.setMedia(call.callId, { ...call.local, audio: !call.local.audio })
  }
}
