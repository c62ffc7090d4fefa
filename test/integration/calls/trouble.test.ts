/** Calls on networks that fail, and direct paths that come and go. */
import { describe, expect, it } from 'vitest'
import { SECOND } from '../../../src-shared/base/time.ts'
import { TIMERS } from '../../../src-shared/call/machine/timers.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { connectedPair, Network, type Party, VIDEO, VOICE } from './network.ts'

const packet = (fill: number): Uint8Array => new Uint8Array(40).fill(fill)
const openBoth = { alice: { hideAddress: false }, bob: { hideAddress: false } }

async function onDirect(network: Network): Promise<{ alice: Party; bob: Party }> {
  const pair = await connectedPair(network, openBoth)
  await network.until(() => [pair.alice, pair.bob].every(({ call }) => call?.proof?.path === 'direct'))
  return pair
}

describe('a peer that is gone', () => {
  it('is waited for, then the call ends', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    bob.kill()
    await network.until(() => alice.phase === 'reconnecting', 12 * SECOND)
    // The person is told for how long.
    const phase = alice.call?.phase
    const left = phase?.kind === 'reconnecting' ? phase.until - network.clock.now() : undefined
    expect(left).toBeGreaterThan(TIMERS.reconnect - SECOND)
    expect(left).toBeLessThanOrEqual(TIMERS.reconnect)
    await network.until(() => alice.phase === 'ended', 32 * SECOND)
    expect(alice.reason).toBe('connection-lost')
    await network.pass(SECOND)
    expect(network.relay.openLinks).toBe(0)
  })

  it('is waited for also when nobody notices on the relay', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    bob.dead = true
    await network.until(() => alice.phase === 'reconnecting', 15 * SECOND)
    await network.until(() => alice.phase === 'ended', 32 * SECOND)
    expect(alice.reason).toBe('connection-lost')
  })

  it('before Confirm leaves no half-open call (R23)', async () => {
    const network = new Network()
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    bob.answer()
    alice.kill()
    await network.until(() => bob.phase === 'ended', 12 * SECOND)
    expect(bob.reason).toBe('failed')
  })
})

describe('the relay', () => {
  it('restarts during a call: what was said meanwhile arrives afterwards', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    network.relay.goDown()
    await network.pass(100)
    expect([alice.phase, bob.phase]).toEqual(['reconnecting', 'reconnecting'])
    bob.calls.setMedia(bob.callId, VIDEO)
    alice.calls.setMedia(alice.callId, VOICE)
    await network.pass(8 * SECOND)
    network.relay.comeUp()
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
    await network.until(() => alice.call?.remote.video === true && bob.call?.remote.video === false)
    alice.sendPackets(packet(4))
    await network.pass(100)
    expect(bob.packets).toEqual([packet(4)])
  })

  it('restarts while it rings', async () => {
    const network = new Network()
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    network.relay.goDown()
    bob.answer()
    await network.pass(3 * SECOND)
    expect(bob.phase).toBe('connecting')
    network.relay.comeUp()
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
  })

  it('loses one side’s connection: the other’s records come again', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    network.relay.interrupt(bob.address, 2 * SECOND)
    await network.pass(100)
    alice.calls.setMedia(alice.callId, VOICE)
    await network.until(() => bob.call?.remote.video === false, 8 * SECOND)
    expect(bob.call?.remote).toEqual(VOICE)
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
  })

  it('stays away: the call ends', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    network.relay.goDown()
    await network.pass(31 * SECOND, 50)
    expect([alice.reason, bob.reason]).toEqual(['connection-lost', 'connection-lost'])
  })

  it('is away when one hangs up: mail tells the other', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    network.relay.goDown()
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    expect(bob.reason).toBe('hung-up')
  })

  it.each([1, 2, 3, 4, 5, 6])('loses, repeats and mixes messages: no half-open call (seed %i)', async (seed) => {
    const network = new Network()
    const random = seededRandom(`bad relay ${String(seed)}`)
    const draw = (): number => (random(1)[0] ?? 0) / 256
    network.relay.tamper = ({ bytes }) => {
      if (draw() < 0.3) return []
      const copies = draw() < 0.3 ? 2 : 1
      return Array.from({ length: copies }, () => ({ bytes, delay: Math.round(draw() * 400) }))
    }
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    bob.answer()
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected', 10 * SECOND)
    bob.calls.setMedia(bob.callId, VIDEO)
    await network.until(() => alice.call?.remote.video === true, 20 * SECOND)
    await network.pass(30 * SECOND, 50)
    expect(alice.phase).not.toBe('ended')
    bob.calls.end(bob.callId)
    await network.until(() => alice.phase === 'ended', 45 * SECOND)
  })
})

