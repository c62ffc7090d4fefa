/**
 * What the first picture needs is done once for nothing while it rings: a grey frame is encoded (`PictureEncoder.rehearse`) and decoded
 * (`VideoPlayout.rehearse`), packets are protected and opened. Making a codec and compiling the ciphers take a tenth of a second each
 * and more, which would stand between two people and the first picture.
 */
import { createSrtpReceiver, createSrtpSender } from '../../src-shared/crypto/srtp.ts'
import { SUITES } from '../../src-shared/crypto/suites.ts'
import type { PictureSize } from './messages.ts'

const GREY = 0x80

/** As many as make an engine compile; about 10 ms of work afterwards. */
const PACKETS = 150
const AT_ONCE = 10
const PACKET_LENGTH = 1100

/** With keys of zeros, which protect nothing else. A few packets at a time, and no more once `isOver`: nothing real waits for it. */
export async function rehearseProtection(isOver: () => boolean): Promise<void> {
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
    for (let sequenceNumber = 0; sequenceNumber < PACKETS && !isOver(); sequenceNumber++) {
      if (sequenceNumber % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve))
      packet[3] = sequenceNumber
      receiver.unprotectRtp(sender.protectRtp(packet))
    }
    sender.erase()
    receiver.erase()
  }
}

/** Who calls closes it. */
export function greyFrame({ width, height }: PictureSize, timestamp: number): VideoFrame {
  return new VideoFrame(new Uint8Array((width * height * 3) / 2).fill(GREY), {
    format: 'I420',
    codedWidth: width,
    codedHeight: height,
    timestamp,
  })
}
