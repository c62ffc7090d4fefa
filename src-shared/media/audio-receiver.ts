/**
 * The jitter buffer for sound. Its play position moves through the sender's timestamps by 20 ms a pull; how far it
 * stays behind the fastest packets is the delay, which is held near a target that the network's jitter sets:
 * - while the buffer is empty the position stands still, and what was made up meanwhile stands in for packets that turn out lost;
 * - a hole in the timestamps without a hole in the sequence numbers is discontinuous transmission, not loss (RFC 7587 section 3.1.3);
 *   after it the position begins anew at the target;
 * - where the delay is off the target, sound is to be played shorter or longer (`time-stretch.ts`); far beyond, it is left out.
 */
import type { Bytes } from '../base/bytes.ts'
import type { Ms } from '../base/time.ts'
import { OPUS_FRAME_MS, OPUS_FRAME_SAMPLES, opusConcealment, opusSamples } from './opus.ts'
import { AUDIO_CLOCK_RATE, payloadTypeOf, REDUNDANT_AUDIO } from './payload-types.ts'
import { parseRedundantAudio, type RedundantAudio } from './redundant-audio.ts'
import type { AudioBuffer, AudioStatistics, AudioUnit, PlayoutPlan } from './received.ts'
import type { RtpPacket } from './rtp.ts'
import { SmoothedDelay } from './smoothed-delay.ts'
import { Timeline } from './timeline.ts'

/** The share of packets that shall be there in time. */
const IN_TIME = 0.97
/** The histogram's memory is about 100 packets, two seconds: the stalls of a call's first moments are soon forgotten. */
const FORGET = 0.99
/** For the unevenness of the pulls themselves. */
const MARGIN: Ms = 10
const MIN_TARGET: Ms = 20
const MAX_TARGET: Ms = 500
/** Lip sync may add this much. */
export const MAX_EXTRA_DELAY: Ms = 600

/** As much more or less delay than the target is no matter; a correction of a pitch period must not lead out of it at the other side. */
const TOLERANCE: Ms = 10
/** Above the target by more than this it is cut at once. */
const EXCESSIVE: Ms = 400
/** Concealment fades out; after this many units in a row silence is honest. */
const MAX_CONCEALED_RUN = 5
/** Units without any packet after which playing begins anew, as at the beginning of a call. */
const MAX_STALL = 50
/** Packets. The timeline check admits two seconds; only timestamps that overlap make more. */
const MAX_QUEUE = 150
/** Frames of which it is remembered that they came; more than a packet can carry again. */
const REMEMBERED = 64
/** A packet that begins less than half a unit off the position counts as being there. */
const HALF_UNIT = OPUS_FRAME_SAMPLES / 2

interface Waiting {
  readonly index: number
  readonly timestamp: number
  readonly data: Bytes
}

