/** A call's sound in virtual time: packets that say which frame they are, and the pulls of a speaker. */
import type { AudioReceiver } from '../../../src-shared/media/audio-receiver.ts'
import { OPUS_FRAME_SAMPLES } from '../../../src-shared/media/opus.ts'
import type { AudioUnit } from '../../../src-shared/media/received.ts'
import type { RtpPacket } from '../../../src-shared/media/rtp.ts'
import type { Arrival } from './network.ts'

export const TOC = 0x78
/** The phase of the pulls against the packets: never equal. */
export const PHASE = 7
const SLOT = 10

export interface Stream {
  readonly count: number
  /** Relative: 2e-4 is 200 ppm. */
  readonly clockError?: number
  readonly firstNumber?: number
  readonly firstTimestamp?: number
  readonly ssrc?: number
  readonly startAt?: number
  /** Frames that are not sent, as under discontinuous transmission: their timestamps are left out, no number is. */
  readonly isSilent?: (frame: number) => boolean
}

/** Each payload holds the number of its frame. */
export function packetOf(frame: number, sequenceNumber: number, timestamp: number, ssrc: number): RtpPacket {
  const payload = Uint8Array.of(TOC, frame & 0xff, (frame >> 8) & 0xff, frame >> 16, 0)
  return {
    payloadType: 111,
    marker: false,
    sequenceNumber: sequenceNumber & 0xffff,
    timestamp: timestamp >>> 0,
    ssrc,
    csrcs: [],
    extensions: [],
    payload,
  }
}

export function send(stream: Stream): Arrival<RtpPacket>[] {
  const { clockError = 0, firstNumber = 65_500, firstTimestamp = 0xffff_0000, ssrc = 5, startAt = 0 } = stream
  const sent: Arrival<RtpPacket>[] = []
  for (let frame = 0; frame < stream.count; frame++) {
    if (stream.isSilent?.(frame) === true) continue
    const packet = packetOf(frame, firstNumber + sent.length, firstTimestamp + frame * OPUS_FRAME_SAMPLES, ssrc)
    sent.push({ packet, at: startAt + frame * 20 * (1 + clockError) })
  }
  return sent
}

export function frameOf(unit: AudioUnit): number | undefined {
  if (unit.kind !== 'packet') return undefined
  const [, low = 0, middle = 0, high = 0] = unit.data
  return low | (middle << 8) | (high << 16)
}

export interface Played {
  readonly at: number
  readonly unit: AudioUnit
  readonly frame: number | undefined
}

/** By how much a unit becomes longer, of what is wanted. */
export type Stretch = (wanted: number, now: number) => number

/** Sound in which no two passages are alike. */
const NEVER: Stretch = () => 0
export const SILENCE: Stretch = (wanted) => Math.max(-15, Math.min(15, wanted))

/** Plays 10 ms after 10 ms on this side's clock, as a voice does, and counts what waits at most. `watch` is called after each slot. */
export function play(
  receiver: AudioReceiver,
  arrivals: readonly Arrival<RtpPacket>[],
  durationMs: number,
  stretch: Stretch = NEVER,
  watch: (now: number) => void = () => undefined,
): { played: Played[]; maxBufferMs: number } {
  const played: Played[] = []
  let maxBufferMs = 0
  let next = 0
  let ahead = 0
  for (let now = PHASE; now < durationMs; now += SLOT) {
    for (; next < arrivals.length; next++) {
      const arrival = arrivals[next]
      if (arrival === undefined || arrival.at > now) break
      receiver.insert(arrival.packet, arrival.at)
    }
    maxBufferMs = Math.max(maxBufferMs, receiver.statistics.bufferMs)
    for (; ahead < SLOT; ahead += 20) {
      const unit = receiver.pull(now)
      played.push({ at: now + ahead, unit, frame: frameOf(unit) })
      const by = unit.kind === 'packet' ? stretch(unit.stretch, now) : 0
      if (by !== 0) receiver.stretched(by)
      ahead += by
    }
    ahead -= SLOT
    watch(now)
  }
  return { played, maxBufferMs }
}

export const framesOf = (played: readonly Played[]): number[] =>
  played.flatMap(({ frame }) => (frame === undefined ? [] : [frame]))
