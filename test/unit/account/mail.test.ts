/** Sealed mail between two devices over a service that may do with it what it likes (R11 to R14). */
import { beforeEach, describe, expect, it } from 'vitest'
import { Sensitive } from '../../../src-shared/base/sensitive.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../../src-shared/base/time.ts'
import { sealEnvelope } from '../../../src-shared/crypto/envelope.ts'
import { issueCertificate } from '../../../src-shared/identity/certificate.ts'
import { encodeAnswered, encodeCancel, encodeReply } from '../../../src-shared/protocol/cancel.ts'
import { type EnvelopeContent, ENVELOPE_LIFE, parseEnvelope } from '../../../src-shared/protocol/envelope.ts'
import { encodeInvite } from '../../../src-shared/protocol/invite.ts'
import { issuePrekey, parsePrekey, verifyPrekey } from '../../../src-shared/protocol/prekey.ts'
import type { MailType } from '../../../src-main/calls/ports.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { MemoryService } from '../../support/memory-service.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { type TestClient, testClient } from '../../support/test-client.ts'
import { NOW, testDevice, valueOf } from '../../support/test-device.ts'

const random = seededRandom('mail')
const callId = random(16)
const invite = encodeInvite({
  callId,
  x25519: random(32),
  kemEk: random(1184),
  offer: [1, 2],
  media: { audio: true, video: false, screen: false },
  sasCommit: random(32),
  relayTicket: random(100),
  callerHandle: 'alice',
  callerName: 'Alice',
})
const mallory = testDevice('mallory')

let service: MemoryService
let clock: FakeClock
let alice: TestClient
let bob: TestClient
beforeEach(async () => {
  service = new MemoryService()
  clock = new FakeClock(NOW)
  alice = await testClient(service, clock, 'alice', undefined, 4)
  bob = await testClient(service, clock, 'bob', undefined, 4)
})

const deliver = () => service.deliver(bob.device.certHash)
const lastEnvelope = () => service.pushed.at(-1)?.envelope ?? new Uint8Array()

/** An envelope that Alice's device really made, but with content of a test's choosing. */
function envelopeTo(to: TestClient, changes: Partial<EnvelopeContent> = {}, sender = alice.account.identity) {
  const recipient = to.account.certificate
  const prekey = parsePrekey(service.fetchPrekey(recipient.certHash) ?? new Uint8Array())
  if (prekey === undefined) throw new Error('no prekey')
  const content: EnvelopeContent = {
    listVersion: sender.listVersion,
    listHash: sender.listHash,
    messageId: random(16),
    sentAt: clock.now(),
    expiresAt: clock.now() + 60 * SECOND,
    type: 'invite',
    payload: invite,
    ...changes,
  }
  const verified = valueOf(verifyPrekey(prekey, recipient, clock.now()))
  const sealed = sealEnvelope({ recipient, prekey: verified, sender, content }, random)
  if (sealed === undefined) throw new Error('not sealed')
  return sealed.bytes
}

describe('mail', () => {
  it('arrives once, from who sent it, with the digest that both sides build on', async () => {
    const sent = valueOf(await alice.mail.send(bob.device, 'invite', invite))
    await deliver()
    expect(bob.received).toEqual([
      {
        type: 'invite',
        payload: invite,
        envDigest: sent.envDigest,
        messageId: sent.messageId,
        sentAt: NOW,
        expiresAt: NOW + 60 * SECOND,
        senderAccountPub: alice.account.keys.account.public,
        senderCertHash: alice.device.certHash,
      },
    ])
    expect(bob.dropped).toEqual([])
  })

  it('carries every type of a call, in the order of sending', async () => {
    await alice.mail.send(bob.device, 'invite', invite)
    await alice.mail.send(bob.device, 'cancel', encodeCancel({ callId, reason: 'withdrawn' }))
    await alice.mail.send(bob.device, 'reply', encodeReply({ callId, answer: 'busy' }))
    // All at once: the Cancel must not overtake the Invite that waits for the directory.
    const { queue } = service.mailboxOf(bob.device.certHash)
    await Promise.all(queue.splice(0).map((envelope) => bob.mail.receive(envelope)))
    expect(bob.received.map(({ type }) => type)).toEqual(['invite', 'cancel', 'reply'])
  })

  it('takes a fresh prekey for each envelope, one-time first, then the medium-term one (R11)', async () => {
    const used: string[] = []
    for (let i = 0; i < 6; i++) {
      await alice.mail.send(bob.device, 'cancel', encodeCancel({ callId, reason: 'timeout' }))
      const envelope = parseEnvelope(lastEnvelope())
      used.push(`${envelope?.kind ?? ''} ${String(envelope?.prekeyId)}`)
    }
    expect(used.map((key) => key.split(' ')[0])).toEqual([
      ...Array.from({ length: 4 }, () => 'one-time'),
      'medium-term',
      'medium-term',
    ])
    expect(new Set(used.slice(0, 4)).size).toBe(4)
    await alice.mail.send(bob.device, 'invite', invite)
    await deliver()
    expect(bob.received.at(-1)?.type).toBe('invite')
  })

  it('erases a one-time prekey on the first opening, and keeps the medium-term one (R11)', async () => {
    await alice.mail.send(bob.device, 'invite', invite)
    const id = parseEnvelope(lastEnvelope())?.prekeyId ?? 0
    expect(bob.stores.prekeys.find('one-time', id)).toBeDefined()
    await deliver()
    expect(bob.stores.prekeys.find('one-time', id)).toBeUndefined()
    expect(bob.stores.prekeys.all('medium-term')).toHaveLength(1)
  })

  it('says when it cannot be sent', async () => {
    service.online = false
    expect(await alice.mail.send(bob.device, 'invite', invite)).toEqual({ ok: false, reason: 'offline' })
    service.online = true
    const stranger = { certificate: mallory.certificate.bytes, certHash: mallory.certificate.certHash }
    expect(await alice.mail.send(stranger, 'invite', invite)).toEqual({ ok: false, reason: 'refused' })
    clock.advance(400 * DAY)
    expect(await alice.mail.send(bob.device, 'invite', invite)).toEqual({ ok: false, reason: 'refused' })
  })
})

