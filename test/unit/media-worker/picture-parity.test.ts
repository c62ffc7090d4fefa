/** docs/protocol/media.md, section 9: repair packets from one end to the other, under the keys of the call. */
import { describe, expect, it } from 'vitest'
import { PictureParity } from '../../../src-renderer/media-worker/picture-parity.ts'
import { PacketRecovery } from '../../../src-shared/media/packet-recovery.ts'
import { createSrtpReceiver, createSrtpSender } from '../../../src-shared/crypto/srtp.ts'
import type { LossyPath } from '../../../src-shared/media/parity.ts'
import { FLEXIBLE_FEC, VIDEO_CLOCK_RATE } from '../../../src-shared/media/payload-types.ts'
import { MAX_PACKET_LENGTH, MAX_PAYLOAD_LENGTH, parseRtp, ssrcOf } from '../../../src-shared/media/rtp.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { kindOfSsrc } from '../../../src-shared/media/ssrc.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const SSRC = { picture: 0x1236, repair: 0x223a }
const FAR: LossyPath = { roundTrip: 300, loss: 0.05, lossRun: 1 }

const stream = (ssrc: number) =>
  new RtpSender({ ssrc, clockRate: VIDEO_CLOCK_RATE, random: seededRandom(String(ssrc)) })

function frameOf(sender: RtpSender, count: number, now: number): Uint8Array[] {
  const payloads = Array.from({ length: count }, (_, i) => new Uint8Array(MAX_PAYLOAD_LENGTH - i).fill(i + 1))
  return sender.packets({ payloadType: 96, payloads, timestampUs: now * 1000, capturedAt: now, marker: true })
}

describe('repair packets', () => {
  it('leave behind the packets that they repair, of the same kind, with another SSRC, and are no longer than a packet may be', () => {
    const parity = new PictureParity(stream(SSRC.repair), SSRC.picture, () => FAR)
    const frame = frameOf(stream(SSRC.picture), 4, 20)
    const sent = parity.protect(frame, 20)
    expect(sent.slice(0, 4)).toEqual(frame)
    const repair = sent[4] ?? new Uint8Array()
    expect(parseRtp(repair)).toMatchObject({ payloadType: FLEXIBLE_FEC, ssrc: SSRC.repair, csrcs: [SSRC.picture] })
    expect(kindOfSsrc(SSRC.repair)).toBe('video')
    expect(repair.length).toBeLessThanOrEqual(MAX_PACKET_LENGTH)
  })

  it('give back what is lost, through SRTP', () => {
    const keys = {
      suite: 'AES_256_CM_HMAC_SHA1_80',
      key: new Uint8Array(32),
      salt: new Uint8Array(14),
      mki: Uint8Array.of(0),
    } as const
    const near = createSrtpSender(keys)
    const far = createSrtpReceiver(keys)
    const parity = new PictureParity(stream(SSRC.repair), SSRC.picture, () => FAR)
    const recovery = new PacketRecovery()
    const sender = stream(SSRC.picture)
    for (let i = 0; i < 30; i++) {
      const frame = frameOf(sender, 3, i * 33)
      const lost = i % 4
      const recovered = parity.protect(frame, i * 33).flatMap((packet, at) => {
        const opened = far.unprotectRtp(near.protectRtp(packet))
        if (!opened.ok) throw new Error(opened.reason)
        if (at === lost) return []
        const rtp = parseRtp(opened.value)
        return rtp?.payloadType === FLEXIBLE_FEC ? recovery.repair(rtp) : recovery.received(opened.value)
      })
      expect(recovered).toEqual(frame.slice(lost, lost + 1))
    }
  })

  it('take their share of the picture, and end when the other side has no use for them', () => {
    let path: LossyPath | undefined = FAR
    const parity = new PictureParity(stream(SSRC.repair), SSRC.picture, () => path)
    const sender = stream(SSRC.picture)
    for (let i = 0; i < 200; i++) parity.protect(frameOf(sender, 4, i * 33), i * 33)
    expect(parity.share).toBeCloseTo(0.2, 1)
    path = undefined
    const frame = frameOf(sender, 4, 9000)
    expect(parity.protect(frame, 9000).every((packet) => ssrcOf(packet) === SSRC.picture)).toBe(true)
    expect(parity.share).toBe(0)
  })
})
