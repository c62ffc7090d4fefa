/** docs/protocol/group.md, section 7.3. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  forwardingElements,
  parseForwarding,
  peekForwarding,
  pictureLayerOf,
  stampRollover,
} from '../../../src-shared/media/forwarding.ts'
import { buildRtp, type HeaderExtension } from '../../../src-shared/media/rtp.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

function packet(extensions: readonly HeaderExtension[]): Uint8Array {
  return buildRtp({
    payloadType: 111,
    marker: false,
    sequenceNumber: 7,
    timestamp: 8,
    ssrc: 9,
    csrcs: [],
    extensions,
    payload: Uint8Array.of(1, 2, 3),
  })
}

const extensionOf = (bytes: Uint8Array) => [...bytes.subarray(12, 24)]

describe('what a packet says to the relay', () => {
  it('has the layout of the specification', () => {
    const sound = packet(forwardingElements({ audioLevel: { voice: true, level: 30 } }))
    stampRollover(sound, 0x0102)
    expect(extensionOf(sound)).toEqual([0xbe, 0xde, 0, 2, 0x11, 1, 2, 0x20, 0x9e, 0, 0, 0])
    const picture = packet(forwardingElements({ picture: { layer: 2, temporal: 1, keyframe: true } }))
    expect(extensionOf(picture)).toEqual([0xbe, 0xde, 0, 2, 0x11, 0, 0, 0x30, 0xa4, 0, 0, 0])
  })

  it('is read as it was written', () => {
    const level = fc.record({ voice: fc.boolean(), level: fc.integer({ min: 0, max: 127 }) })
    const picture = fc.record({
      layer: fc.integer({ min: 0, max: 7 }),
      temporal: fc.integer({ min: 0, max: 3 }),
      keyframe: fc.boolean(),
    })
    const about = fc.record({ audioLevel: level, picture }, { requiredKeys: [] })
    fc.assert(
      fc.property(about, fc.integer({ min: 0, max: 0xf_ffff }), (about, rollover) => {
        const bytes = packet(forwardingElements(about))
        stampRollover(bytes, rollover)
        expect(parseForwarding(bytes)).toEqual({
          rollover: rollover % 0x1_0000,
          audioLevel: about.audioLevel,
          picture: about.picture,
        })
      }),
    )
  })

  it('shows at a glance what the relay goes by', () => {
    const sound = packet(forwardingElements({ audioLevel: { voice: true, level: 30 } }))
    const picture = packet(forwardingElements({ picture: { layer: 5, temporal: 2, keyframe: true } }))
    expect(peekForwarding(sound, 'audio')).toBe(0x9e)
    expect(pictureLayerOf(peekForwarding(picture, 'video') ?? 0)).toEqual({ layer: 5, temporal: 2, keyframe: true })
    expect([peekForwarding(sound, 'video'), peekForwarding(picture, 'audio')]).toEqual([undefined, undefined])
    expect(peekForwarding(packet(forwardingElements({})), 'audio')).toBeUndefined()
    fc.assert(
      fc.property(foreignBytes(sound), (bytes) => {
        // What it finds, the parser finds as well.
        const peeked = peekForwarding(bytes, 'audio')
        const level = parseForwarding(bytes)?.audioLevel
        if (peeked !== undefined && level !== undefined)
          expect(level).toEqual({ voice: peeked >= 0x80, level: peeked & 0x7f })
      }),
    )
  })

  it('passes over elements that are unknown or of another length, and needs a roll-over counter', () => {
    const data = Uint8Array.of(1)
    expect(parseForwarding(packet([]))).toBeUndefined()
    expect(parseForwarding(packet([{ id: 1, data }]))).toBeUndefined()
    const known = forwardingElements({ audioLevel: { voice: false, level: 127 } })
    const wrong: HeaderExtension[] = [
      { id: 2, data: Uint8Array.of(1, 2) },
      { id: 9, data },
    ]
    expect(parseForwarding(packet([...wrong, ...known]))?.audioLevel).toEqual({ voice: false, level: 127 })
    expect(() => stampRollover(packet([]), 1)).toThrow(RangeError)
  })

  it('is read from any bytes without failing', () => {
    fc.assert(
      fc.property(foreignBytes(packet(forwardingElements({}))), (bytes) => {
        const read = parseForwarding(bytes)
        if (read !== undefined) expect(read.rollover).toBeLessThan(0x1_0000)
      }),
    )
  })
})
