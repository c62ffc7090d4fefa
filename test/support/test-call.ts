/** Handshakes for tests: alice calls bob. */
import { createAccept, createOffer, openAccept, type OutgoingOffer } from '../../src-shared/call/handshake.ts'
import type { CallSession } from '../../src-shared/call/session.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'
import { type Invite, parseInvite } from '../../src-shared/protocol/invite.ts'
import { seededRandom } from './seeded-random.ts'
import { NOW, type TestDevice, testDevice, valueOf } from './test-device.ts'

export const AUDIO = { audio: true, video: false, screen: false }
export const BOTH_SUITES: readonly SuiteName[] = ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM']

export const alice = testDevice('alice')
export const bob = testDevice('bob')

const random = seededRandom('calls')

export function testOffer(suites: readonly SuiteName[] = BOTH_SUITES): OutgoingOffer {
  return createOffer(
    { callId: random(16), suites, media: AUDIO, relayTicket: random(40), callerHandle: 'alice', callerName: 'Alice' },
    random,
  )
}

/** What one envelope of the Invite leaves on both sides. */
export function testEnvelope(): { readonly messageId: Uint8Array; readonly envDigest: Uint8Array } {
  return { messageId: random(16), envDigest: random(32) }
}

export function inviteOf(offer: OutgoingOffer): Invite {
  const invite = parseInvite(offer.invite)
  if (invite === undefined) throw new Error('malformed Invite')
  return invite
}

export function acceptOf(
  invite: Invite,
  envelope: ReturnType<typeof testEnvelope>,
  device: TestDevice = bob,
): ReturnType<typeof createAccept> {
  return createAccept({ invite, ...envelope, own: device.own, media: AUDIO }, random)
}

/** Two sessions that belong together. */
export function testSessions(): {
  readonly offer: OutgoingOffer
  readonly caller: CallSession
  readonly callee: CallSession
} {
  const offer = testOffer()
  const envelope = testEnvelope()
  const { accept, session: callee } = valueOf(acceptOf(inviteOf(offer), envelope))
  const opened = openAccept(
    offer,
    {
      accountPub: bob.certificate.accountPub,
      devices: [{ certHash: bob.certificate.certHash, ...envelope }],
      now: NOW,
    },
    accept,
  )
  return { offer, caller: valueOf(opened).session, callee }
}