describe('a service that gives other prekeys (R11)', () => {
  const fields = {
    kind: 'one-time',
    id: 1,
    p256: mallory.keys.agreement.p256.public,
    kem: mallory.keys.agreement.kem.public,
    notAfter: NOW + DAY,
  } as const

  it('of its own making, of another device, expired, or none: nothing is sealed to them', async () => {
    const { certHash } = bob.device
    const forged = [
      issuePrekey({ ...fields, certHash }, mallory.keys.device.secret).bytes,
      issuePrekey({ ...fields, certHash: mallory.certificate.certHash }, mallory.keys.device.secret).bytes,
      issuePrekey({ ...fields, certHash, notAfter: NOW - 1 }, bob.account.keys.device.secret).bytes,
      new Uint8Array(1358),
      new Uint8Array(),
    ]
    for (const bytes of forged) {
      service.lies.prekey = () => bytes
      expect(await alice.mail.send(bob.device, 'invite', invite)).toEqual({ ok: false, reason: 'refused' })
    }
    expect(service.pushed).toEqual([])
  })
})

describe('a service that replays, delays and misdirects (R13, R14)', () => {
  it('delivers an envelope again', async () => {
    await alice.mail.send(bob.device, 'invite', invite)
    const envelope = lastEnvelope()
    await deliver()
    await bob.mail.receive(envelope)
    expect(bob.received).toHaveLength(1)
    // Its one-time prekey is gone.
    expect(bob.dropped).toEqual(['prekey'])
  })

  it('delivers an envelope to the medium-term prekey again, also after a restart', async () => {
    service.mailboxOf(bob.device.certHash).oneTime.length = 0
    await alice.mail.send(bob.device, 'invite', invite)
    const envelope = lastEnvelope()
    await deliver()
    await bob.mail.receive(envelope)
    expect(bob.dropped).toEqual(['repeated'])
    bob.stop()
    const again = await testClient(service, clock, 'bob', bob.stores, 4)
    await again.mail.receive(envelope)
    expect(again.received).toEqual([])
    expect(again.dropped).toEqual(['repeated'])
    // When the memory of it may go, it is too old by itself.
    clock.advance(12 * MINUTE)
    again.stores.replays.prune(clock.now())
    expect(again.stores.replays.kept.size).toBe(0)
    await again.mail.receive(envelope)
    expect(again.dropped).toEqual(['repeated', 'expired'])
  })

  it('keeps an envelope back until it is too old', async () => {
    await alice.mail.send(bob.device, 'invite', invite)
    clock.advance(60 * SECOND + 5 * MINUTE + 1)
    await deliver()
    expect(bob.dropped).toEqual(['expired'])
  })

  it('gives it to another device, or alters it', async () => {
    const carol = await testClient(service, clock, 'carol', undefined, 1)
    await alice.mail.send(bob.device, 'invite', invite)
    const envelope = lastEnvelope()
    await carol.mail.receive(envelope)
    expect(carol.dropped).toEqual(['not-mine'])
    for (const at of [0, 1, 40, 100, 1500, 3000, envelope.length - 1]) {
      const altered = envelope.slice()
      altered[at] = (altered[at] ?? 0) ^ 1
      await bob.mail.receive(altered)
    }
    expect(bob.received).toEqual([])
    expect(bob.dropped).toHaveLength(7)
    await bob.mail.receive(envelope)
    expect(bob.received).toHaveLength(1)
  })

  it('brings noise', async () => {
    for (let length = 0; length < 5000; length += 250) await bob.mail.receive(random(length))
    expect(new Set(bob.dropped)).toEqual(new Set(['malformed']))
    await alice.mail.send(bob.device, 'invite', invite)
    await deliver()
    expect(bob.received).toHaveLength(1)
  })

  it('forgets what it remembered once nothing can come of it', async () => {
    await alice.mail.send(bob.device, 'invite', invite)
    await deliver()
    expect(bob.stores.replays.kept.size).toBe(1)
    clock.advance(HOUR)
    expect(bob.stores.replays.kept.size).toBe(0)
  })
})

