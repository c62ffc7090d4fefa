/** What the network carries away from here, for those who send: in a 1:1 call to the other side, in a group to the relay. */
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import {
  estimateFor,
  pictureBitrate,
  type PictureShares,
  sharePictures,
} from '../../src-shared/media/congestion/allocation.ts'
import { CongestionControl } from '../../src-shared/media/congestion/congestion-control.ts'
import type { LossyPath } from '../../src-shared/media/parity.ts'
import { redundancyFor } from '../../src-shared/media/redundant-audio.ts'
import type { CongestionFeedback } from '../../src-shared/media/rtcp-congestion.ts'
import { sequenceNumberOf, ssrcOf } from '../../src-shared/media/rtp.ts'
import type { SendingStatistics } from '../devices/media-session.ts'

/** What is sent again is averaged over so long, and takes no more than this share of the estimate from the pictures. */
const AGAIN_SPAN: Ms = 500
const AGAIN_SHARE = 0.5

export class SendingRate {
  readonly #control: CongestionControl
  readonly #maxBitrate: number
  readonly #isCameraOn: () => boolean
  readonly #parityShare: () => number
  /** The most that the shared screen has a use for, bits a second. */
  #screen: number | undefined
  /** The computer's sound goes with it. */
  #screenSound = false
  /** Bits that were sent again lately, as of this moment. */
  #again = 0
  #at: Ms = 0

  /** `maxBitrate`: of the camera's picture, bits a second. `parityShare`: of it, what its repair packets take. */
  constructor(maxBitrate: number, isCameraOn: () => boolean, parityShare: () => number = () => 0) {
    this.#maxBitrate = maxBitrate
    this.#isCameraOn = isCameraOn
    this.#parityShare = parityShare
    this.#control = new CongestionControl({
      start: estimateFor(videoBitrate('VP8', 1280, 720, 30).start, { screenSound: false }),
      max: estimateFor(maxBitrate, { screenSound: false }),
    })
  }

  /** For the encoders of the camera's picture together, bits a second. */
  get camera(): number {
    return Math.round(Math.min(this.#maxBitrate, this.#shares.camera) * (1 - this.#parityShare()))
  }

  /** For the encoder of the shared screen, bits a second. */
  get screen(): number {
    return this.#shares.screen
  }

  /** At which packets may leave, bits a second. */
  get pacing(): number {
    return this.#control.pacing
  }

  /** How many frames of sound before its own a packet carries. */
  get redundancy(): number {
    return redundancyFor(this.#control.loss)
  }

  /** How it loses packets. */
  get path(): LossyPath {
    const { roundTrip, loss, lossRun } = this.#control
    return { roundTrip, loss, lossRun }
  }

  get roundTrip(): Ms | undefined {
    return this.#control.roundTrip
  }

  get statistics(): SendingStatistics {
    return { availableBitrate: this.#control.estimate, loss: this.#control.loss }
  }

  /** `most`: that the shared screen has a use for, bits a second; `undefined`: none is shared. */
  shareScreen(most: number | undefined): void {
    if (most === this.#screen) return
    this.#screen = most
    this.#limit()
  }

  /** Whether the computer's sound is sent as well. */
  shareSound(on: boolean): void {
    this.#screenSound = on
    this.#limit()
  }

  /** Protected packets of RTP left, for the first time or again. */
  sent(packets: readonly Uint8Array[], now: Ms): void {
    this.#again *= Math.exp((this.#at - now) / AGAIN_SPAN)
    this.#at = now
    for (const packet of packets) this.#control.sent(ssrcOf(packet), sequenceNumberOf(packet), packet.length, now)
  }

  /** Of what leaves now, so many bytes leave once more: the pictures make room for them. */
  sentAgain(bytes: number): void {
    this.#again += 8 * bytes
  }

  /** It was told when packets came in. */
  reported(feedback: CongestionFeedback, now: Ms): void {
    this.#control.reported(feedback, now)
  }

  pathChanged(): void {
    this.#control.pathChanged()
  }

  #limit(): void {
    this.#control.limit(estimateFor(this.#maxBitrate + (this.#screen ?? 0), { screenSound: this.#screenSound }))
  }

  get #shares(): PictureShares {
    const { estimate } = this.#control
    const again = Math.min((this.#again * SECOND) / AGAIN_SPAN, AGAIN_SHARE * estimate)
    const all = pictureBitrate(estimate - again, { screenSound: this.#screenSound })
    return sharePictures(all, { screen: this.#screen, camera: this.#isCameraOn() })
  }
}