describe('the direct path (R26)', () => {
  it('takes over after Confirm, and carries the media', async () => {
    const network = new Network()
    const { alice, bob } = await onDirect(network)
    expect(alice.media.filter(({ kind }) => kind === 'path')).toEqual([{ kind: 'path', path: 'direct' }])
    const relayed = network.relay.packets
    alice.sendPackets(packet(1))
    bob.sendPackets(packet(2))
    await network.pass(100)
    expect(bob.packets).toEqual([packet(1)])
    expect(alice.packets).toEqual([packet(2)])
    expect(network.relay.packets).toBe(relayed)
  })

  it('loses no packet while the path changes', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network, openBoth)
    let sent = 0
    for (; sent < 100; sent++) {
      alice.sendPackets(packet(sent))
      await network.pass(10)
    }
    await network.pass(100)
    expect(alice.call?.proof?.path).toBe('direct')
    expect(bob.packets.map((bytes) => bytes[0]).sort((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: sent }, (_, n) => n),
    )
  })

  it('gives way to the relay when it dies, and comes back', async () => {
    const network = new Network()
    const { alice, bob } = await onDirect(network)
    network.directs.breakAll()
    await network.until(() => alice.call?.proof?.path === 'relay' && bob.call?.proof?.path === 'relay')
    expect(alice.phase).toBe('connected')
    alice.sendPackets(packet(1))
    await network.pass(100)
    expect(bob.packets).toEqual([packet(1)])
    await network.until(() => alice.call?.proof?.path === 'direct' && bob.call?.proof?.path === 'direct', 15 * SECOND)
  })

  it('carries the call while the service is away', async () => {
    const network = new Network()
    const { alice, bob } = await onDirect(network)
    network.relay.goDown()
    await network.pass(60 * SECOND, 50)
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
    bob.calls.setMedia(bob.callId, VIDEO)
    await network.until(() => alice.call?.remote.video === true)
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    expect(bob.reason).toBe('hung-up')
  })

  it('ends with a killed peer', async () => {
    const network = new Network()
    const { alice, bob } = await onDirect(network)
    bob.kill()
    await network.until(() => alice.phase === 'reconnecting', 12 * SECOND)
    await network.until(() => alice.phase === 'ended', 32 * SECOND)
    expect(alice.reason).toBe('connection-lost')
  })

  it('is not there when the firewalls are strict; the call goes on', async () => {
    const network = new Network()
    network.directs.reachable = false
    const { alice, bob } = await connectedPair(network, openBoth)
    await network.pass(200 * SECOND, 100)
    expect(alice.call?.proof?.path).toBe('relay')
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
    expect(network.directs.opened).toBe(10)
  })

  it.each([
    ['caller', { alice: { hideAddress: true }, bob: { hideAddress: false } }, 0],
    ['callee', { alice: { hideAddress: false }, bob: { hideAddress: true } }, 1],
  ] as const)('is never tried by a %s who hides the address', async (_, options, links) => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network, options)
    await network.pass(60 * SECOND, 100)
    expect(network.directs.opened).toBe(links)
    expect(network.directs.standing).toBe(0)
    expect([alice.call?.proof?.path, bob.call?.proof?.path]).toEqual(['relay', 'relay'])
  })

  it('goes at once when somebody hides the address during the call', async () => {
    const network = new Network()
    const { alice, bob } = await onDirect(network)
    bob.preferences = { ...bob.preferences, hideAddress: true }
    bob.calls.preferencesChanged()
    await network.until(() => alice.call?.proof?.path === 'relay' && bob.call?.proof?.path === 'relay')
    expect(network.directs.standing).toBe(0)
    await network.pass(60 * SECOND, 100)
    expect(network.directs.standing).toBe(0)
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
  })

  it('follows the setting of the moment when the call begins', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    for (const party of [alice, bob]) party.preferences = { ...party.preferences, hideAddress: false }
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    bob.answer()
    await network.until(() => alice.call?.proof?.path === 'direct' && bob.call?.proof?.path === 'direct')
  })
})
