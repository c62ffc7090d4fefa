/** What the network carries away from here, for those who send: in a 1:1 call to the other side, in a group to the relay. */
import type { Ms } from '../../src-shared/base/time.ts'
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import { estimateFor, pictureBitrate } from '../../src-shared/media/congestion/allocation.ts'
import { CongestionControl } from '../../src-shared/media/congestion/congestion-control.ts'
import { redundancyFor } from '../../src-shared/media/redundant-audio.ts'
import type { CongestionFeedback } from '../../src-shared/media/rtcp-congestion.ts'
import { sequenceNumberOf, ssrcOf } from '../../src-shared/media/rtp.ts'
import type { SendingStatistics } from '../devices/media-session.ts'

export class SendingRate {
  readonly #control: CongestionControl

  /** `maxBitrate`: of the picture, bits a second. */
  constructor(maxBitrate: number) {
    this.#control = new CongestionControl({
      start: estimateFor(videoBitrate('VP8', 1280, 720, 30).start),
      max: estimateFor(maxBitrate),
    })
  }

  /** For the encoders of the picture together, bits a second. */
  get bitrate(): number {
    return pictureBitrate(this.#control.estimate)
  }

  /** At which packets may leave, bits a second. */
  get pacing(): number {
    return this.#control.pacing
  }

  /** How many frames of sound before its own a packet carries. */
  get redundancy(): number {
    return redundancyFor(this.#control.loss)
  }

  get roundTrip(): Ms | undefined {
    return this.#control.roundTrip
  }

  get statistics(): SendingStatistics {
    return { availableBitrate: this.#control.estimate, loss: this.#control.loss }
  }

  /** Protected packets of RTP left, for the first time or again. */
  sent(packets: readonly Uint8Array[], now: Ms): void {
    for (const packet of packets) this.#control.sent(ssrcOf(packet), sequenceNumberOf(packet), packet.length, now)
  }

  /** It was told when packets came in. */
  reported(feedback: CongestionFeedback, now: Ms): void {
    this.#control.reported(feedback, now)
  }

  pathChanged(): void {
    this.#control.pathChanged()
  }
}
