/** The WebCodecs names and settings of the codecs that the profile has. */
import { unreachable } from '../../src-shared/base/result.ts'
import { VIDEO_CODECS, type VideoCodec } from '../../src-shared/media/payload-types.ts'
import { FRAMES_PER_SECOND } from './ladder.ts'
import type { PictureSize } from './messages.ts'

/** What level 3.1 of H.264 has room for: 1280 × 720 pixels. */
const LEVEL_31_PIXELS = 1280 * 720

/** VP9 profile 0, 8 bits; H.264 constrained baseline, level 3.1, for larger pictures 5.1. Decoders take both. */
export function codecString(codec: VideoCodec, size?: PictureSize): string {
  switch (codec) {
    case 'VP8':
      return 'vp8'
    case 'VP9':
      return 'vp09.00.31.08'
    case 'H264':
      return size !== undefined && size.width * size.height > LEVEL_31_PIXELS ? 'avc1.42e033' : 'avc1.42e01f'
    default:
      return unreachable(codec)
  }
}

/** The packets of H.264 cannot carry which frame is of which layer (docs/protocol/media.md, section 4). */
export function temporalLayersOf(codec: VideoCodec): 1 | 2 {
  return codec === 'H264' ? 1 : 2
}

/** What is known of a picture that is not a camera's. */
export interface PictureNature {
  readonly framesPerSecond: number
  readonly contentHint: 'text' | 'motion'
}

export function encoderConfig(
  codec: VideoCodec,
  size: PictureSize,
  bitrate: number,
  { temporalLayers = 1, nature }: { temporalLayers?: 1 | 2; nature?: PictureNature | undefined } = {},
): VideoEncoderConfig {
  return {
    codec: codecString(codec, size),
    ...size,
    bitrate,
    framerate: nature?.framesPerSecond ?? FRAMES_PER_SECOND,
    ...(nature === undefined ? {} : { contentHint: nature.contentHint }),
    latencyMode: 'realtime',
    // Variable rate lets single frames grow to many times the average, which is delay on a narrow link.
    bitrateMode: 'constant',
    ...(codec === 'H264' ? { avc: { format: 'annexb' } } : {}),
    ...(temporalLayers === 2 ? { scalabilityMode: 'L1T2' } : {}),
  }
}

export function decoderConfig(codec: VideoCodec): VideoDecoderConfig {
  return { codec: codecString(codec), optimizeForLatency: true }
}

/** What can be encoded here. */
export function encodableCodecs(): Promise<VideoCodec[]> {
  return supported((codec) =>
    VideoEncoder.isConfigSupported(encoderConfig(codec, { width: 1280, height: 720 }, 1_000_000)),
  )
}

/** What can be decoded here. */
export function decodableCodecs(): Promise<VideoCodec[]> {
  return supported((codec) => VideoDecoder.isConfigSupported(decoderConfig(codec)))
}

async function supported(ask: (codec: VideoCodec) => Promise<{ supported?: boolean }>): Promise<VideoCodec[]> {
  const answers = await Promise.all(VIDEO_CODECS.map(async (codec) => ({ codec, ...(await ask(codec)) })))
  return answers.flatMap(({ codec, supported }) => (supported === true ? [codec] : []))
}
