/** A recording as frames that can be sent again and again, by anybody. */
import { forwardingOf } from '../../src-shared/media/forwarding.ts'
import type { HeaderExtension } from '../../src-shared/media/rtp.ts'
import { parseRtp } from '../../src-shared/media/rtp.ts'
import { kindOfSsrc } from '../../src-shared/media/ssrc.ts'
import type { RecordedPacket } from './rtp-dump.ts'

export interface ClipFrame {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly kind: 'audio' | 'video'
  /** Of sound: 0. */
  readonly layer: number
  readonly keyframe: boolean
  readonly payloadType: number
  readonly payloads: readonly Uint8Array[]
  /** Since the beginning, by the RTP timestamp: layers of one picture have the same. */
  readonly timestampUs: number
  readonly extensions: readonly HeaderExtension[]
}

export interface Clip {
  readonly frames: readonly ClipFrame[]
  /** Milliseconds, a whole number of packets of sound. */
  readonly duration: number
}

const TICKS_PER_MS = { audio: 48, video: 90 } as const
const SOUND_PACKET_MS = 20

/** Throws if a kind of media is missing. */
export function clipOf(packets: readonly RecordedPacket[]): Clip {
  const frames = new Map<string, ClipFrame & { readonly payloads: Uint8Array[] }>()
  const begin: Partial<Record<'audio' | 'video', number>> = {}
  for (const { at, packet } of packets) {
    const rtp = parseRtp(packet)
    const kind = rtp && kindOfSsrc(rtp.ssrc)
    if (rtp === undefined || (kind !== 'audio' && kind !== 'video')) continue
    const first = (begin[kind] ??= rtp.timestamp)
    const name = `${String(rtp.ssrc)}/${String(rtp.timestamp)}`
    const frame = frames.get(name) ?? {
      at,
      kind,
      layer: forwardingOf(rtp)?.picture?.layer ?? 0,
      keyframe: forwardingOf(rtp)?.picture?.keyframe ?? false,
      payloadType: rtp.payloadType,
      payloads: [],
      timestampUs: (((rtp.timestamp - first) | 0) * 1000) / TICKS_PER_MS[kind],
      extensions: rtp.extensions,
    }
    frame.payloads.push(rtp.payload)
    frames.set(name, frame)
  }
  const sorted = [...frames.values()].sort((a, b) => a.at - b.at)
  const sound = sorted.filter(({ kind }) => kind === 'audio').length
  if (sound === 0 || sound === sorted.length) throw new Error('the recording holds no sound or no picture')
  const last = Math.max(...sorted.map(({ timestampUs }) => timestampUs)) / 1000
  return { frames: sorted, duration: SOUND_PACKET_MS * Math.ceil(last / SOUND_PACKET_MS + 1) }
}
