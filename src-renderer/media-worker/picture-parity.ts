/** Repair packets among those of the own picture, where the way is long and loses packets (docs/protocol/media.md, section 9). */
import type { Ms } from '../../src-shared/base/time.ts'
import { type LossyPath, ParityChoice, ParityGroups } from '../../src-shared/media/parity.ts'
import { FLEXIBLE_FEC } from '../../src-shared/media/payload-types.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'

/** Of a new frame in the mean share. */
const WEIGHT = 1 / 32

export class PictureParity {
  readonly #stream: RtpSender
  readonly #protects: number
  readonly #path: () => LossyPath | undefined
  readonly #choice = new ParityChoice()
  readonly #groups = new ParityGroups()
  #share = 0

  /** `stream`: of the repair packets. `protects`: SSRC of the picture's. `path`: `undefined` while the other side has no use for them. */
  constructor(stream: RtpSender, protects: number, path: () => LossyPath | undefined) {
    this.#stream = stream
    this.#protects = protects
    this.#path = path
  }

  /** Of the bits of the picture, those that go into repair packets. */
  get share(): number {
    return this.#share
  }

  /** A frame's packets with repair packets between them, in the order of sending. */
  protect(packets: readonly Uint8Array[], now: Ms): readonly Uint8Array[] {
    const path = this.#path()
    if (path === undefined || !this.#choice.isWorthwhile(path)) {
      this.#groups.clear()
      this.#share = 0
      return packets
    }
    const parts = this.#groups.add(packets).map((part) => {
      const payloads = part.repair === undefined ? [] : [part.repair]
      const repair = this.#stream.packets({
        payloadType: FLEXIBLE_FEC,
        payloads,
        timestampUs: Math.round(now * 1000),
        capturedAt: now,
        marker: false,
        sources: [this.#protects],
      })
      return { packets: part.packets, repair }
    })
    this.#measure(bytesOf(packets), bytesOf(parts.flatMap(({ repair }) => repair)))
    return parts.flatMap((part) => [...part.packets, ...part.repair])
  }

  #measure(picture: number, repair: number): void {
    this.#share += WEIGHT * (repair / (picture + repair) - this.#share)
  }
}

function bytesOf(packets: readonly Uint8Array[]): number {
  return packets.reduce((sum, { length }) => sum + length, 0)
}
