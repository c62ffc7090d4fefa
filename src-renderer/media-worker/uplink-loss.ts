/**
 * What a group's reports say of the own way to the relay: what one member misses may have been lost on its own way from
 * there, what all of them miss was lost on ours.
 */
import type { Ms } from '../../src-shared/base/time.ts'

export interface Uplink {
  /** 0 to 1. */
  readonly loss: number
  readonly roundTrip: Ms | undefined
}

export class UplinkLoss<Reporter> {
  readonly #reports = new Map<Reporter, Uplink>()

  reported(by: Reporter, uplink: Uplink): void {
    this.#reports.set(by, uplink)
  }

  /** Of the reports since the last call of this; `undefined` without any. */
  take(): Uplink | undefined {
    const reports = [...this.#reports.values()]
    this.#reports.clear()
    if (reports.length === 0) return undefined
    const roundTrips = reports.flatMap(({ roundTrip }) => roundTrip ?? [])
    return {
      loss: Math.min(...reports.map(({ loss }) => loss)),
      roundTrip: roundTrips.length === 0 ? undefined : Math.min(...roundTrips),
    }
  }
}
