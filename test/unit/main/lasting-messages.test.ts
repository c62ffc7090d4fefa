import { describe, expect, it } from 'vitest'
import { type Lasting, LastingMessages } from '../../../src-main/ipc/lasting-messages.ts'
import type { StreamKey, StreamKeys } from '../../../src-shared/ipc/media-port.ts'

function keys(): StreamKeys {
  const stream = () => ({ key: new Uint8Array(32).fill(7), salt: new Uint8Array(14).fill(7) })
  return { audio: stream(), video: stream(), screen: stream(), screenSound: stream() }
}

const SUITE = 'AES_256_CM_HMAC_SHA1_80'
const sending = (epoch: number) => ({ kind: 'sending-keys', epoch, suite: SUITE, keys: keys(), afterMs: 0 }) as const
const receiving = (member: string, epoch: number) =>
  ({ kind: 'member-keys', member, epoch, suite: SUITE, keys: keys() }) as const
const members = (...ids: string[]): Lasting => ({
  kind: 'members',
  ownSsrcPrefix: 1,
  others: ids.map((id, i) => ({ id, ssrcPrefix: i + 2, media: { audio: true, video: true, screen: false } })),
})
const isErased = ({ keys }: { keys: StreamKeys }) =>
  Object.values(keys).every(({ key, salt }: StreamKey) => [...key, ...salt].every((byte) => byte === 0))

describe('what a page is told that comes later', () => {
  it('is the newest of each kind, members before their keys', () => {
    const lasting = new LastingMessages()
    const old = sending(1)
    const messages = [receiving('a', 1), receiving('a', 2), receiving('b', 1), sending(2), members('a', 'b')]
    for (const message of [old, ...messages]) lasting.keep(message)
    expect(lasting.all[0]).toBe(messages[4])
    expect(new Set(lasting.all)).toEqual(new Set(messages))
    expect(isErased(old)).toBe(true)
  })

  it('holds no key of a dropped epoch, of who left, or of a page before', () => {
    const lasting = new LastingMessages()
    const [early, late, left, own] = [receiving('a', 1), receiving('a', 2), receiving('b', 2), sending(2)]
    for (const message of [members('a', 'b'), early, late, left, own]) lasting.keep(message)
    lasting.dropEpochs(2)
    expect(isErased(early)).toBe(true)
    lasting.keep(members('a'))
    expect(isErased(left)).toBe(true)
    expect([late, own].some(isErased)).toBe(false)
    lasting.forgetKeys()
    expect([late, own].every(isErased)).toBe(true)
    expect(lasting.all).toEqual([members('a')])
    lasting.clear()
    expect(lasting.all).toEqual([])
  })
})
