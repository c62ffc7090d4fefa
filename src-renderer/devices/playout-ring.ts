/**
 * The ring buffer between the media worker and the sound card. It is fed by demand: whenever less than a target is there
 * or on its way, it asks for another slot, so the sound card's clock drives the jitter buffer behind it, which alone
 * makes up for drifting clocks. The target follows what is needed: up after each underrun, down while there is slack.
 * It begins and ends sound with a short fade, never with a click.
 */

import { SLOT_SAMPLES } from './playout-messages.ts'

const PER_MS = 48
const CAPACITY = 500 * PER_MS
const FIRST_TARGET = 25 * PER_MS
const MIN_TARGET = 10 * PER_MS
const MAX_TARGET = 120 * PER_MS
/** What may be left at the lowest point of a window; more is delay for nothing. */
const SLACK = 6 * PER_MS
const STEP_UP = 8 * PER_MS
const WINDOW = 1000 * PER_MS
/** A target is lowered to what these windows needed: the last five seconds, so that a call's unsteady beginning is soon forgotten. */
const WINDOWS = 5
/** Long enough not to click, short enough not to be heard. */
const FADE = 128

export class PlayoutRing {
  readonly #samples = new Float32Array(CAPACITY)
  #readAt = 0
  #fill = 0
  #requested = 0
  #target = FIRST_TARGET
  /** The lowest fill in the current window, and in those before it. */
  #lowest = Infinity
  #lowestBefore: number[] = []
  #rendered = 0
  /** The factor of the next sample, and the last one that was played. */
  #gain = 0
  #last = 0
  #started = false
  #underruns = 0

  get fill(): number {
    return this.#fill
  }

  /** Samples that are here or were asked for: what a slot that is made now waits for. */
  get ahead(): number {
    return this.#fill + this.#requested
  }

  get underruns(): number {
    return this.#underruns
  }

  push(samples: Float32Array): void {
    this.#started = true
    this.#requested = Math.max(0, this.#requested - samples.length)
    const room = CAPACITY - this.#fill
    const taken = samples.length <= room ? samples : samples.subarray(0, room)
    const at = (this.#readAt + this.#fill) % CAPACITY
    const first = Math.min(taken.length, CAPACITY - at)
    this.#samples.set(taken.subarray(0, first), at)
    this.#samples.set(taken.subarray(first), 0)
    this.#fill += taken.length
  }

  render(output: Float32Array): void {
    const count = Math.min(this.#fill, output.length)
    for (let i = 0; i < count; i++) {
      if (this.#gain < 1) this.#gain = Math.min(1, this.#gain + 1 / FADE)
      this.#last = (this.#samples[this.#readAt] ?? 0) * this.#gain
      output[i] = this.#last
      this.#readAt = this.#readAt + 1 === CAPACITY ? 0 : this.#readAt + 1
    }
    this.#fill -= count
    if (count < output.length) this.#fadeOut(output, count)
    this.#adapt(output.length, count < output.length)
  }

  /** How many slots to ask for now. They count as asked for. */
  demand(): number {
    let slots = 0
    while (this.#fill + this.#requested < this.#target) {
      this.#requested += SLOT_SAMPLES
      slots += 1
    }
    return slots
  }

  /** Lets the last sample sink to zero: there is nothing after it. */
  #fadeOut(output: Float32Array, from: number): void {
    for (let i = from; i < output.length; i++) {
      this.#gain = Math.max(0, this.#gain - 1 / FADE)
      output[i] = this.#last * this.#gain
    }
    if (this.#gain === 0) this.#last = 0
  }

  #adapt(length: number, underrun: boolean): void {
    // From an underrun to the next sound nothing is learned: more target would not have helped.
    if (!this.#started) return
    if (underrun) {
      this.#underruns += 1
      this.#target = Math.min(MAX_TARGET, this.#target + STEP_UP)
      this.#started = false
      this.#lowestBefore = []
    } else {
      this.#lowest = Math.min(this.#lowest, this.#fill)
      this.#rendered += length
      if (this.#rendered < WINDOW) return
      this.#lowestBefore.push(this.#lowest)
      this.#lower()
    }
    this.#lowest = Infinity
    this.#rendered = 0
  }

  #lower(): void {
    if (this.#lowestBefore.length < WINDOWS) return
    const spare = Math.min(...this.#lowestBefore) - SLACK
    this.#lowestBefore.shift()
    if (spare <= 0) return
    this.#target = Math.max(MIN_TARGET, this.#target - spare)
    // What is left now is less by this in all of them.
    this.#lowestBefore = this.#lowestBefore.map((lowest) => lowest - spare)
  }
}
