/** Those who are on the way: a relay that forges, a caller that lies, packets and records of elsewhere. */
import { describe, expect, it } from 'vitest'
import { type Bytes, concatBytes, toHex } from '../../../src-shared/base/bytes.ts'
import { SECOND } from '../../../src-shared/base/time.ts'
import { createAccept } from '../../../src-shared/call/handshake.ts'
import { encodeCallMessage, parseCallMessage } from '../../../src-shared/protocol/call-message.ts'
import { encodeInvite, type Invite, parseInvite } from '../../../src-shared/protocol/invite.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, testDevice, valueOf } from '../../support/test-device.ts'
import { connectedPair, Network, type Party, VIDEO, VOICE } from './network.ts'

const packet = (fill: number): Uint8Array => new Uint8Array(40).fill(fill)

async function ringing(network: Network): Promise<{ alice: Party; bob: Party }> {
  const [alice, bob] = [network.join('alice'), network.join('bob')]
  alice.calls.start('bob', VIDEO)
  await network.until(() => bob.incoming !== undefined)
  return { alice, bob }
}

const isAccept = (bytes: Bytes): boolean => parseCallMessage(bytes)?.kind === 'accept'

function keepInvite(network: Network): { invite?: Invite } {
  const kept: { invite?: Invite } = {}
  network.tamperMail = ({ type, payload }) => {
    const invite = type === 'invite' ? parseInvite(payload) : undefined
    if (invite) kept.invite = invite
    return { payload }
  }
  return kept
}

describe('a relay that', () => {
  it('changes any byte of the Accept: refused as insecure, without a key given out (R20)', async () => {
    for (const place of [1, 2, 20, 40, 100, 1200, 2000, -1]) {
      const network = new Network()
      const { alice, bob } = await ringing(network)
      network.relay.tamper = ({ bytes }) => {
        if (isAccept(bytes)) bytes[place < 0 ? bytes.length + place : place] = (bytes.at(place) ?? 0) ^ 1
        return [{ bytes }]
      }
      bob.answer()
      await network.until(() => alice.phase === 'ended', 12 * SECOND)
      expect(alice.reason).toBe('insecure')
      expect(alice.media).toEqual([])
      await network.until(() => bob.phase === 'ended', 12 * SECOND)
      expect(bob.phases).not.toContain('connected')
    }
  })

  it('puts an Accept of its own in place, as a man in the middle who knows even the Invite (R15)', async () => {
    const network = new Network()
    const kept = keepInvite(network)
    const { alice, bob } = await ringing(network)
    const { invite } = kept
    if (invite === undefined) throw new Error('no invitation was seen')
    const mallory = testDevice('mallory')
    network.relay.tamper = ({ bytes }) => {
      const message = parseCallMessage(bytes)
      if (message?.kind !== 'accept') return [{ bytes }]
      const messageId = message.accept.slice(18, 34)
      const own = { ...mallory.own, certificate: mallory.certificate.bytes }
      const media = { audio: true, video: false, screen: false }
      const forged = valueOf(
        createAccept({ invite, envDigest: network.random(32), messageId, own, media }, seededRandom('mallory')),
      )
      return [{ bytes: encodeCallMessage({ kind: 'accept', accept: forged.accept }) }]
    }
    bob.answer()
    await network.until(() => alice.phase === 'ended', 12 * SECOND)
    expect(alice.reason).toBe('insecure')
    expect(alice.media).toEqual([])
  })

  it('invents Accepts beside the true one: the true one is taken (R20)', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    for (let n = 0; n < 5; n++) {
      network.relay.inject(bob.address, alice.address, encodeCallMessage({ kind: 'accept', accept: packet(n) }))
    }
    await network.pass(100)
    expect(alice.phase).toBe('ringing')
    bob.answer()
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
  })

  it('lets no Accept through: both end, each for its own reason (R23)', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    network.relay.tamper = ({ bytes }) => (isAccept(bytes) ? [] : [{ bytes }])
    bob.answer()
    await network.until(() => bob.phase === 'ended', 12 * SECOND)
    expect(bob.reason).toBe('failed')
    await network.until(() => alice.phase === 'ended', 40 * SECOND)
    expect(alice.reason).toBe('failed')
  })

  it('lets no Confirm through: neither stays in the call (R23)', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    network.relay.tamper = ({ from, bytes }) => (from === alice.address ? [] : [{ bytes }])
    bob.answer()
    await network.until(() => bob.phase === 'ended' && alice.phase === 'ended', 60 * SECOND)
    expect(bob.phases).not.toContain('connected')
  })

  it('repeats and holds back every message: nothing happens twice', async () => {
    const network = new Network()
    network.relay.tamper = ({ bytes }) => [0, 150, 1500].map((delay) => ({ bytes, delay }))
    const { alice, bob } = await ringing(network)
    bob.answer()
    await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
    bob.calls.setMedia(bob.callId, VIDEO)
    await network.pass(5 * SECOND)
    expect(alice.media.filter(({ kind }) => kind === 'keys')).toHaveLength(1)
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
  })

  it.each([
    ['damages a record', (bytes: Bytes) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))],
    ['cuts a record short', (bytes: Bytes) => bytes.slice(0, -3)],
    ['sends what is no message', () => new Uint8Array([9, 9, 9])],
    ['sends a path proof', () => encodeCallMessage({ kind: 'path-proof', proof: new Uint8Array(32) })],
  ])('%s: the call ends as insecure (R16)', async (_, change) => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    await network.pass(SECOND)
    network.relay.tamper = ({ from, bytes }) => [{ bytes: from === alice.address ? change(bytes) : bytes }]
    alice.calls.setMedia(alice.callId, VOICE)
    await network.until(() => bob.phase === 'ended')
    expect(bob.reason).toBe('insecure')
    await network.until(() => alice.phase === 'ended')
    expect(alice.reason).toBe('insecure')
  })

  it('reflects a record to its sender: the call ends as insecure (R17)', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    await network.pass(SECOND)
    network.relay.tamper = ({ from, bytes }) => {
      if (from === alice.address) network.relay.inject(bob.address, alice.address, bytes)
      return [{ bytes }]
    }
    alice.calls.setMedia(alice.callId, VOICE)
    await network.until(() => alice.phase === 'ended')
    expect(alice.reason).toBe('insecure')
  })

  it('carries records of another member of the room: not heard', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    network.relay.inject('0123456789abcdef', alice.address, encodeCallMessage({ kind: 'record', record: packet(1) }))
    network.relay.inject('0123456789abcdef', bob.address, new Uint8Array([9, 9]))
    await network.pass(SECOND)
    expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
  })

  it('brings the records of an earlier call: insecure, not taken for this one', async () => {
    const network = new Network()
    const recorded: Bytes[] = []
    network.relay.tamper = ({ bytes }) => {
      recorded.push(bytes)
      return [{ bytes }]
    }
    const { alice, bob } = await connectedPair(network)
    alice.calls.setMedia(alice.callId, VOICE)
    await network.pass(SECOND)
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    await network.pass(SECOND)
    const records = recorded.filter((bytes) => parseCallMessage(bytes)?.kind === 'record')
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    bob.answer()
    await network.until(() => bob.phase === 'connected')
    const last = records.at(-1)
    if (last === undefined) throw new Error('nothing was recorded')
    network.relay.inject(alice.address, bob.address, last)
    await network.until(() => bob.phase === 'ended')
    expect(bob.reason).toBe('insecure')
  })
})

