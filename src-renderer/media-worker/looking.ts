/** Tells the relay whose pictures are looked at, in which size, and how much the network carries towards this device. */
import type { GroupFromWorker } from '../../src-shared/ipc/media-port.ts'
import type { Ms } from '../../src-shared/base/time.ts'
import { DownlinkEstimate } from '../../src-shared/media/congestion/downlink-estimate.ts'
import { departureOf } from '../../src-shared/media/departure.ts'
import { isRtcp } from '../../src-shared/media/rtp.ts'
import { RELAY_RECEIVERS_MAX } from '../../src-shared/protocol/relay-frame.ts'
import type { Watched } from '../devices/group-session.ts'
import { layerFor } from './layer-plan.ts'

/** A limit that moved by less is not told again, as a share of it. */
const WORTH_TELLING = 0.05

export class Looking {
  readonly #ask: (request: GroupFromWorker) => void
  readonly #downlink = new DownlinkEstimate()
  #watched: readonly Watched[] = []
  #toldLimit: number | undefined
  #told = ''

  constructor(ask: (request: GroupFromWorker) => void) {
    this.#ask = ask
  }

  watch(watched: readonly Watched[]): void {
    this.#watched = watched
    // A window that is being resized says so sixty times a second.
    if (JSON.stringify(this.#request()) !== this.#told) this.tell()
  }

  /** A packet came in, whoever can read it. */
  arrived(packet: Uint8Array, arrivedAt: Ms): void {
    // Only packets of media say when they left.
    if (!isRtcp(packet)) this.#downlink.arrived(packet.length, departureOf(packet), arrivedAt)
  }

  /** All packets that came in together were taken. `takeMissed`: packets that were missed since it was called last. */
  packetsTaken(takeMissed: () => number): void {
    this.#downlink.judge(takeMissed, performance.now())
    const { limit } = this.#downlink
    const told = this.#toldLimit
    const moved = limit !== undefined && told !== undefined && Math.abs(limit - told) > WORTH_TELLING * told
    if (moved || (limit === undefined) !== (told === undefined)) this.tell()
  }

  /** Also to a relay that has heard it before. */
  tell(): void {
    this.#toldLimit = this.#downlink.limit
    const request = this.#request()
    this.#told = JSON.stringify(request)
    this.#ask(request)
  }

  #request(): GroupFromWorker {
    const { limit } = this.#downlink
    return {
      kind: 'look',
      downlink: limit === undefined ? 0 : Math.max(1, Math.round(limit / 1000)),
      pictures: this.#watched
        .slice(0, RELAY_RECEIVERS_MAX)
        .map(({ member, height }) => ({ member, layer: layerFor(height) })),
    }
  }
}
