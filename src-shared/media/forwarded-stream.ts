/**
 * Tells what the relay did not forward from what was lost. It leaves out streams that nobody asked for or hears, for a
 * while, and upper temporal layers; it cannot number the packets anew, which are authenticated. Loss is reported and asked
 * for again, the other is neither.
 */
import type { Ms } from '../base/time.ts'
import type { LayerInfo } from './payload-format.ts'
import { videoCodecOf } from './payload-types.ts'
import type { RtpPacket } from './rtp.ts'
import { sequenceDelta } from './sequence.ts'
import { depacketize } from './video-format.ts'

/** After so long without a packet nobody waits for those in between any more (docs/protocol/media.md, section 9). */
const PAUSE: Ms = 400

export class ForwardedStream {
  /** The one with the highest number. */
  #last: { readonly packet: RtpPacket; readonly at: Ms } | undefined

  /** How many packets just before this one were left out on purpose. */
  leftOutBefore(packet: RtpPacket, now: Ms): number {
    const last = this.#last
    if (last?.packet.ssrc !== packet.ssrc) {
      this.#last = { packet, at: now }
      return 0
    }
    const ahead = sequenceDelta(packet.sequenceNumber, last.packet.sequenceNumber)
    if (ahead <= 0) return 0
    this.#last = { packet, at: now }
    return ahead > 1 && (now - last.at >= PAUSE || followsInBaseLayer(packet, last.packet)) ? ahead - 1 : 0
  }
}

/** `packet` begins the base frame that comes after the one that `last` ends. */
function followsInBaseLayer(packet: RtpPacket, last: RtpPacket): boolean {
  const begun = pieceOf(packet)
  const ended = pieceOf(last)
  if (!isBase(begun?.layer) || !isBase(ended?.layer)) return false
  return last.marker && begun?.start === 'yes' && begun.layer?.base === ((ended?.layer?.base ?? 0) + 1) % 0x100
}

function pieceOf({ payloadType, payload }: RtpPacket) {
  const codec = videoCodecOf(payloadType)
  return codec === undefined ? undefined : depacketize(codec, payload)
}

function isBase(layer: LayerInfo | undefined): boolean {
  return layer?.id === 0
}
