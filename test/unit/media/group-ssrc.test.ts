/** docs/protocol/group.md, section 7.1. */
import { describe, expect, it } from 'vitest'
import { groupSsrc, GroupSsrcs, kindOfSsrc, prefixOfSsrc } from '../../../src-shared/media/ssrc.ts'
import { seededRandom } from '../../support/seeded-random.ts'

describe('SSRCs of a group', () => {
  const prefix = 0xfedcba

  it('name the member, the stream and the kind', () => {
    expect(prefix).toBe(0xfedcba)
    expect(groupSsrc(prefix, 0x2a, 'video')).toBe(0xfedcbaaa)
    for (const kind of ['audio', 'video', 'screen'] as const) {
      const ssrc = groupSsrc(prefix, 63, kind)
      expect(ssrc).toBeGreaterThan(0)
      expect([prefixOfSsrc(ssrc), kindOfSsrc(ssrc)]).toEqual([prefix, kind])
    }
  })

  it('take another number for each stream, also for one that begins anew, and end when all were used', () => {
    const ssrcs = new GroupSsrcs(prefix, seededRandom('ssrcs'))
    const all = Array.from({ length: 64 }, () => ssrcs.next('video'))
    expect(new Set(all).size).toBe(64)
    expect(all.every((ssrc) => prefixOfSsrc(ssrc) === prefix && kindOfSsrc(ssrc) === 'video')).toBe(true)
    expect(() => ssrcs.next('video')).toThrow(RangeError)
    expect(kindOfSsrc(ssrcs.next('audio'))).toBe('audio')
  })
})
