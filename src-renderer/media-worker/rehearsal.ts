/**
 * Does once for nothing what the first picture needs: encodes and decodes a grey frame, protects and opens packets. Loading a codec and
 * compiling the ciphers take a tenth of a second each, which would stand between two people and the first picture.
 */
import { createSrtpReceiver, createSrtpSender } from '../../src-shared/crypto/srtp.ts'
import { SUITES } from '../../src-shared/crypto/suites.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { PictureSize } from './messages.ts'
import { decoderConfig, encoderConfig } from './video-codec.ts'

const SIZE: PictureSize = { width: 640, height: 360 }
const BITRATE = 500_000
const GREY = 0x80

/** As many as make an engine compile; about 10 ms of work afterwards. */
const PACKETS = 150
const PACKET_LENGTH = 1100

/** With keys of zeros, which protect nothing else. */
export function rehearseProtection(): void {
  for (const { name: suite, keyLength, saltLength } of SUITES) {
    const parameters = {
      suite,
      key: new Uint8Array(keyLength),
      salt: new Uint8Array(saltLength),
      mki: new Uint8Array(1),
    }
    const sender = createSrtpSender(parameters)
    const receiver = createSrtpReceiver(parameters)
    const packet = new Uint8Array(PACKET_LENGTH)
    packet[0] = 0x80
    for (let sequenceNumber = 0; sequenceNumber < PACKETS; sequenceNumber++) {
      packet[3] = sequenceNumber
      receiver.unprotectRtp(sender.protectRtp(packet))
    }
    sender.erase()
    receiver.erase()
  }
}

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
