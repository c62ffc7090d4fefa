/** A member's picture in three layers, a relay that sends one of them at a time, and the real buffer: in virtual time. */
import { forwardingElements, forwardingOf } from '../../../src-shared/media/forwarding.ts'
import { ForwardedStream } from '../../../src-shared/media/forwarded-stream.ts'
import { LayeredVideoReceiver } from '../../../src-shared/media/layered-video-receiver.ts'
import { payloadTypeOf } from '../../../src-shared/media/payload-types.ts'
import { parseRtp, type RtpPacket } from '../../../src-shared/media/rtp.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { sequenceDelta } from '../../../src-shared/media/sequence.ts'
import { groupSsrc } from '../../../src-shared/media/ssrc.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { type Conditions, generator, Path } from './network.ts'
import { decode, Encoder, packetizerOf } from './video-call.ts'

export const LAYERS = 3
const STEP = 5
const FRAME_INTERVAL = 33
/** Frames of each layer have numbers of their own. */
const LAYER_IDS = 100_000

export interface LayeredCallOptions {
  readonly seed: number
  readonly durationMs: number
  readonly conditions: Conditions
  /** Which layer the relay wants to send; `undefined`: none. */
  readonly wanted: (now: number) => number | undefined
  /** Whether the relay leaves out the upper temporal layer. */
  readonly leavesOut?: (now: number) => boolean
}

export interface Shown {
  readonly layer: number
  readonly at: number
  /** Of the capture. */
  readonly time: number
}

export interface LayeredCallOutcome {
  readonly shown: readonly Shown[]
  /** Frames that came out without what they refer to: must be none. */
  readonly undecodable: number
  /** Frames that were shown after a newer one: must be none. */
  readonly backwards: number
  readonly requests: number
  /** Packets that the receiver missed and did not take for left out, and those that were lost. */
  readonly missed: number
  readonly lost: number
}

export function runLayeredCall(options: LayeredCallOptions): LayeredCallOutcome {
  const { seed, durationMs, conditions, wanted, leavesOut = () => false } = options
  const random = generator(seed)
  const path = new Path(random)
  const senders: RtpSender[] = []
  for (let layer = 0; layer < LAYERS; layer++) {
    const timestampOffset = senders[0]?.timestampOffset ?? 0xffff_0000
    const ssrc = groupSsrc(0x123456, layer, 'video')
    senders.push(new RtpSender({ ssrc, clockRate: 90_000, random: seededRandom(`${seed} ${layer}`), timestampOffset }))
  }
  const layers = senders.map((sender, number) => ({
    sender,
    encoder: new Encoder('L1T2', number * LAYER_IDS),
    packetizer: packetizerOf('VP8'),
    keyframeWanted: true,
    decoded: new Set<number>(),
  }))
  const receiver = new LayeredVideoReceiver()
  const forwarded = new ForwardedStream()
  let arrivals: { packet: RtpPacket; at: number }[] = []
  let forwarding: number | undefined
  let highest: RtpPacket | undefined
  const outcome = { shown: [] as Shown[], undecodable: 0, backwards: 0, requests: 0, missed: 0, lost: 0 }

  /** The relay's part: changes with the first packet of a keyframe. */
  const relay = (packet: RtpPacket, now: number): void => {
    const picture = forwardingOf(packet)?.picture
    if (picture === undefined) throw new Error('nothing to forward by')
    const target = wanted(now)
    if (target === undefined) forwarding = undefined
    else if (picture.layer === target && picture.keyframe) forwarding = target
    if (picture.layer !== forwarding || (picture.temporal > 0 && leavesOut(now))) return
    const times = path.arrivals(now, conditions)
    if (times.length === 0) outcome.lost += 1
    for (const at of times) arrivals.push({ packet, at })
  }

  const capture = (now: number): void => {
    const target = wanted(now)
    layers.forEach((layer, number) => {
      if (number === target && number !== forwarding) layer.keyframeWanted = true
      const keyframe = layer.keyframeWanted
      layer.keyframeWanted = false
      const frame = layer.encoder.next('VP8', keyframe, Math.floor((keyframe ? 3000 : 500) * (1 + number + random())))
      const packets = layer.sender.packets({
        payloadType: payloadTypeOf('VP8'),
        payloads: layer.packetizer.packetize(frame),
        timestampUs: now * 1000,
        capturedAt: now,
        marker: true,
        extensions: forwardingElements({ picture: { layer: number, temporal: frame.temporal?.id ?? 0, keyframe } }),
      })
      for (const [i, packet] of packets.entries()) {
        const parsed = parseRtp(packet)
        if (parsed !== undefined) relay(parsed, now + i)
      }
    })
    arrivals.sort((a, b) => a.at - b.at)
  }

  const collect = (now: number): void => {
    for (const frame of receiver.poll(now)) {
      const { id, references } = decode(frame)
      const number = Math.floor(id / LAYER_IDS)
      const layer = layers[number]
      if (layer === undefined) throw new Error('a frame of no layer')
      if (frame.keyframe) layer.decoded.clear()
      if (references.some((reference) => !layer.decoded.has(reference))) outcome.undecodable += 1
      layer.decoded.add(id)
      if (frame.decodeOnly === true) continue
      const time = frame.timestampUs / 1000
      if (time <= (outcome.shown.at(-1)?.time ?? -Infinity)) outcome.backwards += 1
      outcome.shown.push({ layer: number, at: now, time })
    }
    if (receiver.takeKeyframeRequest(now, 2 * conditions.delay)) {
      outcome.requests += 1
      const asked = layers.find(({ sender }) => sender.ssrc === receiver.ssrc)
      if (asked !== undefined) asked.keyframeWanted = true
    }
  }

  let nextFrameAt = 0
  for (let now = 0; now < durationMs; now += STEP) {
    for (; nextFrameAt <= now; nextFrameAt += FRAME_INTERVAL) capture(nextFrameAt)
    const due = arrivals.filter(({ at }) => at <= now)
    arrivals = arrivals.slice(due.length)
    for (const { packet } of due) {
      const { ssrc, sequenceNumber } = packet
      const ahead = highest?.ssrc === ssrc ? sequenceDelta(sequenceNumber, highest.sequenceNumber) : 0
      const leftOut = forwarded.leftOutBefore(packet, now)
      if (ahead > 1) outcome.missed += ahead - 1 - leftOut
      if (ahead >= 0) highest = packet
      receiver.insert(packet, now)
      collect(now)
    }
    collect(now)
  }
  return outcome
}
