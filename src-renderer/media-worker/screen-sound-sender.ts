/** What the own computer plays, sent beside the own screen. A stream of its own: muting the microphone is nothing to it. */
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { type AudioOutlet, AudioSender, SCREEN_SOUND } from './audio-sender.ts'
import { FramePump } from './frame-pump.ts'
import type { SendingRate } from './sending-rate.ts'

export class ScreenSoundSender {
  readonly #rate: SendingRate
  readonly #sender: AudioSender
  readonly #pump = new FramePump<AudioData>((sound, isFirst) => this.#take(sound, isFirst))

  constructor(stream: RtpSender, rate: SendingRate, outlet: Omit<AudioOutlet, 'redundancy'>) {
    this.#rate = rate
    this.#sender = new AudioSender(stream, SCREEN_SOUND, { ...outlet, redundancy: () => rate.redundancy })
    this.#sender.mute(false)
  }

  get sentMs(): number {
    return this.#sender.sentMs
  }

  /** From now on; `undefined`: the screen that is shared now has none. */
  share(sound: ReadableStream<AudioData> | undefined): void {
    this.#pump.use(sound)
    this.#rate.shareSound(sound !== undefined)
    if (sound === undefined) this.#sender.close()
  }

  #take(sound: AudioData, isFirst: boolean): void {
    if (this.#pump.isOn) this.#sender.take(sound, isFirst)
    else sound.close()
  }
}
