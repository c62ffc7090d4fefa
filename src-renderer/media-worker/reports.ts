/**
 * RTCP of the call (RFC 3550 section 6): what we report of the streams that come in, what the other sides report of
 * ours, and the requests for keyframes (RFC 4585 section 6.3.1). One compound for each kind of media, under its own key.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { toHex } from '../../src-shared/base/bytes.ts'
import { buildRtcp, parseRtcp, type RtcpPacket } from '../../src-shared/media/rtcp.ts'
import type { CongestionFeedback } from '../../src-shared/media/rtcp-congestion.ts'
import type { ReportBlock } from '../../src-shared/media/rtcp-reports.ts'
import { roundTripOf } from '../../src-shared/media/reception-statistics.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import {
  FLEXIBLE_FEC,
  MANDATORY_VIDEO_CODEC,
  payloadTypeOf,
  type VideoCodec,
  videoCodecOf,
} from '../../src-shared/media/payload-types.ts'
import { isOfScreen, kindOfSsrc, MEDIA_KINDS, type MediaKind } from '../../src-shared/media/ssrc.ts'
import { randomBytes } from './random.ts'
import type { Reception } from './reception.ts'

export interface OwnStreams {
  readonly audio: RtpSender
  /** The one whose SSRC stands for this side in what it says about pictures. */
  readonly video: RtpSender
  readonly screen: RtpSender
  readonly screenSound: RtpSender
  /** In a group: the larger layers of the picture. */
  readonly upper?: readonly RtpSender[]
}

export interface ReportListener {
  send(kind: MediaKind, compound: Uint8Array): void
  keyframeRequested?(ssrc: number): void
  /** The formats of pictures that the other side decodes, of those that this version knows. */
  decodableThere(codecs: readonly VideoCodec[], from: Reception | undefined): void
  /** Whether the other side has a use for repair packets of pictures. */
  parityTaken?(taken: boolean): void
  /** Packets of the own picture did not arrive. */
  packetsMissing?(ssrc: number, sequenceNumbers: readonly number[]): void
  /** When what we sent came in. */
  congestion?(feedback: CongestionFeedback, now: Ms): void
}

const INTERVALS: Readonly<Record<MediaKind, Ms>> = {
  audio: 2000,
  video: 1000,
  screen: 1000,
  screenSound: 1000,
}
/** Reports go to all: from so many sides on each reports the more seldom, so that what everybody gets does not grow (RFC 3550 section 6.2). */
const SIDES_AT_FULL_RATE = 8

/** RFC 7022 section 4.2: random for each call, so that it tells nothing of the person. */
const CNAME_BYTES = 12

/** The field for their count has five bits (RFC 3550 section 6.4.1). */
const MAX_BLOCKS = 31

export class Reports {
  readonly #own: OwnStreams
  readonly #listener: ReportListener
  readonly #cname = toHex(randomBytes(CNAME_BYTES))
  /** Of the sides whose streams come in. */
  #receptions: readonly Reception[] = []
  readonly #timers = new Map<MediaKind, ReturnType<typeof setTimeout>>()
  /** `undefined` until this computer was asked. */
  #decodable: readonly VideoCodec[] | undefined
  #takesParity = false

  constructor(own: OwnStreams, listener: ReportListener) {
    this.#own = own
    this.#listener = listener
  }

  add(reception: Reception): void {
    this.#receptions = [...this.#receptions, reception]
  }

  remove(reception: Reception): void {
    this.#receptions = this.#receptions.filter((other) => other !== reception)
  }

