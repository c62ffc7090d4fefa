/**
 * The buffer for the pictures of a group's member: the relay sends one layer of them at a time, each a stream of its own,
 * and changes between them at keyframes. Each layer has a buffer of its own; the picture stays with one until a keyframe
 * of another is due. All layers have the same timestamps (docs/protocol/group.md, section 7.1), so that it is known
 * which frame follows which.
 */
import type { Ms } from '../base/time.ts'
import { VIDEO_CLOCK_RATE } from './payload-types.ts'
import type { PlayoutPlan, VideoBuffer, VideoFrame, VideoStatistics } from './received.ts'
import type { RtpPacket } from './rtp.ts'
import { timestampDelta, unwrapTimestamp } from './sequence.ts'
import { VideoReceiver } from './video-receiver.ts'

/** Three layers, and one that was begun anew. */
const MAX_LAYERS = 4
/** Ticks. What is further back is of a stream that was begun anew, with other timestamps. */
const SAME_TIMES = 2 * VIDEO_CLOCK_RATE

type Counters = Omit<VideoStatistics, 'targetMs'>

export class LayeredVideoReceiver implements VideoBuffer {
  /** By SSRC; what got packets last is last. */
  readonly #layers = new Map<number, VideoReceiver>()
  /** The layer that is handed out. */
  #shown: number | undefined
  /** The layer that the relay sends, by its newest packet. */
  #coming: { readonly ssrc: number; readonly timestamp: number } | undefined
  /** RTP timestamp of the last frame that was handed out, unwrapped over all layers. */
  #last: number | undefined
  #extraDelay: Ms = 0
  #patience: Ms | undefined
  /** Of layers that were left. */
  #before: Counters = {
    framesComplete: 0,
    framesDropped: 0,
    keyframesRequested: 0,
    packetsDuplicate: 0,
    packetsRefused: 0,
    packetsLate: 0,
  }

  get ssrc(): number | undefined {
    return this.#coming?.ssrc
  }

  get statistics(): VideoStatistics {
    const all = [...this.#layers.values()].reduce((sum: Counters, layer) => added(sum, layer.statistics), this.#before)
    return { ...all, targetMs: this.#current?.statistics.targetMs ?? 0 }
  }

  insert(packet: RtpPacket, now: Ms): void {
    const { ssrc, timestamp } = packet
    const layer = this.#layers.get(ssrc) ?? this.#newLayer()
    this.#layers.delete(ssrc)
    this.#layers.set(ssrc, layer)
    this.#dropOldest()
    const ahead = this.#coming === undefined ? 0 : timestampDelta(timestamp, this.#coming.timestamp)
    if (ahead >= 0 || ahead < -SAME_TIMES) this.#coming = { ssrc, timestamp }
    layer.insert(packet, now)
  }

  poll(now: Ms): VideoFrame[] {
    const frames = this.#current?.poll(now).map((frame) => this.#handOut(frame)) ?? []
    for (const [ssrc, layer] of [...this.#layers]) {
      if (ssrc === this.#shown) continue
      // Nothing comes out of it before a keyframe.
      const begun = layer.poll(now)
      if (begun.length === 0) continue
      this.#changeTo(ssrc)
      frames.push(...begun.map((frame) => this.#handOut(frame)))
    }
    return frames
  }

  nextPollAt(now: Ms): Ms | undefined {
    const times = [...this.#layers.values()].flatMap((layer) => layer.nextPollAt(now) ?? [])
    return times.length === 0 ? undefined : Math.min(...times)
  }

  takeKeyframeRequest(now: Ms, roundTrip: Ms | undefined): boolean {
    const { ssrc } = this
    return ssrc !== undefined && this.#layers.get(ssrc)?.takeKeyframeRequest(now, roundTrip) === true
  }

  requireKeyframe(now: Ms): void {
    this.#current?.requireKeyframe(now)
  }

  setExtraDelay(extra: Ms): void {
    this.#extraDelay = extra
    for (const layer of this.#layers.values()) layer.setExtraDelay(extra)
  }

  setPatience(patience: Ms): void {
    this.#patience = patience
    for (const layer of this.#layers.values()) layer.setPatience(patience)
  }

  plan(): PlayoutPlan | undefined {
    return this.#current?.plan()
  }

  restart(): void {
    for (const ssrc of [...this.#layers.keys()]) this.#drop(ssrc)
    this.#shown = undefined
    this.#coming = undefined
  }

  get #current(): VideoReceiver | undefined {
    return this.#shown === undefined ? undefined : this.#layers.get(this.#shown)
  }

  /** With the delay of the layer that is shown: the network is the same. */
  #newLayer(): VideoReceiver {
    const layer = new VideoReceiver(this.#current?.delay)
    layer.setExtraDelay(this.#extraDelay)
    if (this.#patience !== undefined) layer.setPatience(this.#patience)
    return layer
  }

  #dropOldest(): void {
    const oldest = [...this.#layers.keys()].find((ssrc) => ssrc !== this.#shown)
    if (this.#layers.size > MAX_LAYERS && oldest !== undefined) this.#drop(oldest)
  }

  #changeTo(ssrc: number): void {
    const left = this.#shown
    this.#shown = ssrc
    // Should the relay come back to it, it begins with a keyframe.
    if (left !== undefined) this.#drop(left)
  }

  #drop(ssrc: number): void {
    const layer = this.#layers.get(ssrc)
    if (layer !== undefined) this.#before = added(this.#before, layer.statistics)
    this.#layers.delete(ssrc)
  }

  /** Times that rise over all layers; the picture never goes back to what was shown by another layer. */
  #handOut(frame: VideoFrame): VideoFrame {
    const before = this.#last
    const timestamp = before === undefined ? frame.rtpTimestamp : unwrapTimestamp(before, frame.rtpTimestamp)
    const isBehind = before !== undefined && timestamp <= before && timestamp > before - SAME_TIMES
    if (!isBehind) this.#last = timestamp
    return {
      ...frame,
      timestampUs: Math.round((timestamp * 1000) / (VIDEO_CLOCK_RATE / 1000)),
      ...(isBehind ? { decodeOnly: true } : {}),
    }
  }
}

function added(a: Counters, b: Counters): Counters {
  return {
    framesComplete: a.framesComplete + b.framesComplete,
    framesDropped: a.framesDropped + b.framesDropped,
    keyframesRequested: a.keyframesRequested + b.keyframesRequested,
    packetsDuplicate: a.packetsDuplicate + b.packetsDuplicate,
    packetsRefused: a.packetsRefused + b.packetsRefused,
    packetsLate: a.packetsLate + b.packetsLate,
  }
}
