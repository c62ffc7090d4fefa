/** The course of a call between whole runners: everything real but the network and the clock. */
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-shared/base/bytes.ts'
import { SECOND } from '../../../src-shared/base/time.ts'
import type { StreamKeys } from '../../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'
import { encodeInvite, parseInvite } from '../../../src-shared/protocol/invite.ts'
import { connectedPair, Network, VIDEO, VOICE } from './network.ts'

const packet = (fill: number): Uint8Array => new Uint8Array(40).fill(fill)
const keyTexts = ({ audio, video, screen, screenSound }: StreamKeys): string[] =>
  [audio, video, screen, screenSound].flatMap(({ key, salt }) => [toHex(key), toHex(salt)])

describe('a call', () => {
  const suites: [string, readonly SuiteName[], SuiteName][] = [
    ['by default', ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'], 'AES_256_CM_HMAC_SHA1_80'],
    ['reversed', ['AEAD_AES_256_GCM', 'AES_256_CM_HMAC_SHA1_80'], 'AEAD_AES_256_GCM'],
    ['one alone', ['AEAD_AES_256_GCM'], 'AEAD_AES_256_GCM'],
  ]
  it.each(suites)('from ringing to hanging up, suites %s (R22)', async (_, offered, chosen) => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network, { alice: { suites: offered } })
    expect(alice.phases).toEqual(['calling', 'ringing', 'connected'])
    expect(bob.phases).toEqual(['incoming', 'connecting', 'connected'])

    expect(alice.keys.suite).toBe(chosen)
    expect(keyTexts(alice.keys.send)).toEqual(keyTexts(bob.keys.receive))
    expect(keyTexts(alice.keys.receive)).toEqual(keyTexts(bob.keys.send))
    expect(new Set([...keyTexts(alice.keys.send), ...keyTexts(alice.keys.receive)]).size).toBe(16)

    await network.pass(SECOND)
    expect(alice.call?.proof?.safetyWords).toHaveLength(4)
    expect(bob.call?.proof?.safetyWords).toEqual(alice.call?.proof?.safetyWords)
    expect(alice.call).toMatchObject({ local: VIDEO, remote: VOICE })
    expect(bob.call).toMatchObject({ local: VOICE, remote: VIDEO, name: 'ALICE' })

    alice.sendPackets(packet(1), packet(2))
    bob.sendPackets(packet(3))
    await network.pass(100)
    expect(bob.packets).toEqual([packet(1), packet(2)])
    expect(alice.packets).toEqual([packet(3)])

    await network.pass(60 * SECOND, 100)
    expect(alice.phase).toBe('connected')
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    expect([alice.reason, bob.reason]).toEqual(['hung-up', 'hung-up'])
    expect(alice.history).toMatchObject([{ direction: 'outgoing', reason: 'hung-up', video: true, unseen: false }])
    expect(bob.history).toMatchObject([{ direction: 'incoming', reason: 'hung-up', video: true, unseen: false }])
    expect(alice.history[0]?.durationMs).toBeGreaterThan(60 * SECOND)

    await network.pass(SECOND)
    expect(network.relay.openLinks).toBe(0)
    expect(network.clock.timers).toBe(0)
    expect(alice.closedPorts).toHaveLength(1)
    alice.calls.dismiss(alice.callId)
    expect(alice.call).toBeUndefined()
  })

  it('erases the session’s keys, and not those of the port before it is closed (R21)', async () => {
    const network = new Network()
    const { alice } = await connectedPair(network)
    const given = keyTexts(alice.keys.send)
    alice.calls.end(alice.callId)
    expect(keyTexts(alice.keys.send)).toEqual(given)
    expect(alice.closedPorts).toEqual([alice.callId])
  })

  it('tells the other side when a camera goes on', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    bob.calls.setMedia(bob.callId, VIDEO)
    await network.until(() => alice.call?.remote.video === true)
    expect(alice.media.at(-1)).toEqual({ kind: 'remote-media', media: VIDEO })
  })

  it('shows media that were chosen while it rang', async () => {
    const network = new Network()
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    alice.calls.setMedia(alice.callId, VOICE)
    bob.answer(VIDEO)
    await network.until(() => bob.phase === 'connected' && bob.call?.remote.video === false)
    expect(alice.call).toMatchObject({ local: VOICE, remote: VIDEO })
  })

  it('gets new keys after a suspend, on both sides the same (section 5, R39)', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    const [before, words] = [keyTexts(alice.keys.send), alice.call?.proof?.safetyWords]
    alice.calls.resumed()
    await network.until(() => alice.keys.generation === 1 && bob.keys.generation === 1)
    expect(keyTexts(alice.keys.send)).toEqual(keyTexts(bob.keys.receive))
    expect(keyTexts(alice.keys.receive)).toEqual(keyTexts(bob.keys.send))
    expect(keyTexts(alice.keys.send)).not.toEqual(before)
    // The callee opens what comes under them from its answer on, before it sends under them itself.
    const given = bob.media.filter(({ kind }) => kind === 'keys' || kind === 'keys-ahead')
    expect(given).toMatchObject([{ generation: 0 }, { kind: 'keys-ahead', generation: 1 }, { generation: 1 }])
    expect(given.map((message) => 'receive' in message && keyTexts(message.receive)).at(1)).toEqual(
      keyTexts(alice.keys.send),
    )
    expect(alice.call?.proof?.safetyWords).toEqual(words)
    bob.calls.setMedia(bob.callId, VIDEO)
    await network.until(() => alice.call?.remote.video === true)
    await network.pass(5 * SECOND)
    alice.calls.resumed()
    await network.until(() => alice.keys.generation === 2 && bob.keys.generation === 2)
    await network.pass(20 * SECOND)
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
  })

  it('gets new keys when a side’s media began anew, whichever side it is', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    expect(bob.calls.mediaRestarted(bob.callId)).toBe(true)
    await network.until(() => alice.keys.generation === 1 && bob.keys.generation === 1)
    expect(alice.calls.mediaRestarted(alice.callId)).toBe(true)
    await network.until(() => alice.keys.generation === 2 && bob.keys.generation === 2)
    expect(keyTexts(alice.keys.send)).toEqual(keyTexts(bob.keys.receive))
    expect(bob.calls.mediaRestarted('00'.repeat(16))).toBe(false)
  })

  it('erases the keys before the last also when two rekeys follow at once (R39)', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    const first = [alice, bob].map((party) => party.calls.standing(party.callId)?.exporters[0])
    for (const generation of [1, 2]) {
      alice.calls.resumed()
      await network.until(() => alice.keys.generation === generation && bob.keys.generation === generation)
    }
    await network.pass(3 * SECOND)
    for (const exporter of first) expect(exporter?.every((byte) => byte === 0)).toBe(true)
  })

  it('gets new keys every hour', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    await network.pass(3601 * SECOND, 500)
    expect([alice.keys.generation, bob.keys.generation]).toEqual([1, 1])
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
  })
})

