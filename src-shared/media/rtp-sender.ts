/**
 * The sending side of one stream: numbers, timestamps and counters. It turns the payloads of a frame into packets that are
 * ready to be protected, and says what a sender report has to say. A packet that goes out again goes as it was protected
 * (R18), so whoever protects also remembers.
 */
import type { Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/random.ts'
import type { Ms } from '../base/time.ts'
import { ntpOf } from './ntp.ts'
import type { ReportBlock, SenderReport } from './rtcp-reports.ts'
import { buildRtp, type HeaderExtension, MAX_PACKET_LENGTH } from './rtp.ts'

export interface OutgoingMedia {
  readonly payloadType: number
  readonly payloads: readonly Bytes[]
  /** The encoder's own time of the frame, as WebCodecs gives it: exact distances, any zero. */
  readonly timestampUs: number
  /** The local clock when it was captured: relates the streams to one another, need not be exact. */
  readonly capturedAt: Ms
  /** On the last packet: the end of a frame of video; the first sound after silence that was not sent (RFC 7587 section 4.2). */
  readonly marker: boolean
  /** In each packet, in the clear: only in groups (docs/protocol/group.md, section 7.3). */
  readonly extensions?: readonly HeaderExtension[]
  /** Of a repair packet: the SSRC of what it repairs (RFC 8627 section 4.2.1). */
  readonly sources?: readonly number[]
}

/** The source's clock was replaced (another camera, a resumed computer) when it is off by more. */
const CLOCK_JUMP: Ms = 500
/** Of the difference between the two clocks, for each frame: the capture times are uneven, their drift is slow. */
const SMOOTHING = 1 / 64

export class RtpSender {
  readonly ssrc: number
  readonly timestampOffset: number
  readonly #ticksPerMs: number
  #sequenceNumber: number
  /** Added to the source's time it gives the media time, which runs on when the source is replaced. */
  #alignment: Ms | undefined
  /** Local time minus media time, smoothed. */
  #clockDifference: Ms = 0
  #packetCount = 0
  #octetCount = 0

  /** `timestampOffset`: of another stream that has the same timestamps, as the layers of one picture have. */
  constructor(options: { ssrc: number; clockRate: number; random: RandomBytes; timestampOffset?: number }) {
    const { ssrc, clockRate, random } = options
    this.ssrc = ssrc
    this.#ticksPerMs = clockRate / 1000
    const bytes = random(6)
    const view = new DataView(bytes.buffer, bytes.byteOffset, 6)
    // Below 2^15, so that packets that overtake at the beginning cannot be taken for a roll-over (RFC 3711 section 3.3.1).
    this.#sequenceNumber = view.getUint16(0) & 0x7fff
    this.timestampOffset = options.timestampOffset ?? view.getUint32(2)
  }

  get packetCount(): number {
    return this.#packetCount
  }

  /** The packets of one frame, in order, in the clear. */
  packets(media: OutgoingMedia): Uint8Array<ArrayBuffer>[] {
    const { payloadType, payloads, extensions = [], sources = [] } = media
    const timestamp = this.#timestampOf(this.#mediaTime(media.timestampUs / 1000, media.capturedAt))
    return payloads.map((payload, i) => {
      const packet = buildRtp({
        payloadType,
        marker: media.marker && i === payloads.length - 1,
        sequenceNumber: this.#sequenceNumber,
        timestamp,
        ssrc: this.ssrc,
        csrcs: sources,
        extensions,
        payload,
      })
      if (packet.length > MAX_PACKET_LENGTH) throw new RangeError(`RTP packet of ${String(packet.length)} bytes`)
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff
      this.#packetCount += 1
      this.#octetCount += payload.length
      return packet
    })
  }

  /** `undefined` before the first packet: a receiver report takes its place (RFC 3550 section 6.4). */
  senderReport(now: Ms, reports: readonly ReportBlock[]): SenderReport | undefined {
    if (this.#packetCount === 0) return undefined
    const info = {
      ntp: ntpOf(now),
      rtpTimestamp: this.#timestampOf(now - this.#clockDifference),
      packetCount: this.#packetCount >>> 0,
      octetCount: this.#octetCount >>> 0,
    }
    return { kind: 'sender-report', ssrc: this.ssrc, info, reports }
  }

  #mediaTime(sourceTime: Ms, capturedAt: Ms): Ms {
    this.#alignment ??= capturedAt - sourceTime
    const difference = capturedAt - (sourceTime + this.#alignment)
    const change = difference - this.#clockDifference
    if (Math.abs(change) > CLOCK_JUMP) this.#alignment += change
    else this.#clockDifference += change * SMOOTHING
    return sourceTime + this.#alignment
  }

  #timestampOf(mediaTime: Ms): number {
    const ticks = Math.round(mediaTime * this.#ticksPerMs) + this.timestampOffset
    // `>>>` alone goes wrong beyond 2^53 only, which no clock reaches.
    return ticks >>> 0
  }
}
