/**
 * A complete handshake of a 1:1 call: what travels (messages, bytes) and what each stage costs (CPU time, median). The network is not in
 * it, nor waiting; both ends run here. The envelope counts once: an account with more devices gets one each.
 */
import { concatBytes } from '../../src-shared/base/bytes.ts'
import { ControlChannel } from '../../src-shared/call/control-channel.ts'
import { confirmMatches, createAccept, createOffer, eraseOffer, openAccept } from '../../src-shared/call/handshake.ts'
import { safetyWords } from '../../src-shared/call/safety-words.ts'
import { eraseSession } from '../../src-shared/call/session.ts'
import { openEnvelope, sealEnvelope } from '../../src-shared/crypto/envelope.ts'
import { encodeCallMessage } from '../../src-shared/protocol/call-message.ts'
import { parseEnvelope } from '../../src-shared/protocol/envelope.ts'
import { parseInvite } from '../../src-shared/protocol/invite.ts'
import { issuePrekey, parsePrekey, verifyPrekey } from '../../src-shared/protocol/prekey.ts'
import { kemKeyPair, p256KeyPair } from '../../src-shared/crypto/agreement.ts'
import { DAY, SECOND } from '../../src-shared/base/time.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { NOW, testDevice, valueOf } from '../support/test-device.ts'
import { OPENSSL, withPrimitives } from '../support/with-primitives.ts'
import { median, significant } from './statistics.ts'

const ROUNDS = 25
const WARM_UP = 5

const random = seededRandom('bench handshake')
const alice = testDevice('alice')
const bob = testDevice('bob')
const MEDIA = { audio: true, video: true, screen: false }

interface Stage {
  readonly side: 'caller' | 'callee'
  readonly ms: number
}

export interface HandshakeFigures {
  readonly messages: number
  readonly bytes: number
  readonly bytesOf: Readonly<Record<string, number>>
  readonly stages: Readonly<Record<string, Stage>>
  /** All stages together. */
  readonly totalMs: number
  /** What stands between the callee's yes and the caller's first media key: the person waits for it. */
  readonly afterYesMs: number
}

/** As the app runs it, with Node's OpenSSL for the curves; and with noble alone, which the app would do with anywhere else. */
export function benchHandshake(): Promise<
  HandshakeFigures & { readonly nobleAlone: Pick<HandshakeFigures, 'totalMs' | 'afterYesMs'> }
> {
  const { totalMs, afterYesMs } = figures()
  const fast = withPrimitives(OPENSSL, figures)
  return Promise.resolve({ ...fast, nobleAlone: { totalMs, afterYesMs } })
}

function figures(): HandshakeFigures {
  const runs = Array.from({ length: WARM_UP + ROUNDS }, handshake).slice(WARM_UP)
  const [first] = runs
  if (first === undefined) throw new Error('no rounds')
  const stages: Record<string, Stage> = {}
  for (const [name, { side }] of first.times) {
    const ms = median(runs.map(({ times }) => times.get(name)?.ms ?? Number.NaN))
    stages[name] = { side, ms: significant(ms) }
  }
  const sum = (names: readonly string[]): number =>
    significant(names.reduce((total, name) => total + (stages[name]?.ms ?? 0), 0))
  const { bytesOf } = first
  return {
    messages: Object.keys(bytesOf).length,
    bytes: Object.values(bytesOf).reduce((total, bytes) => total + bytes, 0),
    bytesOf,
    stages,
    totalMs: sum(Object.keys(stages)),
    afterYesMs: sum(['make Accept', 'open Accept']),
  }
}

interface Run {
  readonly times: ReadonlyMap<string, Stage>
  readonly bytesOf: Readonly<Record<string, number>>
}

function handshake(): Run {
  const times = new Map<string, Stage>()
  const timed = <Value>(side: Stage['side'], name: string, work: () => Value): Value => {
    const start = performance.now()
    const value = work()
    times.set(name, { side, ms: performance.now() - start })
    return value
  }

  const callId = random(16)
  const offer = timed('caller', 'make offer', () =>
    createOffer(
      {
        callId,
        suites: ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'],
        media: MEDIA,
        relayTicket: random(120),
        callerHandle: 'alice@example.org',
        callerName: 'Alice Example',
      },
      random,
    ),
  )
  const prekey = bobsPrekey()
  const messageId = random(16)
  const sealed = timed('caller', 'seal envelope', () => {
    const parsed = parsePrekey(prekey.bytes)
    if (parsed === undefined) throw new Error('malformed prekey')
    return sealEnvelope(
      {
        recipient: bob.verified,
        prekey: valueOf(verifyPrekey(parsed, bob.verified, NOW)),
        sender: alice.own,
        content: {
          listVersion: alice.own.listVersion,
          listHash: alice.own.listHash,
          messageId,
          sentAt: NOW,
          expiresAt: NOW + 60 * SECOND,
          type: 'invite',
          payload: offer.invite,
        },
      },
      random,
    )
  })
  if (sealed === undefined) throw new Error('not sealed')
  const opened = timed('callee', 'open envelope', () => {
    const envelope = parseEnvelope(sealed.bytes)
    if (envelope === undefined) throw new Error('malformed envelope')
    return valueOf(openEnvelope(envelope, { agreement: bob.keys.agreement, prekey }, NOW))
  })
  const invite = parseInvite(opened.payload)
  if (invite === undefined) throw new Error('malformed Invite')

  const accepted = timed('callee', 'make Accept', () =>
    valueOf(createAccept({ invite, envDigest: opened.envDigest, messageId, own: bob.own, media: MEDIA }, random)),
  )
  const acceptMessage = encodeCallMessage({ kind: 'accept', accept: accepted.accept })
  const taken = timed('caller', 'open Accept', () => {
    const devices = [{ certHash: bob.certificate.certHash, messageId, envDigest: sealed.envDigest }]
    const result = valueOf(
      openAccept(offer, { accountPub: bob.certificate.accountPub, devices, now: NOW }, accepted.accept),
    )
    eraseOffer(offer)
    return result
  })
  const caller = new ControlChannel(taken.session)
  const callee = new ControlChannel(accepted.session)
  const [confirm] = timed('caller', 'send Confirm', () => caller.seal({ type: 'confirm', nonce: offer.confirmNonce }))
  if (confirm === undefined) throw new Error('no Confirm')
  const words = timed('callee', 'take Confirm', () => {
    const receipt = callee.receive(confirm)
    const message = receipt.kind === 'opened' ? receipt.messages[0] : undefined
    if (message?.type !== 'confirm' || !confirmMatches(invite, message.nonce)) throw new Error('refused')
    return safetyWords(accepted.session.transcript, message.nonce)
  })
  const same = safetyWords(taken.session.transcript, offer.confirmNonce)
  if (words.join() !== same.join()) throw new Error('the two ends disagree')
  const bytesOf = {
    invite: sealed.bytes.length,
    accept: acceptMessage.length,
    confirm: encodeCallMessage({ kind: 'record', record: confirm }).length,
  }
  eraseSession(taken.session)
  eraseSession(accepted.session)
  return { times, bytesOf }
}

/** Made before the call; its making does not count. */
function bobsPrekey() {
  const p256 = p256KeyPair(random(48))
  const kem = kemKeyPair(random(64))
  const fields = { kind: 'one-time', id: 1, p256: p256.public, kem: kem.public, notAfter: NOW + 30 * DAY } as const
  const { bytes } = issuePrekey({ ...fields, certHash: bob.certificate.certHash }, bob.keys.device.secret)
  return { bytes: concatBytes(bytes), p256, kem }
}
