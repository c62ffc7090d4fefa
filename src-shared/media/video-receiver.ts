/**
 * The buffer for pictures: packets in, frames out that can be decoded as they come, each with the time to show it. A frame
 * waits until it is due; what is missing then, or has certainly been lost, is given up, and unless temporal layers make it
 * safe nothing goes on before a keyframe, which the buffer asks for as soon as it knows of the loss.
 */
import type { Ms } from '../base/time.ts'
import { MAX_EXTRA_DELAY } from './audio-receiver.ts'
import { FrameAssembler, type PartialFrame } from './frame-assembler.ts'
import { KeyframeRequests } from './keyframe-requests.ts'
import { MissingPackets } from './missing-packets.ts'
import { VIDEO_CLOCK_RATE, videoCodecOf } from './payload-types.ts'
import type { PlayoutPlan, VideoBuffer, VideoFrame, VideoStatistics } from './received.ts'
import { ReferenceTracker } from './reference-tracker.ts'
import type { RtpPacket } from './rtp.ts'
import { Timeline } from './timeline.ts'
import { depacketize } from './video-format.ts'

/** The share of frames that shall be complete when they are due. */
const IN_TIME = 0.95
/** The histogram's memory is about 100 frames. */
const FORGET = 0.99
const MIN_TARGET: Ms = 10
const MAX_TARGET: Ms = 400
/** The delay follows its target by at most this a frame: a picture that lingers is seen, one that hurries hardly. */
const SLEW_UP: Ms = 10
const SLEW_DOWN: Ms = 1
/** Frames go to the decoder this long before they are shown. */
const DECODE_LEAD: Ms = 10
/** A frame that is overdue by more is dropped, with all that need it. */
const MAX_AGE: Ms = 1000
/** Nothing is asked for when the stream has been silent this long: the camera is off. */
const ACTIVE: Ms = 2000
/** A keyframe whose packets keep coming is not asked for again. */
const ARRIVING: Ms = 200
/**
 * So many late packets, for so long, and none in time: a number that was too high led the buffer ahead of the stream.
 * What a second path repeats comes in less time than that.
 */
const MAX_LATE_RUN = 30
const MAX_LATE_TIME: Ms = 500