  start(): void {
    this.stop()
    for (const kind of MEDIA_KINDS) this.#sendLater(kind)
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  /**
   * The formats of pictures that this computer decodes, and whether it has a use for repair packets: told in every report from now on,
   * since each may be lost.
   */
  tellDecodable(codecs: readonly VideoCodec[], { parity = false } = {}): void {
    this.#decodable = codecs
    this.#takesParity = parity
  }

  /** A format whose decoder broke down would do so again: from now on it is not told, and the other side leaves it. */
  withdraw(codec: VideoCodec): void {
    if (codec === MANDATORY_VIDEO_CODEC) return
    this.#decodable = this.#decodable?.filter((other) => other !== codec)
  }

  /** Asks for a keyframe of the stream `media` at once. */
  requestKeyframe(media: number): void {
    const kind = kindOfPicture(media)
    this.#send(kind, [{ kind: 'picture-loss', sender: this.#own[kind].ssrc, media }])
  }

  /** Asks for packets of the stream `media` again. */
  requestPackets(media: number, lost: readonly number[]): void {
    const kind = kindOfPicture(media)
    const sender = this.#own[kind].ssrc
    // On its own, without the reports (RFC 5506): it has to be quick, and comes often on a bad network.
    this.#listener.send(kind, buildRtcp([{ kind: 'negative-acknowledgement', sender, media, lost }]))
  }

  /** Tells when packets of all streams came in; on its own, as it comes often. */
  tellArrivals(feedback: CongestionFeedback): void {
    this.#listener.send('audio', buildRtcp([feedback]))
  }

  /** An authentic compound came in; one that is malformed changes nothing. `from`: whose it is, once its streams have a place here. */
  take(kind: MediaKind, compound: Uint8Array, now: Ms, from?: Reception): void {
    for (const packet of parseRtcp(compound) ?? []) this.#takePacket(kind, packet, now, from)
  }

  #sendLater(kind: MediaKind): void {
    const pause = INTERVALS[kind] * Math.max(1, this.#receptions.length / SIDES_AT_FULL_RATE)
    const timer = setTimeout(() => {
      this.#sendLater(kind)
      this.#send(kind, [])
    }, pause)
    this.#timers.set(kind, timer)
  }

  #takePacket(kind: MediaKind, packet: RtcpPacket, now: Ms, from: Reception | undefined): void {
    switch (packet.kind) {
      case 'sender-report':
        from?.senderReport(kind, packet, now)
        this.#takeBlocks(kind, packet.reports, now, from)
        return
      case 'receiver-report':
        this.#takeBlocks(kind, packet.reports, now, from)
        return
      case 'picture-loss':
        if (this.#isOwnPicture(packet.media)) this.#listener.keyframeRequested?.(packet.media)
        return
      case 'full-intra-request':
        for (const { ssrc } of packet.requests) if (this.#isOwnPicture(ssrc)) this.#listener.keyframeRequested?.(ssrc)
        return
      case 'decodable-formats':
        if (kind === 'video') {
          const codecs = packet.payloadTypes.flatMap((payloadType) => videoCodecOf(payloadType) ?? [])
          this.#listener.decodableThere(codecs, from)
          this.#listener.parityTaken?.(packet.payloadTypes.includes(FLEXIBLE_FEC))
        }
        return
      case 'negative-acknowledgement':
        if (this.#isOwnPicture(packet.media)) this.#listener.packetsMissing?.(packet.media, packet.lost)
        return
      case 'congestion-feedback':
        this.#listener.congestion?.(packet, now)
        return
      default:
    }
  }

  #takeBlocks(kind: MediaKind, blocks: readonly ReportBlock[], now: Ms, from: Reception | undefined): void {
    const block = blocks.find(({ ssrc }) => this.#isOwn(kind, ssrc))
    if (block === undefined) return
    if (from !== undefined) from.roundTrip = roundTripOf(block, now) ?? from.roundTrip
  }

  #send(kind: MediaKind, feedback: readonly RtcpPacket[]): void {
    const now = performance.now()
    const { ssrc } = this.#own[kind]
    const blocks = this.#blocks(kind, now)
    const ownReport = this.#own[kind].senderReport(now, blocks)
    // Most calls never have a screen, and there is nothing to say of it.
    if (isOfScreen(kind) && ownReport === undefined && blocks.length + feedback.length === 0) return
    const report = ownReport ?? { kind: 'receiver-report', ssrc, reports: blocks }
    const description = { kind: 'source-description', chunks: [{ ssrc, cname: this.#cname }] } as const
    const upper = kind === 'video' ? (this.#own.upper ?? []) : []
    const further = upper.flatMap((stream) => stream.senderReport(now, []) ?? [])
    this.#listener.send(kind, buildRtcp([report, ...further, description, ...this.#formats(kind), ...feedback]))
  }

  /** Where there are too many for one packet, those that were left out come first the next time. */
  #blocks(kind: MediaKind, now: Ms): ReportBlock[] {
    const blocks: ReportBlock[] = []
    const reported: Reception[] = []
    for (const reception of this.#receptions) {
      const block = blocks.length < MAX_BLOCKS ? reception.report(kind, now) : undefined
      if (block === undefined) continue
      blocks.push(block)
      reported.push(reception)
    }
    if (blocks.length === MAX_BLOCKS) {
      this.#receptions = [...this.#receptions.filter((reception) => !reported.includes(reception)), ...reported]
    }
    return blocks
  }

  #isOwnPicture(ssrc: number): boolean {
    return this.#isOwn('video', ssrc) || this.#isOwn('screen', ssrc)
  }

  #isOwn(kind: MediaKind, ssrc: number): boolean {
    const { upper = [], ...lowest } = this.#own
    return lowest[kind].ssrc === ssrc || (kind === 'video' && upper.some((stream) => stream.ssrc === ssrc))
  }

  #formats(kind: MediaKind): RtcpPacket[] {
    if (kind !== 'video' || this.#decodable === undefined) return []
    const payloadTypes = [...this.#decodable.map(payloadTypeOf), ...(this.#takesParity ? [FLEXIBLE_FEC] : [])]
    return [{ kind: 'decodable-formats', sender: this.#own.video.ssrc, payloadTypes }]
  }
}

function kindOfPicture(ssrc: number): 'video' | 'screen' {
  return kindOfSsrc(ssrc) === 'screen' ? 'screen' : 'video'
}
