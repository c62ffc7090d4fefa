/** Runs one scenario between the two homes and measures what arrives. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { VideoShape } from '../support/timecode-picture.ts'
import { quantile } from '../e2e/harness/picture-probe.ts'
import { happen, type Place } from './happenings.ts'
import { connectApps } from './homes.ts'
import type { LabSide } from './lab-side.ts'
import { type PictureReport, pictureReport, psnr, recovery, soundDelays } from './measures.ts'
import type { LabNetwork, Nat } from './network.ts'
import type { System } from './side.ts'
import { type Scenario, SECONDS, SETTLE_SECONDS } from './scenarios.ts'

export interface Measured extends PictureReport {
  /** Of the shown pictures against the camera's, decibels. */
  readonly psnr: number | undefined
  /** Share of the sound that was made up. */
  readonly concealed: number
  /** From mouth to ear. */
  readonly soundP50: number | undefined
  readonly soundP95: number | undefined
  /** What crossed the impaired link from `a`, bit/s of IP packets, mean. */
  readonly bitrate: number
  /** What the sender believes that the way carries, at the end, bit/s. */
  readonly estimate: number
  readonly ofCapacity: number | undefined
  /** From the last event (an outage's end, a change) to the first picture, and to pictures that flow again. */
  readonly recoveryMs: { readonly first: number | undefined; readonly flowing: number | undefined } | undefined
  readonly path: string
  /** Percent of one core, mean of both apps. */
  readonly cpu: number
}

export type Outcome = Measured | { readonly error: string }

/** The apps look at their addresses every two seconds, and give the connection to the service three to answer. */
const NOTICE_MS = 8000
const PAIR_MAX_BITRATE = 2_000_000

export class Laboratory {
  readonly #network: LabNetwork
  readonly #place: Place
  readonly #a: LabSide
  readonly #b: LabSide
  readonly #shape: VideoShape

  constructor(place: Place, shape: VideoShape) {
    this.#place = place
    this.#network = place.network
    this.#a = place.a
    this.#b = place.b
    this.#shape = shape
  }

  async run(system: System, scenario: Scenario): Promise<Outcome> {
    if (scenario.nat) await this.#moveBehind(...scenario.nat)
    await this.#network.link.set(scenario.impairment ?? {})
    try {
      await (system === 'pair' ? this.#connectPair() : connectApps(this.#place, scenario.relayOnly ?? false))
      await sleep(SETTLE_SECONDS * 1000)
      return await this.#measure(system, scenario)
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    } finally {
      await this.#network.link.set({})
      this.#network.reconnectHomes()
      await this.#hangUp(system)
      if (scenario.nat) await this.#moveBehind('open', 'open')
    }
  }

  async #moveBehind(a: Nat, b: Nat): Promise<void> {
    this.#network.setNat(a, b)
    this.#network.changeAddress('a')
    this.#network.changeAddress('b')
    await sleep(NOTICE_MS)
    await Promise.all([this.#a.online(), this.#b.online()])
  }

  async #connectPair(): Promise<void> {
    const [a, b] = [this.#a, this.#b]
    await Promise.all([a.openPair(true), b.openPair(false)])
    await a.acceptAnswer(await b.answer(await a.offer()))
    await a.limit(PAIR_MAX_BITRATE)
    await b.pairConnected()
  }

  async #hangUp(system: System): Promise<void> {
    const sides = [this.#a, this.#b]
    if (system === 'pair') await Promise.all(sides.map((side) => side.closePair()))
    else {
      await this.#a.end().catch(() => this.#b.end())
      await Promise.all(sides.map((side) => side.idle()))
    }
  }

  async #measure(system: System, scenario: Scenario): Promise<Measured> {
    const [a, b] = [this.#a, this.#b]
    await Promise.all([a.watchCaptured(system), b.watchReceived(system)])
    await Promise.all([a.listen(system, 'microphone'), b.listen(system, 'speaker')])
    await Promise.all([a.cpu(system), b.cpu(system)])
    const soundBefore = await b.sound(system)
    const [before] = await this.#network.link.traffic()
    const from = Date.now()
    const to = from + (scenario.seconds ?? SECONDS) * 1000
    let lastEventAt: number | undefined
    for (const event of scenario.events ?? []) {
      await sleep(Math.max(0, from + event.at * 1000 - Date.now()))
      await happen(event, this.#place)
      lastEventAt = Date.now()
    }
    await sleep(Math.max(0, to - Date.now()))
    const [after] = await this.#network.link.traffic()
    const soundAfter = await b.sound(system)
    const cpu = await Promise.all([a.cpu(system), b.cpu(system)])
    const [captured, shown] = await Promise.all([a.takeSightings(system), b.takeSightings(system)])
    const sound = soundDelays(...(await Promise.all([a.takeLoudness(system), b.takeLoudness(system)])))
    const samples = await b.takeSamples(system)
    const bitrate = ((after.bytesOut - before.bytesOut) * 8000) / (to - from)
    const playedMs = soundAfter.playedMs - soundBefore.playedMs
    const recovered = lastEventAt === undefined ? undefined : recovery(shown, lastEventAt)
    return {
      ...pictureReport(captured, shown, { from, to }),
      psnr: psnr(samples, this.#shape),
      concealed: playedMs > 0 ? (soundAfter.concealedMs - soundBefore.concealedMs) / playedMs : 1,
      soundP50: quantile(sound, 0.5),
      soundP95: quantile(sound, 0.95),
      bitrate,
      estimate: await a.estimate(system),
      ofCapacity: scenario.capacity === undefined ? undefined : bitrate / scenario.capacity,
      recoveryMs: recovered && { first: recovered.firstMs, flowing: recovered.flowingMs },
      path: system === 'pair' ? 'direct' : await b.path(),
      cpu: (cpu[0] + cpu[1]) / 2,
    }
  }
}