describe('before the yes', () => {
  it('packets of a caller are not handed on, and no record is looked at (R19)', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    await network.pass(200)
    network.relay.injectPacket(bob.address, packet(1))
    network.relay.inject(alice.address, bob.address, encodeCallMessage({ kind: 'record', record: packet(2) }))
    network.relay.inject(alice.address, bob.address, encodeCallMessage({ kind: 'accept', accept: packet(3) }))
    await network.pass(SECOND)
    expect(bob.media).toEqual([])
    expect(bob.incoming).toBeDefined()
    bob.answer()
    await network.until(() => bob.phase === 'connected')
    expect(bob.packets).toEqual([])
  })

  it('nothing at all goes from the called device to the relay’s members', async () => {
    const network = new Network()
    const { bob } = await ringing(network)
    await network.pass(10 * SECOND)
    expect(network.relay.messages).toBe(0)
    expect(network.relay.receiversOf(bob.address)).toEqual([])
    expect(network.directs.opened).toBe(0)
  })

  it('packets of a callee are not handed on before its Accept verified (3.7)', async () => {
    const network = new Network()
    const { alice } = await ringing(network)
    await network.pass(200)
    network.relay.injectPacket(alice.address, packet(1))
    await network.pass(200)
    expect(alice.media).toEqual([])
  })

  it('a packet that the own renderer sends goes nowhere', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    alice.sendPackets(packet(1))
    bob.sendPackets(packet(2))
    await network.pass(200)
    expect(network.relay.packets).toBe(0)
  })
})

