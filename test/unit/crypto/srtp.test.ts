import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSrtpReceiver, createSrtpSender, rtpIndices, SRTP_STREAMS_MAX } from '../../../src-shared/crypto/srtp.ts'
import { suiteOf } from '../../../src-shared/crypto/suites.ts'
import { rtcpPacket, rtpPacket, SUITE_NAMES, srtpParameters } from './srtp-packets.ts'

const ok = (value: Uint8Array) => ({ ok: true, value })
const refused = (reason: string) => ({ ok: false, reason })

describe.each(SUITE_NAMES)('SRTP with %s', (suite) => {
  const parameters = srtpParameters(suite)
  const { tagLength } = suiteOf(suite)

  test('brings packets back as they were, headers in the clear', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const packets = [
      rtpPacket({ sequenceNumber: 1 }),
      rtpPacket({ sequenceNumber: 2, csrcs: 15 }),
      rtpPacket({ sequenceNumber: 3, extension: 0 }),
      rtpPacket({ sequenceNumber: 4, csrcs: 2, extension: 3 }),
      rtpPacket({ sequenceNumber: 5, payload: new Uint8Array() }),
      rtpPacket({ sequenceNumber: 6, payload: new Uint8Array(1400).fill(9) }),
    ]
    // RFC 3550 section 5.1: the padding bit and the padding are the payload's affair.
    const padded = rtpPacket({ sequenceNumber: 7, payload: Uint8Array.of(1, 0, 0, 3) })
    padded[0] = (padded[0] ?? 0) | 0x20
    for (const packet of [...packets, padded]) {
      const before = Uint8Array.from(packet)
      const sealed = sender.protectRtp(packet)
      expect(packet).toEqual(before)
      expect(sealed.length).toBe(packet.length + tagLength + 1)
      expect(sealed.subarray(0, 12)).toEqual(packet.subarray(0, 12))
      expect(receiver.unprotectRtp(sealed)).toEqual(ok(packet))
    }
  })

  test('encrypts from the end of CSRCs and header extension on', () => {
    const packet = rtpPacket({ sequenceNumber: 1, csrcs: 3, extension: 2, payload: new Uint8Array(64) })
    const sealed = createSrtpSender(parameters).protectRtp(packet)
    expect(sealed.subarray(0, 36)).toEqual(packet.subarray(0, 36))
    expect(sealed.subarray(36, 100)).not.toEqual(packet.subarray(36))
  })

  test('takes the roll-over counter that it is told, where packets came in between that it never saw', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const sealed = Array.from({ length: 12 }, (_, i) => {
      const sequenceNumber = (i * 20_000) & 0xffff
      const packet = rtpPacket({ sequenceNumber })
      const rollover = sender.rolloverOf(0x1234_5679, sequenceNumber)
      return { packet, rollover, sealed: sender.protectRtp(packet) }
    })
    const [first, last] = [sealed[0], sealed[11]]
    if (first === undefined || last === undefined) throw new Error('nothing was sealed')
    expect([first.rollover, last.rollover]).toEqual([0, 3])
    expect(receiver.unprotectRtp(last.sealed)).toEqual(refused('authentication'))
    expect(receiver.unprotectRtp(last.sealed, 2)).toEqual(refused('authentication'))
    expect(receiver.unprotectRtp(last.sealed, 3)).toEqual(ok(last.packet))
    expect(receiver.unprotectRtp(last.sealed, 3)).toEqual(refused('replayed'))
    expect(receiver.unprotectRtp(first.sealed, 0)).toEqual(refused('replayed'))
  })

  test('works on views into larger buffers at any alignment', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    for (let offset = 0; offset < 8; offset++) {
      const packet = rtpPacket({ sequenceNumber: offset, payload: new Uint8Array(50).fill(offset) })
      const room = new Uint8Array(200)
      room.set(packet, offset)
      const sealed = sender.protectRtp(room.subarray(offset, offset + packet.length))
      room.set(sealed, offset)
      expect(receiver.unprotectRtp(room.subarray(offset, offset + sealed.length))).toEqual(ok(packet))
    }
  })

  test('carries RTCP with an index of its own', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const packet = rtcpPacket()
    const first = sender.protectRtcp(packet)
    const second = sender.protectRtcp(packet)
    expect(first.length).toBe(packet.length + tagLength + 4 + 1)
    expect(second).not.toEqual(first)
    expect(receiver.unprotectRtcp(second)).toEqual(ok(packet))
    expect(receiver.unprotectRtcp(first)).toEqual(ok(packet))
    expect(receiver.unprotectRtcp(first)).toEqual(refused('replayed'))
  })

  test('refuses a packet that was received before, and accepts one late by up to 1023', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const sealed = Array.from({ length: 1200 }, (_, sequenceNumber) => sender.protectRtp(rtpPacket({ sequenceNumber })))
    const at = (index: number): Uint8Array => sealed[index] ?? new Uint8Array()
    expect(receiver.unprotectRtp(at(1199)).ok).toBe(true)
    expect(receiver.unprotectRtp(at(1199))).toEqual(refused('replayed'))
    expect(receiver.unprotectRtp(at(1199 - 1023)).ok).toBe(true)
    expect(receiver.unprotectRtp(at(1199 - 1023))).toEqual(refused('replayed'))
    expect(receiver.unprotectRtp(at(1199 - 1024))).toEqual(refused('replayed'))
  })

  test('refuses a changed bit anywhere', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const sealed = sender.protectRtp(rtpPacket({ sequenceNumber: 1, csrcs: 1 }))
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const damaged = Uint8Array.from(sealed)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(receiver.unprotectRtp(damaged).ok).toBe(false)
    }
    const control = sender.protectRtcp(rtcpPacket())
    for (let bit = 0; bit < 8 * control.length; bit++) {
      const damaged = Uint8Array.from(control)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(receiver.unprotectRtcp(damaged).ok).toBe(false)
    }
    expect(receiver.unprotectRtp(sealed).ok).toBe(true)
    expect(receiver.unprotectRtcp(control).ok).toBe(true)
  })

  test('refuses every truncation', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const sealed = sender.protectRtp(rtpPacket({ sequenceNumber: 1, csrcs: 2, extension: 1 }))
    for (let length = 0; length < sealed.length; length++) {
      const result = receiver.unprotectRtp(sealed.subarray(0, length))
      expect(result.ok).toBe(false)
      if (length < 12 + tagLength + 1) expect(result).toEqual(refused('malformed'))
    }
    const control = sender.protectRtcp(rtcpPacket())
    for (let length = 0; length < control.length; length++) {
      expect(receiver.unprotectRtcp(control.subarray(0, length)).ok).toBe(false)
    }
  })

  test('tells a foreign master key from a forgery by the MKI', () => {
    const sealed = createSrtpSender(parameters).protectRtp(rtpPacket({ sequenceNumber: 1 }))
    const control = createSrtpSender(parameters).protectRtcp(rtcpPacket())
    const next = createSrtpReceiver(srtpParameters(suite, Uint8Array.of(1)))
    expect(next.unprotectRtp(sealed)).toEqual(refused('unknown-mki'))
    expect(next.unprotectRtcp(control)).toEqual(refused('unknown-mki'))
    const foreign = createSrtpReceiver({ ...parameters, key: new Uint8Array(32) })
    expect(foreign.unprotectRtp(sealed)).toEqual(refused('authentication'))
    expect(foreign.unprotectRtcp(control)).toEqual(refused('authentication'))
  })

  test('takes an MKI of two bytes', () => {
    const group = srtpParameters(suite, Uint8Array.of(0x12, 0x34))
    const packet = rtpPacket({ sequenceNumber: 1 })
    const sealed = createSrtpSender(group).protectRtp(packet)
    expect(createSrtpReceiver(group).unprotectRtp(sealed)).toEqual(ok(packet))
    const other = createSrtpReceiver(srtpParameters(suite, Uint8Array.of(0x12, 0x35)))
    expect(other.unprotectRtp(sealed)).toEqual(refused('unknown-mki'))
  })

  test('never takes RTP for RTCP or the other way round', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const rtp = sender.protectRtp(rtpPacket({ sequenceNumber: 1, payload: new Uint8Array(40) }))
    const rtcp = sender.protectRtcp(rtcpPacket())
    expect(receiver.unprotectRtcp(rtp).ok).toBe(false)
    expect(receiver.unprotectRtp(rtcp).ok).toBe(false)
  })

  test('refuses RTCP that is not encrypted', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const control = sender.protectRtcp(rtcpPacket())
    const fieldAt = suite === 'AEAD_AES_256_GCM' ? control.length - 5 : control.length - 15
    control[fieldAt] = (control[fieldAt] ?? 0) & 0x7f
    expect(receiver.unprotectRtcp(control)).toEqual(refused('malformed'))
  })

  test('counts the rounds of the sequence number, through loss and reordering around the wrap', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const sent = new Map<number, Uint8Array>()
    for (let index = 65_000; index < 200_000; index += index % 65_536 > 65_400 || index % 65_536 < 100 ? 1 : 97) {
      sent.set(index, sender.protectRtp(rtpPacket({ sequenceNumber: index })))
    }
    const indices = [...sent.keys()]
    for (let i = 0; i + 1 < indices.length; i += 2) {
      // Each pair swapped.
      for (const index of [indices[i + 1] ?? 0, indices[i] ?? 0]) {
        const result = receiver.unprotectRtp(sent.get(index) ?? new Uint8Array())
        expect(result).toEqual(ok(rtpPacket({ sequenceNumber: index })))
      }
    }
  })

  test('finds its way into a stream whose first wrap it missed', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    sender.protectRtp(rtpPacket({ sequenceNumber: 65_530 }))
    const sealed = sender.protectRtp(rtpPacket({ sequenceNumber: 65_540 }))
    expect(receiver.unprotectRtp(sealed)).toEqual(ok(rtpPacket({ sequenceNumber: 4 })))
    expect(receiver.unprotectRtp(sealed)).toEqual(refused('replayed'))
  })

  test('keeps no state for what did not authenticate', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    const forger = createSrtpSender({ ...parameters, key: new Uint8Array(32) })
    expect(receiver.unprotectRtp(forger.protectRtp(rtpPacket({ sequenceNumber: 40_000 })))).toEqual(
      refused('authentication'),
    )
    for (let ssrc = 1; ssrc <= 200; ssrc++) {
      receiver.unprotectRtp(forger.protectRtp(rtpPacket({ sequenceNumber: 1, ssrc })))
      receiver.unprotectRtcp(forger.protectRtcp(rtcpPacket(ssrc)))
    }
    // Had the forgeries counted, this one would be far too old or one stream too many.
    expect(receiver.unprotectRtp(sender.protectRtp(rtpPacket({ sequenceNumber: 1 }))).ok).toBe(true)
    expect(receiver.unprotectRtcp(sender.protectRtcp(rtcpPacket())).ok).toBe(true)
  })

  test('bounds the streams of a peer', () => {
    const [sender, receiver] = [createSrtpSender(parameters), createSrtpReceiver(parameters)]
    for (let ssrc = 1; ssrc <= SRTP_STREAMS_MAX; ssrc++) {
      expect(receiver.unprotectRtp(sender.protectRtp(rtpPacket({ sequenceNumber: 1, ssrc }))).ok).toBe(true)
      expect(receiver.unprotectRtcp(sender.protectRtcp(rtcpPacket(ssrc))).ok).toBe(true)
    }
    const ssrc = SRTP_STREAMS_MAX + 1
    const rtp = sender.protectRtp(rtpPacket({ sequenceNumber: 1, ssrc }))
    expect(receiver.unprotectRtp(rtp)).toEqual(refused('too-many-streams'))
    expect(receiver.unprotectRtcp(sender.protectRtcp(rtcpPacket(ssrc)))).toEqual(refused('too-many-streams'))
    expect(receiver.unprotectRtp(sender.protectRtp(rtpPacket({ sequenceNumber: 2, ssrc: 1 }))).ok).toBe(true)
  })

  test('R18: never protects two packets under one index', () => {
    const sender = createSrtpSender(parameters)
    sender.protectRtp(rtpPacket({ sequenceNumber: 100 }))
    expect(() => sender.protectRtp(rtpPacket({ sequenceNumber: 100 }))).toThrow(RangeError)
    expect(() => sender.protectRtp(rtpPacket({ sequenceNumber: 99 }))).toThrow(RangeError)
    expect(() => sender.protectRtp(rtpPacket({ sequenceNumber: 100 + 0x8000 }))).toThrow(RangeError)
    expect(() => sender.protectRtp(Uint8Array.of(0x80))).toThrow(RangeError)
    expect(() => sender.protectRtcp(Uint8Array.of(0x80))).toThrow(RangeError)
  })

  test('is of no more use once erased, and leaves the given key alone', () => {
    const given = srtpParameters(suite)
    const [sender, receiver] = [createSrtpSender(given), createSrtpReceiver(given)]
    const sealed = sender.protectRtp(rtpPacket({ sequenceNumber: 1 }))
    sender.erase()
    receiver.erase()
    expect(() => sender.protectRtp(rtpPacket({ sequenceNumber: 2 }))).toThrow()
    expect(() => receiver.unprotectRtp(sealed)).toThrow()
    expect(given).toEqual(srtpParameters(suite))
  })

  test('refuses whatever was not protected with its key, and never throws', () => {
    const receiver = createSrtpReceiver(parameters)
    const sender = createSrtpSender(parameters)
    const rtp = sender.protectRtp(rtpPacket({ sequenceNumber: 1, csrcs: 1, extension: 1 }))
    const rtcp = sender.protectRtcp(rtcpPacket())
    const refuses = (packet: Uint8Array): void => {
      if (receiver.unprotectRtp(packet).ok || receiver.unprotectRtcp(packet).ok) throw new Error('accepted')
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), refuses), { numRuns: 10_000 })
    fc.assert(
      fc.property(
        fc.constantFrom(rtp, rtcp),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: -8, max: 3 }),
        (valid, changes, longer) => {
          const packet = new Uint8Array(valid.length + longer)
          packet.set(valid.subarray(0, packet.length))
          for (const [at, by] of changes) packet[at % packet.length] = (packet[at % packet.length] ?? 0) ^ by
          if (packet.length === valid.length && packet.every((byte, i) => byte === valid[i])) return
          refuses(packet)
        },
      ),
      { numRuns: 10_000 },
    )
  })
})

describe('the packet index', () => {
  test.each([
    { highest: undefined, sequenceNumber: 0, index: [0, 65_536] },
    { highest: undefined, sequenceNumber: 0x8000, index: [0x8000] },
    { highest: 10, sequenceNumber: 11, index: [11] },
    { highest: 10, sequenceNumber: 9, index: [9] },
    { highest: 65_535, sequenceNumber: 0, index: [65_536] },
    { highest: 65_536, sequenceNumber: 65_535, index: [65_535] },
    { highest: 5, sequenceNumber: 65_535, index: [-1] },
    { highest: 100, sequenceNumber: 100 + 0x8000, index: [100 + 0x8000] },
    { highest: 0x9000, sequenceNumber: 0x1000, index: [0x1000] },
    { highest: 0x9000, sequenceNumber: 0x0fff, index: [0x1_0fff] },
  ])('of $sequenceNumber after $highest', ({ highest, sequenceNumber, index }) => {
    expect(rtpIndices(sequenceNumber, highest)).toEqual(index)
  })
})
