/**
 * What the network carries from the relay to this device, judged here as the relay cannot read reports (docs/protocol/group.md,
 * section 5.3): the receiver's half of Google Congestion Control (draft-ietf-rmcat-gcc-02, sections 3 and 5), by when packets left and
 * came. Until the network was seen to overflow there is no limit.
 */
import { type Ms, SECOND } from '../../base/time.ts'
import { Caution } from './caution.ts'
import { DepartureClock } from './departure-clock.ts'
import { PathEstimate } from './path-estimate.ts'
import { OVERHEAD_BYTES, type PacketOutcome } from './sent-log.ts'

/** A queue is noticed soon, and what is lost has been missed. */
const INTERVAL: Ms = 100
/** Bits a second. More than the pictures of all others take: no limit. */
const HIGHEST = 40_000_000
/**
 * The relay sends whole layers, so what comes does not rise with the estimate as an encoder's bitrate does: where nothing overflowed for
 * so long the estimate goes on by itself, a second's factor, up to where the relay sends more.
 */
const CALM: Ms = 5 * SECOND
const GROWTH = 1.08
/** After a pause the connection may be another one. */
const PAUSE: Ms = 2 * SECOND

export class DownlinkEstimate {
  readonly #path = new PathEstimate({ start: Infinity, max: Infinity })
  readonly #clock = new DepartureClock()
  readonly #caution = new Caution()
  #arrived: { readonly sentAt: Ms; readonly arrivedAt: Ms; readonly bytes: number }[] = []
  #arrivedAt: Ms | undefined
  #judgedAt: Ms = -Infinity
  #fellAt: Ms = -Infinity

  /** Bits a second, everything counted; `undefined`: no limit was met. */
  get limit(): number | undefined {
    return this.#path.estimate === Infinity ? undefined : this.#path.estimate
  }

  /** An RTP packet of `length` bytes came. `departure`: when it left, as it says; without, losses alone are judged. */
  arrived(length: number, departure: Ms | undefined, arrivedAt: Ms): void {
    if (arrivedAt - (this.#arrivedAt ?? arrivedAt) > PAUSE) {
      this.#clock.reset()
      this.#begin()
    }
    this.#arrivedAt = arrivedAt
    const left = departure === undefined ? arrivedAt : this.#clock.local(departure, arrivedAt)
    if (left === undefined) this.#begin()
    this.#arrived.push({ sentAt: left ?? arrivedAt, arrivedAt, bytes: length + OVERHEAD_BYTES })
  }

  /** Call after packets came in. `takeMissed`: packets that were missed since it was called last, whether or not they came later. */
  judge(takeMissed: () => number, now: Ms): void {
    const elapsed = now - this.#judgedAt
    if (elapsed < INTERVAL || this.#arrived.length === 0) return
    this.#judgedAt = now
    const came = this.#arrived.sort((a, b) => a.sentAt - b.sentAt)
    this.#arrived = []
    const before = this.#path.estimate
    const span = Math.min(SECOND, elapsed)
    this.#path.judge([...came, ...lost(takeMissed(), came)], span, undefined, now)
    const { estimate } = this.#path
    const isCalm = now - this.#fellAt > CALM
    if (estimate < before) {
      if (isCalm && this.#path.overflowedAt === now) this.#caution.failed(before, now)
      this.#fellAt = now
    } else {
      const grown = estimate === before && isCalm ? estimate * GROWTH ** (span / SECOND) : estimate
      this.#path.assume(grown >= HIGHEST ? Infinity : Math.min(grown, this.#caution.most(now)))
    }
  }

  #begin(): void {
    this.#arrived = []
    this.#path.pathChanged()
  }
}

/** When they left nobody knows: with the last that came, and of the usual size. */
function lost(count: number, came: readonly PacketOutcome[]): PacketOutcome[] {
  const sentAt = came[came.length - 1]?.sentAt ?? 0
  const bytes = came.reduce((sum, packet) => sum + packet.bytes, 0) / came.length
  return Array.from({ length: count }, () => ({ sentAt, arrivedAt: undefined, bytes }))
}
