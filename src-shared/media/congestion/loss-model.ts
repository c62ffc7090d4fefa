/**
 * What the losses say of the room on the path. A radio loses packets at any rate, a full queue loses those that are too many: the
 * model tells the two apart, after the manner of libwebrtc's second loss-based estimator. Of each candidate rate C it asks how
 * likely the losses of the last seconds were, if the path carried C and lost a share p of everything besides:
 * a window at rate R loses p + (1 − p) · max(0, 1 − C / R).
 */

export interface LossWindow {
  /** Bits a second that were sent. */
  readonly rate: number
  readonly packets: number
  readonly lost: number
}

/** About five seconds. */
const WINDOWS = 20
/** Newer windows say more. */
const AGEING = 0.9
/** Shares of packets that a path may lose by itself. */
const INHERENT = [0.001, 0.01, 0.02, 0.04, 0.07, 0.1, 0.14, 0.18, 0.22, 0.27, 0.33, 0.4] as const
/** Candidates, as shares of the highest rate among the windows. */
const CANDIDATES = [0.1, 0.17, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92, 1] as const
/** A lower rate must explain the losses better by so much (natural logarithm) to be believed. */
const EVIDENCE = 2
/** Paths that lose much by themselves are rare: a full queue is the better guess while both explain what is seen. For each share of 1. */
const INHERENT_PENALTY = 15
/** Below this share of loss in the newest windows there is nothing to explain. */
const HARMLESS_LOSS = 0.02

export class LossModel {
  #windows: LossWindow[] = []

  take(window: LossWindow): void {
    this.#windows.push(window)
    if (this.#windows.length > WINDOWS) this.#windows.shift()
  }

  /** Bits a second that the path carries; `undefined`: the losses set no limit. */
  limit(): number | undefined {
    if (this.#recentLoss() < HARMLESS_LOSS) return undefined
    const highest = Math.max(...this.#windows.map(({ rate }) => rate))
    const unlimited = this.#likelihood(highest)
    let best: { readonly rate: number; readonly likelihood: number } | undefined
    for (const share of CANDIDATES) {
      const rate = share * highest
      const likelihood = this.#likelihood(rate)
      if (likelihood > (best?.likelihood ?? -Infinity)) best = { rate, likelihood }
    }
    return best !== undefined && best.likelihood > unlimited + EVIDENCE ? best.rate : undefined
  }

  reset(): void {
    this.#windows = []
  }

  #recentLoss(): number {
    const recent = this.#windows.slice(-2)
    const packets = recent.reduce((sum, window) => sum + window.packets, 0)
    return packets === 0 ? 0 : recent.reduce((sum, { lost }) => sum + lost, 0) / packets
  }

  /** With the share of inherent loss that suits best. */
  #likelihood(capacity: number): number {
    return Math.max(...INHERENT.map((inherent) => this.#likelihoodOf(capacity, inherent) - INHERENT_PENALTY * inherent))
  }

  #likelihoodOf(capacity: number, inherent: number): number {
    return this.#windows.reduce((sum, { rate, packets, lost }, i) => {
      const congested = rate > capacity ? 1 - capacity / rate : 0
      const share = inherent + (1 - inherent) * congested
      const likelihood = lost * Math.log(share) + (packets - lost) * Math.log(1 - share)
      return sum + likelihood * AGEING ** (this.#windows.length - 1 - i)
    }, 0)
  }
}