describe('a sender that is not honest', () => {
  it('stretches the life of an Invite, or sends it from the future', async () => {
    await bob.mail.receive(envelopeTo(bob, { expiresAt: NOW + ENVELOPE_LIFE.invite + 1 }))
    await bob.mail.receive(envelopeTo(bob, { sentAt: NOW + HOUR, expiresAt: NOW + HOUR }))
    expect(bob.dropped).toEqual(['life', 'early'])
  })

  it('is not in the directory, or another than its handle says', async () => {
    const stranger = testDevice('stranger').own
    await bob.mail.receive(envelopeTo(bob, {}, { ...stranger, ...ownFields() }))
    // It says "alice" in its Invite, and alice has another key.
    expect(bob.dropped).toEqual(['sender-unknown-account'])
    await bob.mail.receive(
      envelopeTo(
        bob,
        { type: 'cancel', payload: encodeCancel({ callId, reason: 'timeout' }) },
        { ...stranger, ...ownFields() },
      ),
    )
    expect(bob.dropped).toEqual(['sender-unknown-account', 'sender-unknown-account'])
  })

  it('speaks of a device list that the directory does not have (R6)', async () => {
    await bob.mail.receive(envelopeTo(bob, { listVersion: 9, listHash: random(32) }))
    await bob.mail.receive(envelopeTo(bob, { listHash: random(32) }))
    expect(bob.dropped).toEqual(['sender-list', 'sender-list'])
  })

  it('sends what is none of its type, or of a type that means nothing here', async () => {
    const cancel = encodeCancel({ callId, reason: 'glare' })
    const types: MailType[] = ['invite', 'answered', 'reply']
    for (const type of types) await bob.mail.receive(envelopeTo(bob, { type, payload: cancel }))
    await bob.mail.receive(envelopeTo(bob, { type: 'cancel', payload: invite }))
    await bob.mail.receive(envelopeTo(bob, { type: 'group-invite', payload: cancel }))
    await bob.mail.receive(envelopeTo(bob, { type: 'message', payload: cancel }))
    expect(bob.received).toEqual([])
    expect(bob.dropped).toEqual(['payload', 'payload', 'payload', 'payload', 'payload', 'type'])
  })

  it('says Answered for a device of another account (R24)', async () => {
    await bob.mail.receive(envelopeTo(bob, { type: 'answered', payload: encodeAnswered({ callId }) }))
    expect(bob.dropped).toEqual(['sender-other-account'])
  })

  it('is another device of the own account that calls, or that the own list does not name (R14)', async () => {
    const { keys, identity } = bob.account
    const tablet = testDevice('bob', 'tablet').keys
    const certificate = issueCertificate(
      { ...bob.account.certificate, devicePub: tablet.device.public, serial: 7 },
      { accountSecret: keys.account.secret, deviceSecret: tablet.device.secret },
    )
    const { bytes, certHash } = certificate
    const sender = { ...identity, certificate: bytes, certHash, signingSecret: tablet.device.secret }
    await bob.mail.receive(envelopeTo(bob, {}, sender))
    await bob.mail.receive(envelopeTo(bob, { type: 'answered', payload: encodeAnswered({ callId }) }, sender))
    expect(bob.dropped).toEqual(['sender-other-account', 'sender-not-listed'])
  })

  it('is this very device', async () => {
    await bob.mail.receive(envelopeTo(bob, {}, bob.account.identity))
    expect(bob.dropped).toEqual(['own-device'])
  })
})

it('asks again while the directory is away, and drops the envelope when it stays away', async () => {
  await alice.mail.send(bob.device, 'invite', invite)
  service.online = false
  const waiting = deliver()
  await settle()
  service.online = true
  clock.advance(SECOND)
  await waiting
  expect(bob.received).toHaveLength(1)

  // A device that Bob has not met.
  const carol = await testClient(service, clock, 'carol', undefined, 1)
  await carol.mail.send(bob.device, 'invite', encodeInviteOf('carol'))
  service.online = false
  const lost = deliver()
  for (let i = 0; i < 6; i++) {
    await settle()
    clock.advance(SECOND)
  }
  await lost
  expect(bob.dropped).toEqual(['sender-offline'])
})

function encodeInviteOf(callerHandle: string): Uint8Array {
  return encodeInvite({
    callId: random(16),
    x25519: random(32),
    kemEk: random(1184),
    offer: [1],
    media: { audio: true, video: false, screen: false },
    sasCommit: random(32),
    relayTicket: random(10),
    callerHandle,
    callerName: '',
  })
}

/** `testDevice` as `OwnIdentity` has it. */
function ownFields() {
  return {
    accountPub: new Uint8Array(32),
    handle: alice.account.handle,
    name: new Sensitive('Alice'),
    otherDevices: [],
  }
}

/** Lets everything that is ready go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
