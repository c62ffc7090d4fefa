/** Picks the payload format of a codec. */
import type { Bytes } from '../base/bytes.ts'
import { unreachable } from '../base/result.ts'
import { depacketizeH264, H264Packetizer } from './h264.ts'
import type { FramePiece, VideoPacketizer } from './payload-format.ts'
import type { VideoCodec } from './payload-types.ts'
import { depacketizeVp8, Vp8Packetizer } from './vp8.ts'
import { depacketizeVp9, Vp9Packetizer } from './vp9.ts'

/** `firstPictureId`: random, 15 bits are used. */
export function videoPacketizer(codec: VideoCodec, firstPictureId: number): VideoPacketizer {
  switch (codec) {
    case 'VP8':
      return new Vp8Packetizer(firstPictureId)
    case 'VP9':
      return new Vp9Packetizer(firstPictureId)
    case 'H264':
      return new H264Packetizer()
    default:
      return unreachable(codec)
  }
}

/** `undefined` if the payload is malformed or of a form that the profile does not use. */
export function depacketize(codec: VideoCodec, payload: Bytes): FramePiece | undefined {
  switch (codec) {
    case 'VP8':
      return depacketizeVp8(payload)
    case 'VP9':
      return depacketizeVp9(payload)
    case 'H264':
      return depacketizeH264(payload)
    default:
      return unreachable(codec)
  }
}
