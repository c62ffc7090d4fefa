/**
 * Encodes and decodes one grey frame, so that the first one that counts finds a codec that has been loaded: that takes up to a tenth of
 * a second, which would stand between two people and the first picture.
 */
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { PictureSize } from './messages.ts'
import { decoderConfig, encoderConfig } from './video-codec.ts'

const SIZE: PictureSize = { width: 640, height: 360 }
const BITRATE = 500_000
const GREY = 0x80

/** Resolves when it is done. What fails here fails again where it matters, and is dealt with there. */
export async function rehearse(codec: VideoCodec): Promise<void> {
  const decoder = new VideoDecoder({ output: (frame) => frame.close(), error: ignore })
  const encoder = new VideoEncoder({ output: (chunk) => decoder.decode(chunk), error: ignore })
  const frame = new VideoFrame(new Uint8Array((SIZE.width * SIZE.height * 3) / 2).fill(GREY), {
    format: 'I420',
    codedWidth: SIZE.width,
    codedHeight: SIZE.height,
    timestamp: 0,
  })
  try {
    decoder.configure(decoderConfig(codec))
    encoder.configure(encoderConfig(codec, SIZE, BITRATE))
    encoder.encode(frame, { keyFrame: true })
    await encoder.flush()
    await decoder.flush()
  } catch {
    ignore()
  } finally {
    frame.close()
    if (encoder.state !== 'closed') encoder.close()
    if (decoder.state !== 'closed') decoder.close()
  }
}

function ignore(): void {
  // See `rehearse`.
}