export class AudioReceiver implements AudioBuffer {
  readonly #timeline = new Timeline(AUDIO_CLOCK_RATE, FORGET)
  #queue: Waiting[] = []
  #playing = false
  /** The timestamp that is played next; while not playing, nothing before it is played any more. */
  #position = -Infinity
  #last: Waiting | undefined
  /** Indices of frames that came, with their own packet or with a later one. */
  readonly #came = new Set<number>()
  /** Units given out while the buffer was empty and the position stood still. */
  #stalled = 0
  #concealedRun = 0
  /** Of the position, against the fastest packets; smoothed over the unevenness of the pulls. */
  readonly #delay = new SmoothedDelay()
  /** What the network makes necessary. */
  #needed: Ms = MIN_TARGET
  #extraDelay: Ms = 0
  readonly #counters = {
    packetsLate: 0,
    packetsDuplicate: 0,
    packetsRefused: 0,
    playedMs: 0,
    concealedMs: 0,
    silenceMs: 0,
    skippedMs: 0,
    insertedMs: 0,
  }

  get statistics(): AudioStatistics {
    return { ...this.#counters, bufferMs: this.#queue.length * OPUS_FRAME_MS, targetMs: this.#target() }
  }

  insert(packet: RtpPacket, now: Ms): void {
    const content = contentOf(packet)
    const own = content && this.#accept(packet, content.frame, now)
    if (content === undefined || own === undefined) {
      this.#counters.packetsRefused += 1
      return
    }
    for (const { distance, frame } of content.earlier) this.#recover(own, distance, frame, now)
    this.#timeline.delay.completed(own.timestamp, now)
    this.#needed = this.#timeline.delay.quantile(IN_TIME) + MARGIN
    this.#remember(own.index)
    this.#queueUp(own)
  }

  /** A frame that was lost, or is late, and came with a later one: the delay that this takes is the network's. */
  #recover(from: Waiting, distance: number, frame: Bytes, now: Ms): void {
    const index = from.index - distance
    const timestamp = from.timestamp - distance * OPUS_FRAME_SAMPLES
    // Before the first packet there was nothing that could be lost.
    if (this.#came.size === 0 || this.#came.has(index) || opusSamples(frame) !== OPUS_FRAME_SAMPLES) return
    this.#remember(index)
    this.#timeline.delay.completed(timestamp, now)
    this.#queueUp({ index, timestamp, data: frame })
  }

  #remember(index: number): void {
    this.#came.add(index)
    if (this.#came.size <= REMEMBERED) return
    for (const oldest of this.#came) {
      this.#came.delete(oldest)
      return
    }
  }

  #queueUp(waiting: Waiting): void {
    if (waiting.timestamp < this.#position - HALF_UNIT) {
      this.#counters.packetsLate += 1
      return
    }
    let at = this.#queue.length
    while (at > 0 && (this.#queue[at - 1]?.timestamp ?? 0) > waiting.timestamp) at--
    if (this.#queue[at - 1]?.timestamp === waiting.timestamp) {
      this.#counters.packetsDuplicate += 1
      return
    }
    this.#queue.splice(at, 0, waiting)
    if (this.#queue.length > MAX_QUEUE) this.#queue.shift()
  }

  setExtraDelay(extra: Ms): void {
    this.#extraDelay = Math.min(MAX_EXTRA_DELAY, Math.max(0, extra))
  }

  plan(): PlayoutPlan | undefined {
    const { newest, delay } = this.#timeline
    const fastest = newest === undefined ? undefined : delay.fastest(newest)
    if (newest === undefined || fastest === undefined) return undefined
    return { rtpTimestamp: newest >>> 0, at: fastest + this.#target() - this.#extraDelay }
  }

  pull(now: Ms): AudioUnit {
    this.#dropPassed()
    if (!this.#playing && !this.#begin(now)) return this.#silence()
    this.#delay.measure(this.#delayAt(this.#position, now))
    if (this.#queue.length === 0) return this.#stall()
    this.#settleStall()
    this.#cutExcess()
    const head = this.#queue[0]
    if (head === undefined) return this.#stall()
    return head.timestamp < this.#position + HALF_UNIT ? this.#give(head) : this.#bridge(head, now)
  }

  stretched(by: Ms): void {
    this.#delay.shift(by)
    this.#counters[by > 0 ? 'insertedMs' : 'skippedMs'] += Math.abs(by)
  }

  /** `undefined`: refused. */
  #accept(packet: RtpPacket, frame: Bytes, now: Ms): Waiting | undefined {
    if (opusSamples(frame) !== OPUS_FRAME_SAMPLES) return undefined
    const position = this.#timeline.place(packet, now)
    if (position === undefined) return undefined
    if (position.restarted) this.#restart()
    return { ...position, data: frame }
  }

  #restart(): void {
    this.#queue = []
    this.#came.clear()
    this.#playing = false
    this.#position = -Infinity
    this.#last = undefined
    this.#settle('silenceMs')
    this.#delay.reset()
  }

  #target(): Ms {
    return Math.min(MAX_TARGET, Math.max(MIN_TARGET, this.#needed)) + this.#extraDelay
  }

  #delayAt(timestamp: number, now: Ms): Ms {
    return now - (this.#timeline.delay.fastest(timestamp) ?? now)
  }

  #dropPassed(): void {
    while ((this.#queue[0]?.timestamp ?? Infinity) < this.#position - HALF_UNIT) {
      this.#queue.shift()
      this.#counters.packetsLate += 1
    }
  }

  /** Playing begins when the first packet has waited for as long as the target says. */
  #begin(now: Ms): boolean {
    const head = this.#queue[0]
    if (head === undefined || this.#delayAt(head.timestamp, now) < this.#target() - OPUS_FRAME_MS / 2) return false
    this.#playing = true
    this.#moveTo(head.timestamp, now)
    return true
  }

  #moveTo(timestamp: number, now: Ms): void {
    this.#position = timestamp
    this.#delay.set(this.#delayAt(timestamp, now))
  }

  /** How far the delay is above the target; negative below. */
  #excess(): Ms {
    return this.#delay.value - this.#target()
  }

  /** Moves the position by whole units; the time of a pull itself is 20 ms. */
  #advance(units: number): void {
    this.#position += units * OPUS_FRAME_SAMPLES
    this.#delay.shift(-units * OPUS_FRAME_MS)
  }

  #elapse(): void {
    this.#delay.shift(OPUS_FRAME_MS)
  }

  /** Only as far as there are packets: where the network itself is that late, leaving out more would leave out everything. */
  #cutExcess(): void {
    const newest = this.#queue[this.#queue.length - 1]?.timestamp ?? this.#position
    const available = Math.floor((newest - this.#position) / OPUS_FRAME_SAMPLES)
    const units = Math.min(available, Math.floor(this.#excess() / OPUS_FRAME_MS))
    if (this.#excess() <= EXCESSIVE || units <= 0) return
    this.#advance(units)
    this.#counters.skippedMs += units * OPUS_FRAME_MS
    while ((this.#queue[0]?.timestamp ?? Infinity) < this.#position - HALF_UNIT) this.#queue.shift()
  }

  /** What was made up while the buffer was empty stands in for what is missing up to the first packet that came then. */
  #settleStall(): void {
    const head = this.#queue[0]
    if (this.#stalled === 0 || head === undefined) return
    const missing = Math.max(0, Math.round((head.timestamp - this.#position) / OPUS_FRAME_SAMPLES))
    const paused = missing > 0 && this.#followsLast(head)
    this.#advance(Math.min(this.#stalled, missing))
    this.#settle(paused ? 'silenceMs' : 'concealedMs')
  }

  #settle(as: 'silenceMs' | 'concealedMs'): void {
    this.#counters[as] += this.#stalled * OPUS_FRAME_MS
    this.#stalled = 0
  }

  /** Nothing was sent between the last packet and this one. */
  #followsLast(head: Waiting): boolean {
    return this.#last !== undefined && head.index === this.#last.index + 1
  }

  #give(packet: Waiting): AudioUnit {
    this.#queue.shift()
    this.#last = packet
    this.#concealedRun = 0
    this.#counters.playedMs += OPUS_FRAME_MS
    // The packet's own timestamp counts: a sender that changed its device is not bound to the old grid.
    this.#delay.shift((this.#position - packet.timestamp) / (AUDIO_CLOCK_RATE / 1000))
    this.#position = packet.timestamp
    this.#advance(1)
    this.#elapse()
    return { kind: 'packet', data: packet.data, rtpTimestamp: packet.timestamp >>> 0, stretch: this.#correction() }
  }

  #correction(): Ms {
    const excess = this.#excess()
    return Math.abs(excess) > TOLERANCE ? -excess : 0
  }

  /** There is a packet, but not the one that comes next. */
  #bridge(head: Waiting, now: Ms): AudioUnit {
    if (this.#followsLast(head)) {
      if (this.#delayAt(head.timestamp, now) < this.#target() - OPUS_FRAME_MS / 2) return this.#silence()
      this.#moveTo(head.timestamp, now)
      return this.#give(head)
    }
    const missing = Math.max(1, Math.round((head.timestamp - this.#position) / OPUS_FRAME_SAMPLES))
    if (this.#concealedRun > 0 && this.#excess() - missing * OPUS_FRAME_MS > TOLERANCE) {
      // There is more delay than the hole is long: leave the rest of the hole out.
      this.#counters.skippedMs += missing * OPUS_FRAME_MS
      this.#advance(missing)
      return this.#give(head)
    }
    this.#counters.concealedMs += OPUS_FRAME_MS
    this.#advance(1)
    this.#elapse()
    return this.#made()
  }

  #stall(): AudioUnit {
    this.#stalled += 1
    if (this.#stalled > MAX_STALL) {
      // The sender is muted, or gone: that was silence.
      this.#settle('silenceMs')
      this.#playing = false
      return this.#silence()
    }
    this.#elapse()
    return this.#made()
  }

  #made(): AudioUnit {
    if (this.#last === undefined || this.#concealedRun >= MAX_CONCEALED_RUN) return { kind: 'silence' }
    this.#concealedRun += 1
    return { kind: 'conceal', data: opusConcealment(this.#last.data) }
  }

  #silence(): AudioUnit {
    this.#counters.silenceMs += OPUS_FRAME_MS
    return { kind: 'silence' }
  }
}

/** `undefined`: of another format, or malformed. */
function contentOf({ payload, payloadType }: RtpPacket): RedundantAudio | undefined {
  if (payloadType === REDUNDANT_AUDIO) return parseRedundantAudio(payload)
  return payloadType === payloadTypeOf('opus') ? { frame: payload, earlier: [] } : undefined
}
