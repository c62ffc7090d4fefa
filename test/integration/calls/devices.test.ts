/** Accounts with several devices, and two people who call each other at the same time. */
import { describe, expect, it } from 'vitest'
import { SECOND } from '../../../src-shared/base/time.ts'
import { NOW } from '../../support/test-device.ts'
import { Network, type Party, VIDEO, VOICE } from './network.ts'

async function twoRing(network: Network): Promise<{ alice: Party; desk: Party; phone: Party }> {
  const alice = network.join('alice')
  const [desk, phone] = [network.join('bob', 'desk'), network.join('bob', 'phone')]
  alice.calls.start('bob', VIDEO)
  await network.until(() => desk.incoming !== undefined && phone.incoming !== undefined)
  return { alice, desk, phone }
}

describe('two devices of one account', () => {
  it('one answers, the other stops and notes it (R20, R24)', async () => {
    const network = new Network()
    const { alice, desk, phone } = await twoRing(network)
    phone.answer()
    await network.until(() => alice.phase === 'connected' && phone.phase === 'connected')
    await network.until(() => desk.incoming === undefined)
    expect(desk.history).toMatchObject([{ reason: 'answered-elsewhere', unseen: false }])
    expect(desk.call).toBeUndefined()
    expect(network.relay.receiversOf(alice.address)).toEqual([phone.address])
    await network.pass(20 * SECOND)
    expect([alice.phase, phone.phase]).toEqual(['connected', 'connected'])
  })

  it('both answer at once: one gets the call, the other hears so (R20)', async () => {
    const network = new Network()
    const { alice, desk, phone } = await twoRing(network)
    phone.answer()
    desk.answer()
    await network.until(() => [desk, phone].some((device) => device.phase === 'connected'))
    await network.until(() => [desk, phone].some((device) => device.phase === 'ended'))
    const [won, lost] = desk.phase === 'connected' ? [desk, phone] : [phone, desk]
    expect(alice.phase).toBe('connected')
    expect(lost.reason).toBe('answered-elsewhere')
    const packet = new Uint8Array(40).fill(7)
    alice.sendPackets(packet)
    await network.pass(100)
    expect(won.packets).toEqual([packet])
    expect(lost.packets).toEqual([])
  })

  it('one declines: both stop, and the caller hears it', async () => {
    const network = new Network()
    const { alice, desk, phone } = await twoRing(network)
    desk.calls.decline(desk.callId)
    await network.until(() => alice.phase === 'ended' && phone.incoming === undefined)
    expect(alice.reason).toBe('declined')
    expect(phone.history).toMatchObject([{ unseen: false }])
  })

  it('the caller cancels: both stop', async () => {
    const network = new Network()
    const { alice, desk, phone } = await twoRing(network)
    alice.calls.end(alice.callId)
    await network.until(() => desk.incoming === undefined && phone.incoming === undefined)
    expect(desk.history).toMatchObject([{ reason: 'cancelled', unseen: true }])
  })

  it('one without a relay gives up, and the caller is told', async () => {
    const network = new Network()
    const { alice, desk } = await twoRing(network)
    await network.pass(100)
    network.relay.interrupt(desk.address, 60 * SECOND)
    desk.answer()
    await network.until(() => desk.phase === 'ended', 15 * SECOND)
    expect(desk.reason).toBe('failed')
    await network.until(() => alice.phase === 'ended')
    expect(alice.reason).toBe('failed')
  })
})

describe('glare (R25)', () => {
  async function bothCall(network: Network, delayToBob: number): Promise<[Party, Party]> {
    const [alice, bob] = [network.join('alice', 'desk'), network.join('bob', 'desk')]
    network.tamperMail = ({ to, payload }) => ({
      payload,
      delay: to.certHash === bob.verified.certHash ? delayToBob : 0,
    })
    alice.calls.start('bob', VIDEO)
    bob.calls.start('alice', VOICE)
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
    await network.pass(15 * SECOND)
    return [alice, bob]
  }

  it.each([0, 200])('the two calls become one, answered by itself (delay %i ms)', async (delay) => {
    const network = new Network()
    const [alice, bob] = await bothCall(network, delay)
    expect(alice.callId).toBe(bob.callId)
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
    expect([alice.call?.direction, bob.call?.direction].sort()).toEqual(['incoming', 'outgoing'])
    // Nobody's camera opens beyond what they chose.
    expect(alice.call).toMatchObject({ local: VIDEO, remote: VOICE })
    expect(bob.call).toMatchObject({ local: VOICE, remote: VIDEO })
    expect(alice.phases).not.toContain('incoming')
    expect(bob.phases).not.toContain('incoming')
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    expect(alice.history).toHaveLength(1)
    expect(bob.history).toHaveLength(1)
  })

  it('meets before the own lookup is back', async () => {
    const network = new Network()
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    bob.calls.start('alice', VOICE)
    // Alice starts while Bob's invitation is on its way, and asks a directory that is slow.
    alice.lookupDelays = [3 * SECOND]
    alice.calls.start('bob', VIDEO)
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
    expect(alice.callId).toBe(bob.callId)
    expect(network.mails.filter(({ type }) => type === 'invite').length).toBeLessThanOrEqual(2)
    expect(network.clock.now()).toBeLessThan(NOW + 3 * SECOND)
  })
})
