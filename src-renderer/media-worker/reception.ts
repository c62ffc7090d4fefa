/** What is known of the streams that come in from one other side: the ground of our reports about them. */
import type { Ms } from '../../src-shared/base/time.ts'
import { clockRateOf, type VideoCodec } from '../../src-shared/media/payload-types.ts'
import { ReceptionStatistics } from '../../src-shared/media/reception-statistics.ts'
import type { ReportBlock, SenderInfo, SenderReport } from '../../src-shared/media/rtcp-reports.ts'
import type { RtpPacket } from '../../src-shared/media/rtp.ts'
import type { MediaKind } from '../../src-shared/media/ssrc.ts'

export interface ReceptionListener {
  senderReport(kind: MediaKind, info: SenderInfo): void
}

export class Reception {
  /** From here to the other side and back, as its reports about our streams tell. */
  roundTrip: Ms | undefined
  /** The formats of pictures that it says it decodes. */
  decodable: readonly VideoCodec[] = []
  readonly #listener: ReceptionListener
  readonly #streams = new Map<MediaKind, ReceptionStatistics>()
  #came = 0
  /** Of streams that are over. */
  #lostBefore = 0

  constructor(listener: ReceptionListener) {
    this.#listener = listener
  }

  /** Packets that came. */
  get came(): number {
    return this.#came
  }

  /** Packets that never came. */
  get lost(): number {
    return [...this.#streams.values()].reduce((sum, { lost }) => sum + Math.max(0, lost), this.#lostBefore)
  }

  /** An authentic packet came in; `leftOut`: so many before it are not lost. */
  received(kind: MediaKind, packet: RtpPacket, now: Ms, leftOut: number): void {
    this.#came += 1
    const before = this.#streams.get(kind)
    if (before?.ssrc === packet.ssrc) {
      before.received(packet, now, leftOut)
      return
    }
    this.#lostBefore += Math.max(0, before?.lost ?? 0)
    const statistics = new ReceptionStatistics(packet.ssrc, clockRateOf(kind))
    statistics.received(packet, now)
    this.#streams.set(kind, statistics)
  }

  senderReport(kind: MediaKind, { ssrc, info }: SenderReport, now: Ms): void {
    const statistics = this.#streams.get(kind)
    if (statistics?.ssrc !== ssrc) return
    statistics.senderReport(info.ntp, now)
    this.#listener.senderReport(kind, info)
  }

  /** `undefined` before the first packet. */
  report(kind: MediaKind, now: Ms): ReportBlock | undefined {
    return this.#streams.get(kind)?.report(now)
  }
}
