/**
 * RTCP of the call (RFC 3550 section 6): what we report of the streams that come in, what the other side reports of
 * ours, and the requests for keyframes (RFC 4585 section 6.3.1). One compound for each kind of media, under its own key.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { toHex } from '../../src-shared/base/bytes.ts'
import { buildRtcp, parseRtcp, type RtcpPacket } from '../../src-shared/media/rtcp.ts'
import type { ReportBlock, SenderInfo } from '../../src-shared/media/rtcp-reports.ts'
import { ReceptionStatistics, roundTripOf } from '../../src-shared/media/reception-statistics.ts'
import type { RtpPacket } from '../../src-shared/media/rtp.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import {
  clockRateOf,
  MANDATORY_VIDEO_CODEC,
  payloadTypeOf,
  type VideoCodec,
  videoCodecOf,
} from '../../src-shared/media/payload-types.ts'
import { randomBytes } from './random.ts'

/** The kinds that this version sends and shows. */
export type ReportedKind = 'audio' | 'video'

export interface ReportListener {
  send(kind: ReportedKind, compound: Uint8Array): void
  senderReport(kind: ReportedKind, info: SenderInfo): void
  /** About the own stream; `loss` 0 to 1. */
  receptionReport(kind: ReportedKind, loss: number): void
  keyframeRequested(): void
  /** The formats of pictures that the other side decodes, of those that this version knows. */
  decodableThere(codecs: readonly VideoCodec[]): void
  /** Packets of the own picture did not arrive. */
  packetsMissing(sequenceNumbers: readonly number[]): void
}

const INTERVALS: Readonly<Record<ReportedKind, Ms>> = { audio: 2000, video: 1000 }

/** RFC 7022 section 4.2: random for each call, so that it tells nothing of the person. */
const CNAME_BYTES = 12

export class Reports {
  readonly #own: Readonly<Record<ReportedKind, RtpSender>>
  readonly #listener: ReportListener
  readonly #cname = toHex(randomBytes(CNAME_BYTES))
  readonly #received = new Map<ReportedKind, ReceptionStatistics>()
  /** Of streams that are over. */
  #lostBefore = 0
  #timers: ReturnType<typeof setInterval>[] = []
  #roundTrip: Ms | undefined
  /** `undefined` until this computer was asked. */
  #decodable: readonly VideoCodec[] | undefined

  constructor(own: Readonly<Record<ReportedKind, RtpSender>>, listener: ReportListener) {
    this.#own = own
    this.#listener = listener
  }

  get roundTrip(): Ms | undefined {
    return this.#roundTrip
  }

  /** Packets that never came. */
  get lost(): number {
    return [...this.#received.values()].reduce((sum, { lost }) => sum + Math.max(0, lost), this.#lostBefore)
  }

  start(): void {
    this.stop()
    for (const kind of ['audio', 'video'] as const) {
      this.#timers.push(setInterval(() => this.#send(kind, []), INTERVALS[kind]))
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
  }

  /** An authentic packet came in. */
  received(kind: ReportedKind, packet: RtpPacket, now: Ms): void {
    const before = this.#received.get(kind)
    if (before?.ssrc === packet.ssrc) {
      before.received(packet, now)
      return
    }
    this.#lostBefore += Math.max(0, before?.lost ?? 0)
    const statistics = new ReceptionStatistics(packet.ssrc, clockRateOf(kind))
    statistics.received(packet, now)
    this.#received.set(kind, statistics)
  }

  /** The formats of pictures that this computer decodes: told in every report from now on, since each may be lost. */
  tellDecodable(codecs: readonly VideoCodec[]): void {
    this.#decodable = codecs
  }

  /** A format whose decoder broke down would do so again: from now on it is not told, and the other side leaves it. */
  withdraw(codec: VideoCodec): void {
    if (codec === MANDATORY_VIDEO_CODEC) return
    this.#decodable = this.#decodable?.filter((other) => other !== codec)
  }

  /** Asks for a keyframe at once. */
  requestKeyframe(): void {
    const media = this.#received.get('video')?.ssrc
    const sender = this.#own.video.ssrc
    if (media !== undefined) this.#send('video', [{ kind: 'picture-loss', sender, media }])
  }

  /** Asks for packets of the picture again. */
  requestPackets(lost: readonly number[]): void {
    const media = this.#received.get('video')?.ssrc
    const sender = this.#own.video.ssrc
    // On its own, without the reports (RFC 5506): it has to be quick, and comes often on a bad network.
    if (media !== undefined) {
      this.#listener.send('video', buildRtcp([{ kind: 'negative-acknowledgement', sender, media, lost }]))
    }
  }

  /** An authentic compound came in; one that is malformed changes nothing. */
  take(kind: ReportedKind, compound: Uint8Array, now: Ms): void {
    for (const packet of parseRtcp(compound) ?? []) this.#takePacket(kind, packet, now)
  }

  #takePacket(kind: ReportedKind, packet: RtcpPacket, now: Ms): void {
    switch (packet.kind) {
      case 'sender-report': {
        const statistics = this.#received.get(kind)
        if (statistics?.ssrc === packet.ssrc) {
          statistics.senderReport(packet.info.ntp, now)
          this.#listener.senderReport(kind, packet.info)
        }
        this.#takeBlocks(kind, packet.reports, now)
        return
      }
      case 'receiver-report':
        this.#takeBlocks(kind, packet.reports, now)
        return
      case 'picture-loss':
        if (packet.media === this.#own.video.ssrc) this.#listener.keyframeRequested()
        return
      case 'full-intra-request':
        if (packet.requests.some(({ ssrc }) => ssrc === this.#own.video.ssrc)) this.#listener.keyframeRequested()
        return
      case 'decodable-formats':
        if (kind === 'video') {
          this.#listener.decodableThere(packet.payloadTypes.flatMap((payloadType) => videoCodecOf(payloadType) ?? []))
        }
        return
      case 'negative-acknowledgement':
        if (packet.media === this.#own.video.ssrc) this.#listener.packetsMissing(packet.lost)
        return
      default:
    }
  }

  #takeBlocks(kind: ReportedKind, blocks: readonly ReportBlock[], now: Ms): void {
    const block = blocks.find(({ ssrc }) => ssrc === this.#own[kind].ssrc)
    if (block === undefined) return
    this.#roundTrip = roundTripOf(block, now) ?? this.#roundTrip
    this.#listener.receptionReport(kind, block.fractionLost / 256)
  }

  #send(kind: ReportedKind, feedback: readonly RtcpPacket[]): void {
    const now = performance.now()
    const { ssrc } = this.#own[kind]
    const block = this.#received.get(kind)?.report(now)
    const blocks = block === undefined ? [] : [block]
    const report = this.#own[kind].senderReport(now, blocks) ?? { kind: 'receiver-report', ssrc, reports: blocks }
    const description = { kind: 'source-description', chunks: [{ ssrc, cname: this.#cname }] } as const
    this.#listener.send(kind, buildRtcp([report, description, ...this.#formats(kind), ...feedback]))
  }

  #formats(kind: ReportedKind): RtcpPacket[] {
    if (kind !== 'video' || this.#decodable === undefined) return []
    const payloadTypes = this.#decodable.map(payloadTypeOf)
    return [{ kind: 'decodable-formats', sender: this.#own.video.ssrc, payloadTypes }]
  }
}
