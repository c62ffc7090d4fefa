/** When to ask for a keyframe, and when to make one: rules of docs/protocol/media.md, section 8. */
import type { Ms } from '../base/time.ts'

/** Between two requests: at least this, and at least a round trip and a half, since an answer may be under way. */
const MIN_INTERVAL: Ms = 300
/** One small packet: what it costs to ask is nothing against a picture that stands still. */
const MAX_INTERVAL: Ms = 1000

/** The receiver's side: asks at once, then less and less often until a keyframe comes. */
export class KeyframeRequests {
  #lastAt: Ms | undefined
  #unanswered = 0

  /** `true`: send PLI now. Call while a keyframe is needed. */
  take(now: Ms, roundTrip: Ms | undefined): boolean {
    const shortest = Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, 1.5 * (roundTrip ?? 0)))
    const interval = Math.min(MAX_INTERVAL, shortest * 2 ** Math.max(0, this.#unanswered - 1))
    if (this.#lastAt !== undefined && now < this.#lastAt + interval) return false
    this.#lastAt = now
    this.#unanswered += 1
    return true
  }

  /** A keyframe began to come in. If it is lost, the next request keeps the shortest distance from the last one. */
  answered(): void {
    this.#unanswered = 0
  }
}

/** Between two keyframes made on request. A receiver that asks more often gets the next one then. */
const KEYFRAME_INTERVAL: Ms = 500

/** The sender's side: many requests, from lost reports or several receivers, make one keyframe. */
export class KeyframeAnswers {
  #wanted = false
  #lastAt: Ms | undefined

  requested(): void {
    this.#wanted = true
  }

  /** `true`: encode the next frame as a keyframe. Ask before each frame. */
  take(now: Ms): boolean {
    if (!this.#wanted || (this.#lastAt !== undefined && now < this.#lastAt + KEYFRAME_INTERVAL)) return false
    this.made(now)
    return true
  }

  /** A keyframe was made for another reason (the first frame, a new size): it answers what was asked before. */
  made(now: Ms): void {
    this.#wanted = false
    this.#lastAt = now
  }
}