it('a caller whose nonce does not fit its commitment is an attacker, and both are told (R23)', async () => {
  const network = new Network()
  network.tamperMail = ({ type, payload }) => {
    const invite = type === 'invite' ? parseInvite(payload) : undefined
    return { payload: invite ? encodeInvite({ ...invite, sasCommit: network.random(32) }) : payload }
  }
  const { alice, bob } = await ringing(network)
  bob.answer()
  await network.until(() => bob.phase === 'ended')
  expect(bob.reason).toBe('insecure')
  await network.until(() => alice.phase === 'ended')
  expect(alice.reason).toBe('insecure')
})

it('a caller whose shares are worthless gets no answer (R3)', async () => {
  const network = new Network()
  network.tamperMail = ({ type, payload }) => {
    const invite = type === 'invite' ? parseInvite(payload) : undefined
    return { payload: invite ? encodeInvite({ ...invite, x25519: new Uint8Array(32) }) : payload }
  }
  const { alice, bob } = await ringing(network)
  bob.answer()
  await network.until(() => bob.phase === 'ended')
  expect(bob.reason).toBe('insecure')
  expect(network.relay.messages).toBe(0)
  await network.until(() => alice.phase === 'ended')
})

it('a call with suites that this device lacks does not ring (R22)', async () => {
  const network = new Network()
  network.tamperMail = ({ type, payload }) => {
    const invite = type === 'invite' ? parseInvite(payload) : undefined
    return { payload: invite ? encodeInvite({ ...invite, offer: [9] }) : payload }
  }
  const [alice, bob] = [network.join('alice'), network.join('bob')]
  alice.calls.start('bob', VIDEO)
  await network.until(() => bob.history.length > 0)
  expect(bob.phases).toEqual([])
})

it('a direct path whose proof is false is not used, and not tried again (R26)', async () => {
  const network = new Network()
  network.directs.tamper = (bytes) => {
    if (parseCallMessage(bytes)?.kind === 'path-proof') bytes[5] = (bytes[5] ?? 0) ^ 1
    return bytes
  }
  const { alice, bob } = await connectedPair(network, { alice: { hideAddress: false }, bob: { hideAddress: false } })
  alice.sendPackets(packet(1))
  await network.pass(60 * SECOND, 50)
  expect(network.directs.packets).toBe(0)
  expect(network.directs.opened).toBe(2)
  expect(network.directs.standing).toBe(0)
  expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
  expect(bob.packets).toEqual([packet(1)])
})

it('damage on the direct path is dropped; the call goes on (R16)', async () => {
  const network = new Network()
  network.directs.tamper = (bytes) => {
    if (parseCallMessage(bytes)?.kind === 'record') bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    return bytes
  }
  const { alice, bob } = await connectedPair(network, { alice: { hideAddress: false }, bob: { hideAddress: false } })
  await network.pass(20 * SECOND, 50)
  bob.calls.setMedia(bob.callId, VIDEO)
  await network.until(() => alice.call?.remote.video === true)
  expect([alice.phase, bob.phase]).toEqual(['connected', 'connected'])
})

describe('mail', () => {
  it('of a stranger does not end anybody’s call (R24)', async () => {
    const network = new Network()
    const { alice, bob } = await ringing(network)
    const mallory = network.join('mallory')
    const callId = Uint8Array.from(alice.callId.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    const fields = { envDigest: packet(0), messageId: packet(0).slice(0, 16), sentAt: NOW, expiresAt: NOW + SECOND }
    const sender = {
      senderAccountPub: mallory.device.keys.account.public,
      senderCertHash: mallory.device.certificate.certHash,
    }
    const cancel = concatBytes(callId, Uint8Array.of(1))
    const declined = concatBytes(callId, Uint8Array.of(2))
    for (const party of [alice, bob]) {
      party.receive({ type: 'cancel', payload: cancel, ...fields, ...sender })
      party.receive({ type: 'reply', payload: declined, ...fields, ...sender })
      party.receive({ type: 'answered', payload: callId, ...fields, ...sender })
      party.receive({ type: 'invite', payload: callId, ...fields, ...sender })
    }
    await network.pass(SECOND)
    expect(alice.phase).toBe('ringing')
    expect(bob.incoming).toBeDefined()
  })

  it('carries nothing of the session: two calls share no key', async () => {
    const network = new Network()
    const { alice, bob } = await connectedPair(network)
    const first = toHex(alice.keys.send.audio.key)
    alice.calls.end(alice.callId)
    await network.until(() => bob.phase === 'ended')
    alice.calls.start('bob', VIDEO)
    await network.until(() => bob.incoming !== undefined)
    bob.answer()
    await network.until(() => alice.phase === 'connected')
    expect(toHex(alice.keys.send.audio.key)).not.toBe(first)
  })
})
