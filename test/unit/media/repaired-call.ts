/**
 * One side's picture over a long way that loses packets, in virtual time: the real congestion control, repair and buffers at both ends,
 * frames of the sizes that an encoder makes, and what the person at the other end sees of them.
 */
import { PictureParity } from '../../../src-renderer/media-worker/picture-parity.ts'
import { PacketRequests, patienceFor, ResendBudget, SentPackets } from '../../../src-renderer/media-worker/repair.ts'
import { estimateFor, pictureBitrate } from '../../../src-shared/media/congestion/allocation.ts'
import { ArrivalLog } from '../../../src-shared/media/congestion/arrival-log.ts'
import { CongestionControl } from '../../../src-shared/media/congestion/congestion-control.ts'
import { KeyframeAnswers } from '../../../src-shared/media/keyframe-requests.ts'
import { PacketRecovery } from '../../../src-shared/media/packet-recovery.ts'
import { FLEXIBLE_FEC, payloadTypeOf, VIDEO_CLOCK_RATE } from '../../../src-shared/media/payload-types.ts'
import type { CongestionFeedback } from '../../../src-shared/media/rtcp-congestion.ts'
import { parseRtp, sequenceNumberOf, ssrcOf } from '../../../src-shared/media/rtp.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { VideoReceiver } from '../../../src-shared/media/video-receiver.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { LossyLink, type LongPath, UnderWay } from './long-path.ts'
import { generator } from './network.ts'
import { decode, Encoder, packetizerOf } from './video-call.ts'

/** What the person sees after the call has settled; counts and sums a minute. */
export interface Seen {
  /** More than 200 ms without a new picture. */
  readonly freezes: number
  readonly frozenMs: number
  readonly framesPerSecond: number
  /** From the camera to the screen, ms: median and 95th percentile. */
  readonly delay: number
  readonly delay95: number
  /** Of the picture itself. */
  readonly kbps: number
  /** Of all its bytes, those of repair packets and those that were sent again. */
  readonly parityShare: number
  readonly againShare: number
}

const SETTLE_MS = 10_000
const FRAMES_PER_SECOND = 30
const MAX_BITRATE = 1_000_000
const SSRC = { sound: 0x1235, picture: 0x1236, repair: 0x123a }
const SOUND = { everyMs: 20, length: 127 }
/** MKI and tag. */
const PROTECTION_BYTES = 17
const REPORT_BYTES = 60
/** As in `RemotePicture`. */
const MISSING_INTERVAL = 10

/**
 * Measured with 640×360 at 1 Mbit/s: a keyframe takes 40 to 66 kB, which the frames behind it save, a frame 4 kB; the encoder keeps to
 * its rate in the mean.
 */
class FrameSizes {
  readonly #random: () => number
  #debt = 0

  constructor(random: () => number) {
    this.#random = random
  }

  next(bitrate: number, keyframe: boolean): number {
    const mean = bitrate / 8 / FRAMES_PER_SECOND
    const deviation = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
    const saved = keyframe ? 0 : Math.min(this.#debt, 0.3 * mean)
    const size = keyframe ? 12 * mean * Math.exp(0.15 * deviation) : (mean - saved) * Math.exp(0.33 * deviation - 0.054)
    this.#debt += keyframe ? size - mean : -saved
    return Math.round(Math.max(60, size))
  }
}

const VOICE_ONLY = { screenSound: false }

class Sender {
  readonly control = new CongestionControl({
    start: estimateFor(600_000, VOICE_ONLY),
    max: estimateFor(MAX_BITRATE, VOICE_ONLY),
  })
  readonly answers = new KeyframeAnswers()
  readonly frames: number[] = []
  readonly bytes = { picture: 0, repair: 0, again: 0 }
  readonly #kept = new SentPackets()
  readonly #budgetAgain = new ResendBudget()
  readonly #encoder = new Encoder('none')
  readonly #packetizer = packetizerOf('VP8')
  readonly #stream: RtpSender
  readonly #parity: PictureParity
  readonly #sizes: FrameSizes
  readonly #way: LossyLink
  readonly #underWay: UnderWay<Uint8Array | number>
  #queue: Uint8Array[] = []
  #budget = 0
  #sounds = 0

