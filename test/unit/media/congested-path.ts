/** A call's sender over one bottleneck, in virtual time: frames, pacing, a queue with a limit, losses, and the reports on their way back. */
import { ArrivalLog } from '../../../src-shared/media/congestion/arrival-log.ts'
import type { CongestionControl } from '../../../src-shared/media/congestion/congestion-control.ts'
import type { CongestionFeedback } from '../../../src-shared/media/rtcp-congestion.ts'
import { generator } from './network.ts'

export interface Bottleneck {
  /** Bits a second at this moment. */
  capacity(now: number): number
  /** What the queue holds at most, ms at the present capacity. */
  readonly queueMs: number
  /** One way. */
  readonly delayMs: number | ((now: number) => number)
  readonly jitterMs: number
  readonly loss: number | ((now: number) => number)
  /** Of reports. */
  readonly lossBack: number
  /** The receiving computer is busy: what comes in is looked at later. */
  isBusy?(now: number): boolean
  /** Nothing passes. */
  isDead?(now: number): boolean
}

export const CALM: Bottleneck = {
  capacity: () => 1_000_000,
  queueMs: 300,
  delayMs: 25,
  jitterMs: 0,
  loss: 0,
  lossBack: 0,
}

export interface Second {
  readonly estimate: number
  /** The longest that a packet queued, ms. */
  readonly queued: number
  readonly dropped: number
}

const SSRC = { audio: 1, video: 2 }
const AUDIO_BITS = 73_000
const MAX_PAYLOAD = 1100

/** What each second looked like. `demand`: bits a second that the encoder makes at most. */
export function runCall(
  control: CongestionControl,
  path: Bottleneck,
  options: {
    seconds: number
    seed: number
    demand?: number | (() => number)
    others?: readonly CongestionControl[]
    /** After each second: both halves of the first sender's congestion control. */
    watch?: (control: CongestionControl, arrivals: ArrivalLog) => void
  },
): Second[] {
  const senders = [control, ...(options.others ?? [])].map((each) => new Sender(each, options.demand ?? 2_500_000))
  const random = generator(options.seed)
  const seconds: Second[] = []
  const underWay: { at: number; sender: Sender; ssrc: number; sequence: number }[] = []
  const reports: { at: number; sender: Sender; report: CongestionFeedback }[] = []
  const lossAt = (now: number): number => (typeof path.loss === 'number' ? path.loss : path.loss(now))
  const delayAt = (now: number): number => (typeof path.delayMs === 'number' ? path.delayMs : path.delayMs(now))
  let freeAt = 0
  let queued = 0
  let dropped = 0
  for (let now = 0; now < options.seconds * 1000; now++) {
    for (const sender of senders) {
      for (const { ssrc, sequence, length } of sender.tick(now)) {
        const capacity = path.capacity(now)
        const wait = Math.max(0, freeAt - now)
        if (wait > path.queueMs || path.isDead?.(now) === true) {
          dropped += 1
          continue
        }
        queued = Math.max(queued, wait)
        freeAt = now + wait + (8000 * (length + 44)) / capacity
        if (random() < lossAt(now)) continue
        schedule(underWay, { at: freeAt + delayAt(now) + random() * path.jitterMs, sender, ssrc, sequence })
      }
    }
    for (const packet of path.isBusy?.(now) === true ? [] : due(underWay, now)) {
      packet.sender.arrivals.arrived(packet.ssrc, packet.sequence, Math.max(packet.at, now - 1))
      const report = packet.sender.arrivals.takeReport(9, now)
      if (report !== undefined && random() >= path.lossBack && path.isDead?.(now) !== true) {
        schedule(reports, { at: now + delayAt(now), sender: packet.sender, report })
      }
    }
    for (const { sender, report } of due(reports, now)) sender.control.reported(report, now)
    if (now % 1000 === 999) {
      seconds.push({ estimate: control.estimate, queued: Math.round(queued), dropped })
      queued = dropped = 0
      if (senders[0] !== undefined) options.watch?.(control, senders[0].arrivals)
    }
  }
  return seconds
}

/** In order; nearly all belong at the end. */
function schedule<Event extends { at: number }>(events: Event[], event: Event): void {
  const before = events.findLastIndex(({ at }) => at <= event.at)
  events.splice(before + 1, 0, event)
}

function due<Event extends { at: number }>(events: Event[], now: number): Event[] {
  const left = events.findIndex(({ at }) => at > now)
  return left === 0 ? [] : events.splice(0, left === -1 ? events.length : left)
}

interface Outgoing {
  readonly ssrc: number
  readonly sequence: number
  readonly length: number
}

class Sender {
  readonly arrivals = new ArrivalLog()
  readonly control: CongestionControl
  readonly #demand: number | (() => number)
  readonly #numbers = { audio: 0, video: 0 }
  #queue: Outgoing[] = []
  #budget = 0

  constructor(control: CongestionControl, demand: number | (() => number)) {
    this.control = control
    this.#demand = demand
  }

  tick(now: number): Outgoing[] {
    const out: Outgoing[] = []
    const { estimate } = this.control
    if (now % 20 === 0) out.push(this.#packet('audio', 127))
    if (now % 33 === 0) {
      // Every 300th frame is a keyframe of ten times the size.
      const demand = typeof this.#demand === 'number' ? this.#demand : this.#demand()
      const frame = ((Math.min(demand, estimate - AUDIO_BITS) * 0.94) / 30 / 8) * (now % 9900 === 0 ? 10 : 1)
      for (let left = frame; left > 0; left -= MAX_PAYLOAD) {
        this.#queue.push(this.#packet('video', Math.min(MAX_PAYLOAD, Math.ceil(left)) + 30))
      }
    }
    const rate = this.control.pacing / 8000
    this.#budget = Math.min(40 * rate, this.#budget + rate)
    while (this.#queue.length > 0 && this.#budget > 0) {
      const packet = this.#queue.shift()
      if (packet === undefined) break
      this.#budget -= packet.length
      out.push(packet)
    }
    for (const { ssrc, sequence, length } of out) this.control.sent(ssrc, sequence, length, now)
    return out
  }

  #packet(kind: 'audio' | 'video', length: number): Outgoing {
    this.#numbers[kind] = (this.#numbers[kind] + 1) % 0x1_0000
    return { ssrc: SSRC[kind], sequence: this.#numbers[kind], length }
  }
}
