import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../src-shared/base/time.ts'
import {
  connectEnds,
  directPair,
  DirectEnd,
  LOOPBACK,
  openDirectPair,
  pause,
  rtpPacket,
  systemClock,
  until,
} from './links.ts'

describe('a direct link', () => {
  test('carries packets and messages both ways as they are', async () => {
    const pair = await openDirectPair()
    const { caller, callee } = pair
    const rtcp = Uint8Array.from(Buffer.from('81ce000200000001baadf00d', 'hex'))
    const sent = Array.from({ length: 50 }, (_, i) => rtpPacket(i, 1100, i))
    for (const packet of [...sent, rtcp]) {
      expect(caller.link.sendPacket(packet)).toBe(true)
      expect(callee.link.sendPacket(packet)).toBe(true)
    }
    await until(() => caller.packets.length === 51 && callee.packets.length === 51, 'all packets are there')
    expect(callee.packets).toEqual([...sent, rtcp])
    expect(caller.packets).toEqual([...sent, rtcp])

    // A view into a larger buffer, as the media port hands them over.
    const room = new Uint8Array(2000)
    room.set(rtpPacket(99), 3)
    caller.link.sendPacket(room.subarray(3, 1103))
    await until(() => callee.packets.length === 52, 'the view is there')
    expect(callee.packets[51]).toEqual(rtpPacket(99))

    const long = Uint8Array.from({ length: 60_000 }, (_, i) => i)
    expect(caller.link.send(Uint8Array.of(1))).toBe(true)
    expect(caller.link.send(long)).toBe(true)
    expect(callee.link.send(Uint8Array.of(2))).toBe(true)
    await until(() => callee.messages.length === 2 && caller.messages.length === 1, 'all messages are there')
    expect(callee.messages).toEqual([Uint8Array.of(1), long])
    expect(caller.messages).toEqual([Uint8Array.of(2)])
    pair.close()
  })

  test('falls quiet when nothing comes, and is back with the first packet; a sign of life is handed on to nobody', async () => {
    let silent = false
    const [caller, callee] = [
      new DirectEnd('offerer'),
      // Its signs of life are what its clock lets it send.
      new DirectEnd('answerer', {
        now: () => Date.now(),
        after: (delay, callback) =>
          systemClock.after(delay, () => {
            if (!silent) callback()
          }),
      }),
    ]
    connectEnds(caller, callee)
    await until(() => caller.opens > 0 && callee.opens > 0, 'both ends are open')
    await pause(2500)
    expect([caller.silences, callee.silences]).toEqual([0, 0])
    silent = true
    await until(() => caller.silences === 1, 'the caller hears nothing')
    expect([caller.losses, caller.returns]).toEqual([0, 0])
    // It goes on with signs of life of its own.
    expect(callee.silences).toBe(0)
    expect(callee.link.sendPacket(rtpPacket(1))).toBe(true)
    await until(() => caller.returns === 1, 'it is back')
    await until(() => caller.silences === 2, 'it falls quiet again')
    expect(callee.link.send(Uint8Array.of(1))).toBe(true)
    await until(() => caller.returns === 2, 'it is back again')
    expect([caller.packets.length, callee.packets.length]).toEqual([1, 0])
    caller.link.close()
    callee.link.close()
  })

  test('keeps the caller’s addresses until there is an answer', async () => {
    const pair = await openDirectPair()
    const [first, ...later] = pair.caller.locals
    expect(first?.candidates).toEqual([])
    expect(later.flatMap(({ candidates }) => candidates).every((text) => text.includes(LOOPBACK))).toBe(true)
    expect(pair.callee.locals.flatMap(({ candidates }) => candidates).length).toBeGreaterThan(0)
    pair.close()
  })

  test('lets nobody in but the owner of the fingerprint', async () => {
    const pair = directPair((endpoint) => {
      const fingerprint = Uint8Array.from(endpoint.fingerprint)
      fingerprint[5] = (fingerprint[5] ?? 0) ^ 1
      return { ...endpoint, fingerprint }
    })
    await until(() => pair.caller.losses === 1, 'the caller refuses')
    expect(pair.caller.opens).toBe(0)
    expect(pair.caller.link.send(Uint8Array.of(1))).toBe(false)
    expect(pair.caller.link.sendPacket(rtpPacket(1))).toBe(false)
    // The callee may have seen a good certificate; it learns at once that the path is gone.
    await until(() => pair.callee.losses === 1, 'the callee notices')
    pair.close()
  })

  test('ignores an endpoint with other credentials than the first', async () => {
    const pair = await openDirectPair()
    const own = pair.callee.locals[0]
    if (own === undefined) throw new Error('no endpoint')
    pair.caller.link.connect({ ...own, icePwd: 'A'.repeat(22) })
    pair.caller.link.connect({ ...own, fingerprint: new Uint8Array(32) })
    pair.caller.link.connect({
      ...own,
      candidates: ['candidate:rubbish', 'candidate:1 1 UDP 1 evil.example 9 typ host'],
    })
    pair.caller.link.send(Uint8Array.of(7))
    await until(() => pair.callee.messages.length === 1, 'the link still works')
    expect(pair.caller.losses).toBe(0)
    pair.close()
  })

  test.each([
    ['a ufrag that would add a line', { iceUfrag: 'abcd\r\na=setup:passive' }],
    ['a password that is too short', { icePwd: 'short' }],
    ['a fingerprint of wrong length', { fingerprint: new Uint8Array(20) }],
  ])('is lost at %s', async (_, change) => {
    const callee = new DirectEnd('answerer')
    const good = { fingerprint: new Uint8Array(32), iceUfrag: 'abcd', icePwd: 'A'.repeat(22), candidates: [] }
    callee.link.connect({ ...good, ...change })
    await until(() => callee.losses === 1, 'it is lost')
    expect(callee.locals).toEqual([])
    callee.link.close()
  })

  test('tells the other end at once when it closes, after what was sent before', async () => {
    const pair = await openDirectPair()
    for (let i = 0; i < 20; i++) pair.caller.link.send(new Uint8Array(2000).fill(i + 1))
    pair.caller.link.close()
    await until(() => pair.callee.losses === 1, 'the other end notices')
    expect(pair.callee.messages.length).toBe(20)
    expect(pair.caller.losses).toBe(0)
    expect(pair.caller.link.send(Uint8Array.of(1))).toBe(false)
    expect(pair.callee.link.send(Uint8Array.of(1))).toBe(false)
    pair.close()
  })

  test('stays open while both ends are silent but alive', async () => {
    const started = Date.now()
    const fast: Clock = {
      now: () => started + 10 * (Date.now() - started),
      after: (delay, callback) => systemClock.after(delay / 10, callback),
    }
    const pair = directPair(undefined, fast)
    await until(() => pair.caller.opens === 1 && pair.callee.opens === 1, 'both ends are open')
    await pause(2500)
    const { caller, callee } = pair
    expect([caller.losses, callee.losses, caller.silences, callee.silences]).toEqual([0, 0, 0, 0])
    expect([...pair.caller.messages, ...pair.callee.messages]).toEqual([])
    pair.close()
  })

  test('comes about every time', async () => {
    for (let round = 0; round < 20; round++) {
      const pair = await openDirectPair()
      pair.callee.link.sendPacket(rtpPacket(round))
      await until(() => pair.caller.packets.length === 1, 'a packet came through')
      expect(pair.caller.losses + pair.callee.losses).toBe(0)
      pair.close()
    }
  })
})