  constructor(seed: number, parity: boolean, way: LossyLink, underWay: UnderWay<Uint8Array | number>) {
    const stream = (ssrc: number) =>
      new RtpSender({ ssrc, clockRate: VIDEO_CLOCK_RATE, random: seededRandom(`${String(seed)} ${String(ssrc)}`) })
    this.#stream = stream(SSRC.picture)
    this.#parity = new PictureParity(stream(SSRC.repair), SSRC.picture, () => (parity ? this.control : undefined))
    this.#sizes = new FrameSizes(generator(seed + 1))
    this.#way = way
    this.#underWay = underWay
  }

  tick(now: number): void {
    if (now % SOUND.everyMs === 0) {
      const number = this.#sounds++ & 0xffff
      this.control.sent(SSRC.sound, number, SOUND.length, now)
      this.#underWay.add(this.#way.send(SOUND.length, now), number)
    }
    if (this.frames.length <= (now * FRAMES_PER_SECOND) / 1000) this.#sendFrame(now)
    const rate = this.control.pacing / 8000
    this.#budget = Math.min(40 * rate, this.#budget + rate)
    while (this.#budget > 0) {
      const packet = this.#queue.shift()
      if (packet === undefined) return
      this.#budget -= packet.length
      this.#send(packet, now, ssrcOf(packet) === SSRC.picture ? 'picture' : 'repair')
    }
  }

  sendAgain(lost: readonly number[], now: number): void {
    const isAdmitted = (length: number) => this.#budgetAgain.admit(length, this.control.pacing, now)
    for (const packet of this.#kept.find(lost, now, isAdmitted)) this.#send(packet, now, 'again')
  }

  #sendFrame(now: number): void {
    const keyframe = this.answers.take(now) || this.frames.length === 0
    const bitrate = Math.min(MAX_BITRATE, pictureBitrate(this.control.estimate, VOICE_ONLY)) * (1 - this.#parity.share)
    const frame = this.#encoder.next('VP8', keyframe, this.#sizes.next(bitrate, keyframe))
    this.frames.push(now)
    const packets = this.#stream.packets({
      payloadType: payloadTypeOf('VP8'),
      payloads: this.#packetizer.packetize(frame),
      timestampUs: now * 1000,
      capturedAt: now,
      marker: true,
    })
    this.#kept.remember(packets, now)
    this.#queue.push(...this.#parity.protect(packets, now))
  }

  #send(packet: Uint8Array, now: number, as: keyof Sender['bytes']): void {
    const length = packet.length + PROTECTION_BYTES
    if (now >= SETTLE_MS) this.bytes[as] += length
    this.control.sent(ssrcOf(packet), sequenceNumberOf(packet), length, now)
    this.#underWay.add(this.#way.send(length, now), packet)
  }
}

type Answer =
  | { readonly kind: 'missing'; readonly lost: readonly number[] }
  | { readonly kind: 'keyframe' }
  | { readonly kind: 'report'; readonly report: CongestionFeedback }

class Receiver {
  readonly shown: { readonly id: number; readonly at: number }[] = []
  readonly #roundTrip: number
  readonly #buffer = new VideoReceiver()
  readonly #missing = new PacketRequests()
  readonly #recovery = new PacketRecovery()
  readonly #arrivals = new ArrivalLog()
  readonly #seen = new Set<number>()
  #pollAt = Infinity
  #missingAt = Infinity

  constructor(roundTrip: number) {
    this.#roundTrip = roundTrip
  }

