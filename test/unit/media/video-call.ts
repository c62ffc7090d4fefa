/** A video call in virtual time: frames that say what they refer to, a bad network, the real buffer, and a decoder that checks. */
import { H264Packetizer } from '../../../src-shared/media/h264.ts'
import type { EncodedFrame, TemporalLayer, VideoPacketizer } from '../../../src-shared/media/payload-format.ts'
import { payloadTypeOf, type VideoCodec } from '../../../src-shared/media/payload-types.ts'
import type { VideoFrame } from '../../../src-shared/media/received.ts'
import { parseRtp, type RtpPacket } from '../../../src-shared/media/rtp.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { VideoReceiver } from '../../../src-shared/media/video-receiver.ts'
import { Vp8Packetizer } from '../../../src-shared/media/vp8.ts'
import { Vp9Packetizer } from '../../../src-shared/media/vp9.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { type Conditions, Path } from './network.ts'

export type Layering = 'none' | 'L1T2' | 'L1T3'

/** What a frame of this test carries: its number and those that it cannot be decoded without. */
interface Content {
  readonly id: number
  readonly references: readonly number[]
}

/** Begins like a frame of the codec as far as the payload formats look. Zero-free behind that, for the start codes of H.264. */
function encode(codec: VideoCodec, keyframe: boolean, { id, references }: Content, size: number): Uint8Array {
  const words = [id, references.length, ...references].flatMap((value) => [
    1 + (value & 0x7f),
    1 + ((value >> 7) & 0x7f),
    1 + ((value >> 14) & 0x7f),
  ])
  const head = {
    VP8: [keyframe ? 0x10 : 0x11],
    VP9: [keyframe ? 0x82 : 0x86],
    H264: [...(keyframe ? [0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x68, 9] : []), 0, 0, 0, 1, keyframe ? 0x65 : 0x61],
  }[codec]
  const frame = new Uint8Array(Math.max(size, head.length + words.length)).fill(0x55)
  frame.set(head)
  frame.set(words, head.length)
  return frame
}

export function decode({ codec, data, keyframe }: VideoFrame): Content {
  const at = codec === 'H264' ? (keyframe ? 17 : 5) : 1
  const word = (i: number): number => {
    const byte = (j: number): number => (data[at + 3 * i + j] ?? 0) - 1
    return byte(0) | (byte(1) << 7) | (byte(2) << 14)
  }
  return { id: word(0), references: Array.from({ length: word(1) }, (_, i) => word(2 + i)) }
}

/** The patterns of libvpx: L1T3 is 0 2 1 2, its second frame of layer 2 builds on layer 1. */
export class Encoder {
  #id: number
  #position = 0
  #base = -1
  #middle = -1
  readonly layering: Layering

  constructor(layering: Layering, firstId = 0) {
    this.layering = layering
    this.#id = firstId
  }

  next(codec: VideoCodec, keyframe: boolean, size: number): EncodedFrame {
    const id = this.#id++
    if (keyframe) this.#position = 0
    const { layer, references } = this.#place(keyframe, id)
    this.#position += 1
    const data = encode(codec, keyframe, { id, references }, size)
    return { data, keyframe, ...(layer === undefined ? {} : { temporal: layer }) }
  }

