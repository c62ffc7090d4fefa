/**
 * Lip sync. The sender reports of the two streams name one clock (RFC 3550 section 6.4.1), so it can be told how much
 * later than the other each is played by its own buffer's plan; the one that is ahead gets the difference as extra
 * delay. The plans are without that delay: nothing feeds back, nothing can swing.
 */
import type { Ms } from '../base/time.ts'
import { msOfNtp } from './ntp.ts'
import { AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE } from './payload-types.ts'
import type { PlayoutPlan } from './received.ts'
import type { SenderInfo } from './rtcp-reports.ts'
import { timestampDelta } from './sequence.ts'

/** Milliseconds of extra delay for each second of the call: below what a person notices. */
const SLEW = 40
/** Differences below this are not heard and not seen (ITU-R BT.1359: 45 ms at least). */
const TOLERATED: Ms = 10
/** A larger difference is no matter of the network: one of the reports is wrong. */
const MAX_DIFFERENCE: Ms = 2000

export interface ExtraDelays {
  readonly audio: Ms
  readonly video: Ms
}

export class PlayoutSync {
  #audioReport: SenderInfo | undefined
  #videoReport: SenderInfo | undefined
  /** Positive: audio waits for video. */
  #offset: Ms = 0
  #lastAt: Ms | undefined

  senderReport(kind: 'audio' | 'video', info: SenderInfo): void {
    if (kind === 'audio') this.#audioReport = info
    else this.#videoReport = info
  }

  /** Another stream: the old report says nothing about it. */
  forget(kind: 'audio' | 'video'): void {
    if (kind === 'audio') this.#audioReport = undefined
    else this.#videoReport = undefined
  }

  /** How much later than the sound the picture is, at two moments of being played; `undefined` without both reports. */
  skew(audio: PlayoutPlan, video: PlayoutPlan): Ms | undefined {
    if (this.#audioReport === undefined || this.#videoReport === undefined) return undefined
    const soundLate = audio.at - capturedAt(this.#audioReport, audio.rtpTimestamp, AUDIO_CLOCK_RATE)
    const pictureLate = video.at - capturedAt(this.#videoReport, video.rtpTimestamp, VIDEO_CLOCK_RATE)
    return pictureLate - soundLate
  }

  /** The extra delays from now on. Call a few times a second, with the buffers' plans (`at` plus the output's own latency). */
  update(audio: PlayoutPlan | undefined, video: PlayoutPlan | undefined, now: Ms): ExtraDelays {
    const elapsed = Math.max(0, now - (this.#lastAt ?? now))
    this.#lastAt = now
    const skew = audio === undefined || video === undefined ? undefined : this.skew(audio, video)
    const wanted = skew === undefined || Math.abs(skew) > MAX_DIFFERENCE ? 0 : skew
    const change = wanted - this.#offset
    const step = (SLEW * elapsed) / 1000
    if (Math.abs(change) > TOLERATED || wanted === 0) this.#offset += Math.min(step, Math.max(-step, change))
    return { audio: Math.max(0, this.#offset), video: Math.max(0, -this.#offset) }
  }
}

/** On the sender's clock. */
function capturedAt(report: SenderInfo, rtpTimestamp: number, clockRate: number): Ms {
  return msOfNtp(report.ntp) + (timestampDelta(rtpTimestamp, report.rtpTimestamp) * 1000) / clockRate
}