  tick(now: number, came: readonly { readonly at: number; readonly content: Uint8Array | number }[]): Answer[] {
    for (const { at, content } of came) {
      if (typeof content === 'number') this.#arrivals.arrived(SSRC.sound, content, at)
      else this.#take(content, at, now)
    }
    const answers: Answer[] = []
    const report = came.length > 0 ? this.#arrivals.takeReport(SSRC.sound, now) : undefined
    if (report !== undefined) answers.push({ kind: 'report', report })
    const hasPicture = came.some(({ content }) => typeof content !== 'number')
    if (hasPicture || now >= this.#pollAt) {
      for (const frame of this.#buffer.poll(now)) {
        this.shown.push({ id: decode(frame).id, at: Math.max(now, frame.renderAt) })
      }
      this.#pollAt = this.#buffer.nextPollAt(now) ?? Infinity
      if (this.#buffer.takeKeyframeRequest(now, this.#roundTrip)) answers.push({ kind: 'keyframe' })
    }
    if (hasPicture || now >= this.#missingAt) {
      const patience = patienceFor(this.#roundTrip, this.#missing.loss)
      this.#buffer.setPatience(patience)
      const lost = this.#missing.take(now, this.#roundTrip, patience)
      if (lost.length > 0) answers.push({ kind: 'missing', lost })
      this.#missingAt = this.#missing.isEmpty ? Infinity : now + MISSING_INTERVAL
    }
    return answers
  }

  #take(packet: Uint8Array, at: number, now: number): void {
    const rtp = parseRtp(packet)
    if (rtp === undefined) throw new Error('own packet does not parse')
    this.#arrivals.arrived(rtp.ssrc, rtp.sequenceNumber, at)
    const isRepair = rtp.payloadType === FLEXIBLE_FEC
    if (!isRepair && !this.#isReplayed(rtp.sequenceNumber)) this.#insert(packet, now)
    for (const recovered of isRepair ? this.#recovery.repair(rtp) : this.#recovery.received(packet)) {
      this.#insert(recovered, now)
    }
  }

  /** As SRTP refuses it. */
  #isReplayed(number: number): boolean {
    const isReplayed = this.#seen.has(number)
    this.#seen.add(number)
    const [oldest] = this.#seen
    if (this.#seen.size > 1024 && oldest !== undefined) this.#seen.delete(oldest)
    return isReplayed
  }

  #insert(packet: Uint8Array, now: number): void {
    const rtp = parseRtp(packet)
    if (rtp === undefined) throw new Error('a recovered packet does not parse')
    this.#missing.arrived(rtp.ssrc, rtp.sequenceNumber, now)
    this.#buffer.insert(rtp, now)
  }
}

/** `parity`: the other side has a use for repair packets. */
export function runRepairedCall(path: LongPath, options: { seed: number; seconds: number; parity: boolean }): Seen {
  const { seed, seconds, parity } = options
  const random = generator(seed)
  const underWay = new UnderWay<Uint8Array | number>()
  const answersUnderWay = new UnderWay<Answer>()
  const sender = new Sender(seed, parity, new LossyLink(path, random), underWay)
  const wayBack = new LossyLink({ ...path, capacity: 1e7 }, random)
  const receiver = new Receiver(path.roundTripMs + 5)
  for (let now = 0; now < seconds * 1000; now++) {
    sender.tick(now)
    for (const answer of receiver.tick(now, underWay.take(now))) {
      answersUnderWay.add(wayBack.send(REPORT_BYTES, now), answer)
    }
    for (const { content } of answersUnderWay.take(now)) {
      if (content.kind === 'report') sender.control.reported(content.report, now)
      else if (content.kind === 'missing') sender.sendAgain(content.lost, now)
      else sender.answers.requested()
    }
  }
  return seenOf(sender, receiver, seconds)
}

function seenOf({ frames, bytes }: Sender, { shown: all }: Receiver, seconds: number): Seen {
  // Of those that come out at one moment the newest is shown.
  const shown = all.filter(({ at }, i) => at >= SETTLE_MS && (all[i + 1]?.at ?? Infinity) - at > 8)
  const delays = shown.map(({ id, at }) => at - (frames[id] ?? 0)).sort((a, b) => a - b)
  const gaps = shown.map(({ at }, i) => at - (shown[i - 1]?.at ?? SETTLE_MS)).filter((gap) => gap > 200)
  const span = seconds - SETTLE_MS / 1000
  const total = bytes.picture + bytes.repair + bytes.again
  return {
    freezes: (60 * gaps.length) / span,
    frozenMs: (60 * gaps.reduce((sum, gap) => sum + gap, 0)) / span,
    framesPerSecond: shown.length / span,
    delay: delays[delays.length >> 1] ?? Infinity,
    delay95: delays[Math.floor(delays.length * 0.95)] ?? Infinity,
    kbps: (8 * bytes.picture) / 1000 / span,
    parityShare: bytes.repair / total,
    againShare: bytes.again / total,
  }
}
