/**
 * How far an estimate may go beyond what a path carried when it overflowed. A small picture needs less than its share, so that the
 * estimate rises unproven until a larger one begins, whose keyframe then fills the queue: that is tried after a pause, and after a
 * longer one each time that it fails again. What is shown to pass needs no pause.
 */
import { MINUTE, type Ms, SECOND } from '../../base/time.ts'

const FIRST: Ms = 10 * SECOND
const LONGEST: Ms = 40 * SECOND
/** Whoever had no trouble for so long begins with the shortest pause. */
const FORGET: Ms = MINUTE
/** Times what was carried. */
const BEYOND = 1.3
/** So much more than before arrives only when the path has become better. */
const BETTER = 1.15

export class Headroom {
  #carried = Infinity
  #until: Ms = -Infinity
  #pause = FIRST

  /** The highest estimate to try now, bits a second, while so much `arrives`. */
  most(arriving: number | undefined, now: Ms): number {
    if ((arriving ?? 0) > BETTER * this.#carried) this.forget()
    return now < this.#until ? BEYOND * this.#carried : Infinity
  }

  /** The path overflowed while so much of it arrived. In one trouble the pause is not made longer. */
  overflowed(arriving: number, now: Ms): void {
    const isOver = now >= this.#until
    if (isOver) this.#pause = now - this.#until < FORGET ? Math.min(LONGEST, 2 * this.#pause) : FIRST
    this.#carried = isOver ? arriving : Math.max(arriving, this.#carried)
    this.#until = now + this.#pause
  }

  forget(): void {
    this.#carried = Infinity
    this.#until = -Infinity
    this.#pause = FIRST
  }
}