describe('no call', () => {
  async function ringing(network: Network) {
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    return { alice, bob }
  }

  it('when it is declined', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    bob.calls.decline(bob.callId)
    await network.until(() => alice.phase === 'ended')
    expect(alice.reason).toBe('declined')
    expect(bob.call).toBeUndefined()
    expect(bob.history).toMatchObject([{ reason: 'declined', unseen: false }])
  })

  it('when the caller cancels', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    alice.calls.end(alice.callId)
    await network.until(() => bob.incoming === undefined)
    expect(alice.reason).toBe('cancelled')
    expect(bob.history).toMatchObject([{ reason: 'cancelled', unseen: true, durationMs: 0 }])
  })

  it('when nobody answers: 45 s', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    await network.pass(44 * SECOND, 100)
    expect(bob.incoming).toBeDefined()
    await network.pass(2 * SECOND, 100)
    expect(bob.incoming).toBeUndefined()
    expect(alice.reason).toBe('no-answer')
    expect(bob.history).toMatchObject([{ reason: 'no-answer', unseen: true }])
    await network.pass(SECOND)
    expect(network.relay.openLinks).toBe(0)
  })

  it('when the other is in one', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    const carol = network.join('carol')
    carol.calls.start('bob', VOICE)
    await network.until(() => carol.phase === 'ended')
    expect(carol.reason).toBe('busy')
    expect(bob.history).toMatchObject([{ reason: 'busy', unseen: true, name: 'CAROL' }])
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
  })

  it('and no "busy" for a stranger (R19)', async () => {
    const network = new Network()
    const { bob } = await connectedPair(network)
    bob.opinions.set('carol', { inContacts: false })
    const carol = network.join('carol')
    carol.calls.start('bob', VOICE)
    await network.pass(10 * SECOND)
    expect(carol.phase).toBe('calling')
    expect(network.mails.filter(({ from }) => from === bob).map(({ type }) => type)).toEqual(['reply'])
  })

  it('for whom rings only for contacts, when a stranger calls', async () => {
    const network = new Network()
    const alice = network.join('alice')
    const bob = network.join('bob', 'desk', { contactsOnly: true })
    bob.opinions.set('alice', { inContacts: false })
    alice.calls.start('bob', VOICE)
    await network.until(() => bob.history.length > 0)
    expect(bob.history).toMatchObject([{ reason: 'no-answer', unseen: true }])
    expect(bob.phases).toEqual([])
    expect(network.mails.map(({ type }) => type)).toEqual(['invite'])
  })

  it('from somebody who is blocked, without a trace', async () => {
    const network = new Network()
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    bob.opinions.set('alice', { blocked: true })
    alice.calls.start('bob', VOICE)
    await network.pass(5 * SECOND)
    expect(bob.history).toEqual([])
    expect(bob.phases).toEqual([])
    expect(network.mails.map(({ type }) => type)).toEqual(['invite'])
  })

  it.each([
    ['unknown-handle', 'unknown-handle'],
    ['key-changed', 'key-changed'],
    ['no-devices', 'no-devices'],
    ['insecure', 'insecure'],
    ['self', 'failed'],
  ] as const)('when the lookup says %s', async (lookup, reason) => {
    const network = new Network()
    const alice = network.join('alice')
    network.join('bob')
    alice.opinions.set('bob', { lookup })
    alice.calls.start('bob', VOICE)
    await network.until(() => alice.phase === 'ended')
    expect(alice.reason).toBe(reason)
    expect(network.mails).toEqual([])
    expect(alice.media).toEqual([])
    expect(alice.history).toMatchObject([{ reason, handle: 'bob', durationMs: 0 }])
  })

  it('to somebody whose key changed, before anything is sent (R7)', async () => {
    const network = new Network()
    const alice = network.join('alice')
    network.join('bob')
    alice.opinions.set('bob', { verification: 'key-changed' })
    alice.calls.start('bob', VOICE)
    await network.until(() => alice.phase === 'ended')
    expect(alice.reason).toBe('key-changed')
    expect(network.mails).toEqual([])
  })

  it.each([{ lookup: 'key-changed' }, { verification: 'key-changed' }] as const)(
    'from somebody whose key changed: noted, not rung (R7) %o',
    async (opinion) => {
      const network = new Network()
      const [alice, bob] = [network.join('alice'), network.join('bob')]
      bob.opinions.set('alice', opinion)
      alice.calls.start('bob', VOICE)
      await network.until(() => bob.history.length > 0)
      expect(bob.history).toMatchObject([{ reason: 'key-changed', unseen: true, handle: 'alice' }])
      expect(bob.phases).toEqual([])
    },
  )

  it('without the service', async () => {
    const network = new Network()
    const alice = network.join('alice')
    network.online = false
    alice.calls.start('bob', VOICE)
    await network.until(() => alice.phase === 'ended')
    expect(alice.reason).toBe('offline')
  })

  it('when the service goes away behind the lookup', async () => {
    const network = new Network()
    const alice = network.join('alice')
    network.join('bob')
    alice.calls.start('bob', VOICE)
    await network.pass(10)
    network.online = false
    await network.until(() => alice.phase === 'ended', 60 * SECOND)
    expect(['offline', 'no-answer']).toContain(alice.reason)
  })
})