export class VideoReceiver implements VideoBuffer {
  readonly #timeline = new Timeline(VIDEO_CLOCK_RATE, FORGET)
  #assembler = new FrameAssembler()
  readonly #references = new ReferenceTracker()
  readonly #requests = new KeyframeRequests()
  readonly #missing = new MissingPackets()
  /** The index that comes next; `undefined` before the first frame of a stretch. */
  #expected: number | undefined
  #lastTimestamp = -Infinity
  /** Something before `#expected` was given up since the last frame that was handed out. */
  #skipped = false
  #lateRun = 0
  #lastInTime: Ms = -Infinity
  #currentDelay: Ms
  #extraDelay: Ms = 0
  #lastRenderAt: Ms = -Infinity
  #lastActivity: Ms = -Infinity
  readonly #counters = {
    framesComplete: 0,
    framesDropped: 0,
    keyframesRequested: 0,
    packetsDuplicate: 0,
    packetsRefused: 0,
    packetsLate: 0,
  }

  /** `delay`: to begin with, where the network is known from another stream. */
  constructor(delay: Ms = MIN_TARGET) {
    this.#currentDelay = delay
  }

  get ssrc(): number | undefined {
    return this.#timeline.ssrc
  }

  /** Between the fastest packets and the showing, without what lip sync adds. */
  get delay(): Ms {
    return this.#currentDelay
  }

  get statistics(): VideoStatistics {
    return { ...this.#counters, targetMs: this.#currentDelay + this.#extraDelay }
  }

  insert(packet: RtpPacket, now: Ms): void {
    const codec = videoCodecOf(packet.payloadType)
    const piece = codec === undefined ? undefined : depacketize(codec, packet.payload)
    if (codec === undefined || (piece === undefined && packet.payload.length > 0)) {
      this.#counters.packetsRefused += 1
      return
    }
    const position = this.#timeline.place(packet, now)
    if (position === undefined) {
      this.#counters.packetsRefused += 1
      return
    }
    if (position.restarted) this.#restart()
    this.#lastActivity = now
    const { index, timestamp } = position
    if (this.#isLate(index, now)) return
    if (piece === undefined) this.#missing.noteEmpty(index)
    else {
      if (piece.keyframe) this.#requests.answered()
      const frame = this.#assembler.add({ index, timestamp, marker: packet.marker, codec, piece }, now)
      if (frame === undefined) this.#counters.packetsDuplicate += 1
      else if (frame.ends && frame.begins && frame.hole === undefined) this.#complete(frame, now)
    }
    if (this.#assembler.isFull) this.#giveUpAll()
    this.#watchGap()
  }

  poll(now: Ms): VideoFrame[] {
    const due: VideoFrame[] = []
    for (let step = this.#step(now); step !== 'wait'; step = this.#step(now)) if (step !== 'again') due.push(step)
    return due
  }

  nextPollAt(now: Ms): Ms | undefined {
    const head = this.#assembler.frames[0]
    if (head === undefined) return undefined
    const times = [this.#renderAt(head) - DECODE_LEAD, head.lastArrival + MAX_AGE]
    if (this.#missing.lostAt !== undefined) times.push(this.#missing.lostAt)
    const next = Math.min(...times.filter((time) => time > now))
    return next === Infinity ? undefined : next
  }

  takeKeyframeRequest(now: Ms, roundTrip: Ms | undefined): boolean {
    const lost = this.#missing.lost(now)
    const needed = this.#references.lost || (lost !== undefined && !this.#references.layered)
    if (!needed || now - this.#lastActivity > ACTIVE || this.#isKeyframeArriving(lost, now)) return false
    if (!this.#requests.take(now, roundTrip)) return false
    this.#counters.keyframesRequested += 1
    return true
  }

  requireKeyframe(now: Ms): void {
    this.#references.lose()
    this.#lastActivity = now
  }

  setPatience(patience: Ms): void {
    this.#missing.setPatience(patience)
  }

  restart(): void {
    this.#restart()
  }

  setExtraDelay(extra: Ms): void {
    this.#extraDelay = Math.min(MAX_EXTRA_DELAY, Math.max(0, extra))
  }

  plan(): PlayoutPlan | undefined {
    const { newest, delay } = this.#timeline
    const fastest = newest === undefined ? undefined : delay.fastest(newest)
    if (newest === undefined || fastest === undefined) return undefined
    return { rtpTimestamp: newest >>> 0, at: fastest + this.#currentDelay }
  }

  /** Of a frame that was handed out or given up. */
  #isLate(index: number, now: Ms): boolean {
    if (this.#expected !== undefined && index < this.#expected) {
      this.#lateRun += 1
      if (this.#lateRun < MAX_LATE_RUN || now < this.#lastInTime + MAX_LATE_TIME) {
        this.#counters.packetsLate += 1
        return true
      }
      this.#restart()
    }
    this.#lateRun = 0
    this.#lastInTime = now
    return false
  }

  #restart(): void {
    this.#giveUpAll()
    this.#missing.reset()
    this.#expected = undefined
    this.#skipped = false
    this.#lastTimestamp = -Infinity
    this.#lastRenderAt = -Infinity
  }

  #giveUpAll(): void {
    this.#drop(() => true)
    this.#references.lose()
  }

  #drop(test: (frame: PartialFrame) => boolean): void {
    this.#counters.framesDropped += this.#assembler.remove(test)
  }

  #complete(frame: PartialFrame, now: Ms): void {
    if (frame.counted) return
    frame.counted = true
    this.#counters.framesComplete += 1
    this.#timeline.delay.completed(frame.timestamp, now)
    const wanted = Math.min(MAX_TARGET, Math.max(MIN_TARGET, this.#timeline.delay.quantile(IN_TIME)))
    const change = wanted - this.#currentDelay
    this.#currentDelay += Math.min(SLEW_UP, Math.max(-SLEW_DOWN, change))
  }

  /** Never before now's plan allows, never later than a hostile timestamp could push it. */
  #renderAt(frame: PartialFrame): Ms {
    const delay = this.#currentDelay + this.#extraDelay
    const planned = (this.#timeline.delay.fastest(frame.timestamp) ?? frame.firstArrival) + delay
    return Math.max(this.#lastRenderAt, Math.min(planned, frame.firstArrival + delay))
  }

  #isWhole(frame: PartialFrame): boolean {
    if (!frame.begins || frame.hole !== undefined) return false
    if (frame.ends) return true
    const next = this.#assembler.frames[this.#assembler.frames.indexOf(frame) + 1]
    return next !== undefined && next.first === this.#missing.past(frame.last)
  }

  /** Where nothing but a keyframe helps, what is missing before it is no matter. */
  #watchGap(): void {
    const { frames } = this.#assembler
    const keyframe = this.#references.lost ? frames.find((frame) => frame.mayBecomeKeyframe) : undefined
    this.#missing.watch(keyframe?.first ?? this.#expected, frames)
  }

  /** Behind the loss at `lost`: whole and waiting to be due, or under way. */
  #isKeyframeArriving(lost: number | undefined, now: Ms): boolean {
    return this.#assembler.frames.some((frame) => {
      if (!frame.mayBecomeKeyframe || frame.first < (lost ?? 0)) return false
      return this.#isWhole(frame) ? frame.keyframe : frame.hole !== undefined || now - frame.lastArrival < ARRIVING
    })
  }

  /** One decision about the head of the queue. */
  #step(now: Ms): VideoFrame | 'again' | 'wait' {
    if (this.#references.lost && !this.#seekKeyframe(now)) return 'wait'
    const head = this.#assembler.frames[0]
    if (head === undefined) return 'wait'
    if (this.#expected !== undefined && head.first < this.#expected) return this.#giveUp(head)
    const next = this.#expected === undefined || head.first === this.#expected
    const renderAt = this.#renderAt(head)
    const due = now >= renderAt - DECODE_LEAD
    if (!next && due && this.#canBridge(head)) return this.#skipTo(head)
    if (!next || !this.#isWhole(head)) {
      // What its first packet would have come before is dealt with: it will not come any more.
      const headless = next && this.#expected !== undefined && !head.begins
      const hopeless = headless || (due && this.#missing.lost(now) !== undefined) || now >= head.lastArrival + MAX_AGE
      if (!hopeless) return 'wait'
      return next ? this.#giveUp(head) : this.#skipTo(head)
    }
    if (!due) return 'wait'
    const decodable =
      now <= renderAt + MAX_AGE &&
      head.timestamp > this.#lastTimestamp &&
      this.#references.canDecode(head, !this.#skipped)
    if (decodable) return this.#handOut(head, renderAt)
    return this.#leaveOut(head)
  }

  /** What is missing before it is of upper layers only, whose time has passed; perhaps the relay left it out. */
  #canBridge(head: PartialFrame): boolean {
    return this.#references.layered && this.#isWhole(head) && this.#references.canDecode(head, false)
  }

  /** Whole, but not to be decoded. Nothing refers to an upper layer but upper layers: the stream goes on below it. */
  #leaveOut(head: PartialFrame): 'again' {
    const skipped = this.#skipped
    this.#giveUp(head)
    if (this.#references.layered && head.layer !== undefined && head.layer.id > 0) {
      this.#references.leaveOut(head.layer)
      this.#skipped = skipped
    } else this.#references.lose()
    return 'again'
  }

  /** Puts the first whole keyframe at the head; without one, takes away what can never be shown. */
  #seekKeyframe(now: Ms): boolean {
    const keyframe = this.#assembler.frames.find((frame) => frame.keyframe && this.#isWhole(frame))
    if (keyframe === undefined) {
      // A keyframe of which a packet is asked for again takes a round trip, and those behind it build on it.
      this.#drop((frame) => now >= frame.lastArrival + MAX_AGE)
      return false
    }
    this.#drop((frame) => frame.first < keyframe.first)
    this.#skipTo(keyframe)
    return true
  }

  #skipTo(frame: PartialFrame): 'again' {
    this.#expected = frame.first
    this.#skipped = true
    this.#watchGap()
    return 'again'
  }

  #giveUp(head: PartialFrame): 'again' {
    this.#drop((frame) => frame === head)
    this.#expected = Math.max(this.#expected ?? 0, this.#missing.past(head.last))
    this.#skipped = true
    this.#watchGap()
    return 'again'
  }

  #handOut(head: PartialFrame, renderAt: Ms): VideoFrame {
    const { codec, keyframe, timestamp } = head
    this.#references.handedOut(head, !this.#skipped)
    this.#assembler.remove((frame) => frame === head)
    this.#expected = this.#missing.past(head.last)
    this.#skipped = false
    this.#lastTimestamp = timestamp
    this.#lastRenderAt = renderAt
    this.#watchGap()
    return {
      codec,
      data: head.join(),
      keyframe,
      timestampUs: Math.round((timestamp * 1000) / (VIDEO_CLOCK_RATE / 1000)),
      rtpTimestamp: timestamp >>> 0,
      renderAt,
    }
  }
}
