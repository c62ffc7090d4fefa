/**
 * A sound and the picture that belongs to it, played at the same time: a voice and its camera, what a computer plays and its
 * screen. Which of the two would be early waits for the other (`playout-sync.ts`).
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { PlayoutSync } from '../../src-shared/media/playout-sync.ts'
import type { PlayoutPlan } from '../../src-shared/media/received.ts'
import type { SenderInfo } from '../../src-shared/media/rtcp-reports.ts'

/** From a frame's writing to the screen: half a frame of the screen and the compositor. */
const SCREEN_LATENCY: Ms = 16
const SYNC_INTERVAL: Ms = 250
/**
 * The picture is not held back for so much: sound that comes after its picture is noticed from 125 ms on (ITU-R BT.1359),
 * and the sound card alone takes some 50 ms.
 */
const TOLERATED_LEAD: Ms = 100

/** What is played out of a buffer. */
export interface SyncedStream {
  plan(): PlayoutPlan | undefined
  setExtraDelay(extra: Ms): void
}

export class LipSync {
  readonly #sync = new PlayoutSync()
  readonly #sound: SyncedStream
  readonly #picture: SyncedStream
  readonly #soundLatency: () => Ms
  #heard: PlayoutPlan | undefined
  #skew: Ms | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  /** `soundLatency`: from the buffer's pull to the ear. */
  constructor(sound: SyncedStream, picture: SyncedStream, soundLatency: () => Ms) {
    this.#sound = sound
    this.#picture = picture
    this.#soundLatency = soundLatency
  }

  /** At the last frame that was shown; positive: picture late. */
  get skew(): Ms | undefined {
    return this.#skew
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#synchronise(), SYNC_INTERVAL)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  senderReport(kind: 'audio' | 'video', info: SenderInfo): void {
    this.#sync.senderReport(kind, info)
  }

  /** The sound of this RTP timestamp is heard at this local time. */
  heard(rtpTimestamp: number, at: Ms): void {
    this.#heard = { rtpTimestamp, at }
  }

  /** The frame of this RTP timestamp was written at this local time. */
  shown(rtpTimestamp: number, at: Ms): void {
    if (this.#heard !== undefined) this.#skew = this.#sync.skew(this.#heard, { rtpTimestamp, at: at + SCREEN_LATENCY })
  }

  #synchronise(): void {
    const sound = later(this.#sound.plan(), this.#soundLatency())
    const picture = later(this.#picture.plan(), SCREEN_LATENCY)
    const lead = sound && picture ? -(this.#sync.skew(sound, picture) ?? 0) : 0
    const tolerated = Math.min(TOLERATED_LEAD, Math.max(0, lead))
    const delays = this.#sync.update(sound, later(picture, tolerated), performance.now())
    this.#sound.setExtraDelay(delays.audio)
    this.#picture.setExtraDelay(delays.video)
  }
}

function later(plan: PlayoutPlan | undefined, by: Ms): PlayoutPlan | undefined {
  return plan && { ...plan, at: plan.at + by }
}