describe('names (3.8)', () => {
  async function ringing(aliceName: string, knowsAlice: boolean) {
    const network = new Network()
    const alice = network.join('alice', 'desk', { name: aliceName })
    const bob = network.join('bob', 'desk', { name: 'Bob B.' })
    alice.opinions.set('bob', { inContacts: false })
    bob.opinions.set('alice', { inContacts: knowsAlice })
    alice.calls.start('bob', VOICE)
    await network.until(() => bob.incoming !== undefined)
    return { network, alice, bob }
  }

  it('are seen by the callee before the answer, and by the caller after Confirm, each beside the handle', async () => {
    const { network, alice, bob } = await ringing('Alice Å.', false)
    expect(bob.incoming).toMatchObject({ name: 'Alice Å.', handle: 'alice', inContacts: false })
    await network.pass(2 * SECOND)
    expect(alice.call).toMatchObject({ name: 'bob', handle: 'bob' })
    bob.answer()
    await network.until(() => alice.call?.name === 'Bob B.')
    expect(alice.call).toMatchObject({ phase: { kind: 'connected' }, handle: 'bob' })
    expect(bob.call).toMatchObject({ name: 'Alice Å.', handle: 'alice' })
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    expect(alice.history).toMatchObject([{ name: 'Bob B.', handle: 'bob' }])
    expect(bob.history).toMatchObject([{ name: 'Alice Å.', handle: 'alice' }])
  })

  it('of the own contacts win, also when somebody is added during the call', async () => {
    const { network, alice, bob } = await ringing('Mallory', true)
    expect(bob.incoming).toMatchObject({ name: 'ALICE', handle: 'alice' })
    bob.answer()
    await network.until(() => alice.call?.name === 'Bob B.')
    expect(bob.call?.name).toBe('ALICE')
    const { accountId } = alice.call ?? {}
    if (accountId === undefined) throw new Error('no account')
    alice.calls.personChanged(accountId, { name: 'My Bob', verification: 'unverified' })
    expect(alice.call?.name).toBe('My Bob')
  })

  it('do not travel from the callee without Confirm (R27)', async () => {
    const { network, alice, bob } = await ringing('Alice', true)
    const said: (number | undefined)[] = []
    network.relay.tamper = ({ from, bytes }) => {
      if (from === bob.address) said.push(bytes[0])
      return from === alice.address ? [] : [{ bytes }]
    }
    bob.answer()
    await network.until(() => alice.phase === 'connected')
    await network.until(() => bob.phase === 'ended', 20 * SECOND)
    // Nothing but the Accept over and over, and one record: End (3.2).
    expect(said.pop()).toBe(2)
    expect(new Set(said)).toEqual(new Set([1]))
    expect(alice.call?.name).toBe('bob')
  })

  it('are shown without what could disguise them, and the handle where nothing is left', async () => {
    const disguised = await ringing('x', false)
    disguised.network.tamperMail = ({ type, payload }) => {
      const invite = type === 'invite' ? parseInvite(payload) : undefined
      return { payload: invite ? encodeInvite({ ...invite, callerName: '\u202ebob\u2066\r\n\u0007 ' }) : payload }
    }
    disguised.alice.calls.end(disguised.alice.callId)
    await disguised.network.until(() => disguised.bob.incoming === undefined)
    disguised.alice.calls.start('bob', VOICE)
    await disguised.network.until(() => disguised.bob.incoming !== undefined)
    expect(disguised.bob.incoming).toMatchObject({ name: 'bob', handle: 'alice' })
    const { bob } = await ringing('\u200b\u202e', false)
    expect(bob.incoming).toMatchObject({ name: 'alice', handle: 'alice' })
  })
})

describe('a device that does not know who calls', () => {
  it('asks again while the directory does not answer', async () => {
    const network = new Network()
    const [alice, bob] = [network.join('alice'), network.join('bob')]
    bob.opinions.set('alice', { lookup: 'offline' })
    alice.calls.start('bob', VOICE)
    await network.pass(3 * SECOND)
    expect(bob.incoming).toBeUndefined()
    bob.opinions.delete('alice')
    await network.until(() => bob.incoming !== undefined)
  })

  it('does not ring when the handle is somebody else’s (R19)', async () => {
    const network = new Network()
    const [mallory, bob] = [network.join('mallory'), network.join('bob')]
    network.join('alice')
    network.tamperMail = ({ type, payload }) => {
      const invite = type === 'invite' ? parseInvite(payload) : undefined
      return { payload: invite ? encodeInvite({ ...invite, callerHandle: 'alice' }) : payload }
    }
    mallory.calls.start('bob', VOICE)
    await network.pass(5 * SECOND)
    expect(network.mails.map(({ type }) => type)).toEqual(['invite'])
    expect(bob.incoming).toBeUndefined()
    expect(bob.history).toEqual([])
  })
})