  #place(keyframe: boolean, id: number): { layer: TemporalLayer | undefined; references: number[] } {
    if (this.layering === 'none') return { layer: undefined, references: keyframe ? [] : [id - 1] }
    const step = this.#position % (this.layering === 'L1T2' ? 2 : 4)
    if (step === 0) {
      const references = keyframe ? [] : [this.#base]
      this.#base = id
      return { layer: { id: 0, sync: false }, references }
    }
    if (this.layering === 'L1T2') return { layer: { id: 1, sync: true }, references: [this.#base] }
    if (step === 2) {
      this.#middle = id
      return { layer: { id: 1, sync: true }, references: [this.#base] }
    }
    if (step === 1) return { layer: { id: 2, sync: true }, references: [this.#base] }
    return { layer: { id: 2, sync: false }, references: [this.#base, this.#middle] }
  }
}

export function packetizerOf(codec: VideoCodec): VideoPacketizer {
  if (codec === 'H264') return new H264Packetizer()
  return codec === 'VP8' ? new Vp8Packetizer(0x7ff0) : new Vp9Packetizer(0x7ff0)
}

export interface VideoCallOptions {
  readonly codec: VideoCodec
  /** The format may change in the middle of the stream, with a keyframe; then this counts and not `codec`. */
  readonly codecAt?: (now: number) => VideoCodec
  readonly layering: Layering
  readonly conditions: Conditions | ((now: number) => Conditions)
  readonly random: () => number
  readonly seed: number
  readonly durationMs: number
  readonly clockError: number
  /** Lost packets are sent again when they are missed, and may be lost again; the receiver waits for them. */
  readonly repair?: { readonly patience: number }
  /** Called for each packet that comes in; may add or change packets. */
  readonly tamper?: (packet: RtpPacket, now: number) => readonly RtpPacket[]
  /** Looks at the receiver, once a simulated second. */
  readonly watch?: (receiver: VideoReceiver, now: number) => void
  /** From here on the network is perfect and nothing is tampered with. */
  readonly calmFrom?: number
}

export interface VideoCallOutcome {
  readonly sent: number
  readonly rendered: readonly {
    readonly id: number
    readonly at: number
    readonly renderAt: number
    readonly sentAt: number
  }[]
  /** Frames that were handed out without what they refer to: must be none. */
  readonly undecodable: readonly number[]
  readonly requests: readonly number[]
  readonly receiver: VideoReceiver
}

const STEP = 5
const FRAME_INTERVAL = 33

export function runVideoCall(options: VideoCallOptions): VideoCallOutcome {
  const { random, durationMs, clockError, calmFrom = Infinity, codecAt = () => options.codec } = options
  const given = options.conditions
  const conditionsAt = typeof given === 'function' ? given : () => given
  const encoder = new Encoder(options.layering)
  let codec = codecAt(0)
  let packetizer = packetizerOf(codec)
  const sender = new RtpSender({ ssrc: 0x1236, clockRate: 90_000, random: seededRandom(String(options.seed)) })
  const receiver = new VideoReceiver()
  if (options.repair !== undefined) receiver.setPatience(options.repair.patience)
  const path = new Path(random)
  const decoded = new Set<number>()
  const sentAt: number[] = []
  const rendered: { id: number; at: number; renderAt: number; sentAt: number }[] = []
  const undecodable: number[] = []
  const requests: number[] = []
  let arrivals: { packet: Uint8Array; at: number }[] = []
  let keyframeAt = 0
  let nextFrameAt = 0

  const sendFrame = (now: number): void => {
    if (codecAt(now) !== codec) {
      codec = codecAt(now)
      packetizer = packetizerOf(codec)
      keyframeAt = now
    }
    const keyframe = now >= keyframeAt
    if (keyframe) keyframeAt = Infinity
    const size = keyframe ? 4000 + random() * 12_000 : 200 + random() * 4000
    const frame = encoder.next(codec, keyframe, Math.floor(size))
    sentAt.push(now)
    const packets = sender.packets({
      payloadType: payloadTypeOf(codec),
      payloads: packetizer.packetize(frame),
      timestampUs: Math.round(now * 1000 * (1 + clockError)),
      capturedAt: now,
      marker: true,
    })
    const conditions = conditionsAt(now)
    const calm = now >= calmFrom
    const network = calm ? { ...conditions, loss: 0, burst: 0, reorder: 0, duplicate: 0 } : conditions
    for (const [i, packet] of packets.entries()) {
      // Spread as a pacer would.
      const times = path.arrivals(now + i, network)
      const again = times.length === 0 && options.repair !== undefined && random() >= conditions.loss
      if (again) times.push(now + i + 40 + 3 * conditions.delay)
      for (const at of times) arrivals.push({ packet, at })
    }
    arrivals.sort((a, b) => a.at - b.at)
  }

  const collect = (now: number): void => {
    const conditions = conditionsAt(now)
    for (const frame of receiver.poll(now)) {
      const { id, references } = decode(frame)
      if (frame.keyframe) decoded.clear()
      if (references.some((reference) => !decoded.has(reference))) undecodable.push(id)
      decoded.add(id)
      rendered.push({ id, at: now, renderAt: frame.renderAt, sentAt: sentAt[id] ?? 0 })
    }
    if (receiver.takeKeyframeRequest(now, 2 * conditions.delay)) {
      requests.push(now)
      // Requests are lost as well, sometimes.
      if (now >= calmFrom || random() >= conditions.loss) keyframeAt = Math.min(keyframeAt, now + conditions.delay)
    }
  }

  for (let now = 0; now < durationMs; now += STEP) {
    for (; nextFrameAt <= now; nextFrameAt += FRAME_INTERVAL) sendFrame(nextFrameAt)
    const due = arrivals.filter((arrival) => arrival.at <= now)
    if (due.length > 0) arrivals = arrivals.slice(due.length)
    for (const { packet } of due) {
      const parsed = parseRtp(packet)
      if (parsed === undefined) throw new Error('own packet does not parse')
      const all = options.tamper === undefined || now >= calmFrom ? [parsed] : options.tamper(parsed, now)
      for (const one of all) {
        receiver.insert(one, now)
        collect(now)
      }
    }
    collect(now)
    if (now % 1000 === 0) options.watch?.(receiver, now)
  }
  return { sent: sentAt.length, rendered, undecodable, requests, receiver }
}
