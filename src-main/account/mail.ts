/**
 * Sealed mail between devices (docs/protocol.md, section 2): seals to each device with a prekey fetched for it alone (R11),
 * and opens what push brings, in R14's order. What fails is dropped without an answer; only a reason is counted.
 *
 * One envelope after the other, in the order of arrival: a Cancel must not overtake its Invite while that waits for the directory.
 */
import { type Bytes, equalBytes } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import { type Clock, HOUR, MINUTE, type Ms, SECOND } from '../../src-shared/base/time.ts'
import {
  type EnvelopeRefusal,
  openEnvelope,
  type OpenedEnvelope,
  sealEnvelope,
} from '../../src-shared/crypto/envelope.ts'
import { parseCertificate, verifyCertificate } from '../../src-shared/identity/certificate.ts'
import { MESSAGE_ID_LENGTH } from '../../src-shared/protocol/accept.ts'
import { parseGroupInvite } from '../../src-shared/group/group-invite.ts'
import { parseKnock } from '../../src-shared/group/knock.ts'
import { parseAnswered, parseCancel, parseReply } from '../../src-shared/protocol/cancel.ts'
import { ENVELOPE_LIFE, parseEnvelope } from '../../src-shared/protocol/envelope.ts'
import { parseInvite } from '../../src-shared/protocol/invite.ts'
import { parsePrekey, type VerifiedPrekey, verifyPrekey } from '../../src-shared/protocol/prekey.ts'
import { acceptOnce, checkTimes, CLOCK_ERROR, type TimeRefusal } from '../../src-shared/protocol/replay.ts'
import type { Mail, MailType, ReceivedMail, SealedMail, VerifiedDevice } from '../calls/ports.ts'
import type { Service } from '../signaling/service.ts'
import type { AccountDirectory, DeviceRefusal } from './directory.ts'
import type { OwnAccount } from './identity.ts'
import type { ReplayStore } from './ports.ts'
import type { Prekeys } from './prekeys.ts'

/** Of what is about a moment: long enough to follow an Invite through a slow network, and meaningless to a call that is long over. */
const SHORT_LIFE: Ms = 10 * MINUTE
/** How often, and how long apart, the directory is asked about a sender while it does not answer. */
const LOOKUP_TRIES = 5
const LOOKUP_PAUSE: Ms = SECOND
const PRUNE_INTERVAL: Ms = HOUR

export type DropReason =
  | 'malformed'
  | 'not-mine'
  | 'prekey' /* unknown, or erased: also every repetition of one that used a one-time prekey */
  | EnvelopeRefusal
  | 'own-device' /* a device does not write to itself */
  | TimeRefusal
  | 'repeated'
  | 'payload'
  | 'type' /* of a part that this version does not have */
  | `sender-${DeviceRefusal}`
  | 'sender-other-account' /* only devices of the own account may say Answered (R24) */

export interface MailPorts {
  readonly account: OwnAccount
  readonly service: Service
  readonly directory: AccountDirectory
  readonly prekeys: Prekeys
  readonly replays: ReplayStore
  readonly random: RandomBytes
  readonly clock: Clock
  /** For the debug log: a reason, and nothing about anybody. */
  readonly dropped: (reason: DropReason) => void
}

export class DeviceMail implements Mail {
  readonly #ports: MailPorts
  readonly #listeners = new Set<(mail: ReceivedMail) => void>()
  #last: Promise<void> = Promise.resolve()

  constructor(ports: MailPorts) {
    this.#ports = ports
  }

  /** Takes in what push brings. The returned function ends it. */
  start(): () => void {
    const { service, clock, replays } = this.#ports
    const prune = (): void => {
      replays.prune(clock.now())
      cancel = clock.after(PRUNE_INTERVAL, prune)
    }
    let cancel = clock.after(0, prune)
    const stop = service.onEnvelope((envelope) => this.receive(envelope))
    return () => {
      cancel()
      stop()
    }
  }

  onReceived(listener: (mail: ReceivedMail) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async send(to: VerifiedDevice, type: MailType, payload: Bytes): Promise<Result<SealedMail, 'offline' | 'refused'>> {
    const { service, account, random, clock } = this.#ports
    const now = clock.now()
    const parsed = parseCertificate(to.certificate)
    const recipient = parsed && verifyCertificate(parsed, { accountPub: parsed.accountPub, now })
    if (recipient?.ok !== true) return failure('refused')
    const fetched = await service.fetchPrekey(to.certHash)
    if (!fetched.ok) return failure(fetched.reason === 'offline' ? 'offline' : 'refused')
    const prekey = this.#prekeyOf(recipient.value, fetched.value)
    if (prekey === undefined) return failure('refused')

    const { identity } = account
    const messageId = random(MESSAGE_ID_LENGTH)
    const sentAt = clock.now()
    const expiresAt =
      sentAt + (type === 'group-invite' ? ENVELOPE_LIFE[type] : Math.min(ENVELOPE_LIFE[type], SHORT_LIFE))
    const { listVersion, listHash } = identity
    const sealed = sealEnvelope(
      {
        recipient: recipient.value,
        prekey,
        sender: identity,
        content: { listVersion, listHash, messageId, sentAt, expiresAt, type, payload },
      },
      random,
    )
    if (sealed === undefined) return failure('refused')
    // The service's clock may be as far ahead as the recipient's; the recipient decides by its own.
    const pushed = await service.push(to.certHash, sealed.bytes, expiresAt + CLOCK_ERROR)
    if (!pushed.ok) return failure(pushed.reason === 'offline' ? 'offline' : 'refused')
    return success({ envDigest: sealed.envDigest, messageId })
  }

  /** Settles when the envelope is dealt with for good, one way or the other. */
  receive(bytes: Bytes): Promise<void> {
    const done = this.#last.then(async () => {
      const mail = await this.#open(bytes)
      if (!mail.ok) this.#ports.dropped(mail.reason)
      else for (const listener of this.#listeners) listener(mail.value)
    })
    // A failing store rejects this envelope's promise; the next envelope has its own chance.
    this.#last = done.catch(() => undefined)
    return done
  }

  async #open(bytes: Bytes): Promise<Result<ReceivedMail, DropReason>> {
    const { account, prekeys, replays, clock } = this.#ports
    const own = account.certificate.certHash
    const now = clock.now()
    const envelope = parseEnvelope(bytes)
    if (envelope === undefined) return failure('malformed')
    if (!equalBytes(envelope.toCertHash, own)) return failure('not-mine')
    const prekey = prekeys.find(envelope.kind, envelope.prekeyId)
    if (prekey === undefined) return failure('prekey')
    const opened = openEnvelope(envelope, { agreement: account.keys.agreement, prekey }, now)
    if (!opened.ok) return opened
    const sender = opened.value.senderCertificate
    if (equalBytes(sender.certHash, own)) return failure('own-device')
    const timely = checkTimes(opened.value, now)
    if (!timely.ok) return timely
    // First remembered, then erased: a power cut in between loses a message, and never delivers one twice.
    if (!acceptOnce(replays, sender.certHash, opened.value)) return failure('repeated')
    prekeys.used(envelope.kind, envelope.prekeyId)
    return this.#deliverable(opened.value)
  }

  /** The rest of R4, which may ask the directory: is this device in the newest list of its account? */
  async #deliverable(opened: OpenedEnvelope): Promise<Result<ReceivedMail, DropReason>> {
    const { type, payload, senderCertificate: sender } = opened
    if (type === 'message') return failure('type')
    const readable = readPayload(type, payload)
    if (readable === undefined) return failure('payload')
    const ownAccount = equalBytes(sender.accountPub, this.#ports.account.keys.account.public)
    if (ownAccount !== (type === 'answered')) return failure('sender-other-account')
    const believed = await this.#verifySender(opened, readable.callerHandle)
    if (!believed.ok) return failure(`sender-${believed.reason}`)
    const { envDigest, messageId, sentAt, expiresAt } = opened
    return success({
      type,
      payload,
      envDigest,
      messageId,
      sentAt,
      expiresAt,
      senderAccountPub: sender.accountPub,
      senderCertHash: sender.certHash,
    })
  }

  async #verifySender(
    { senderCertificate: certificate, listVersion, listHash }: OpenedEnvelope,
    handle: string | undefined,
  ): Promise<Result<undefined, DeviceRefusal>> {
    for (let tries = 1; ; tries++) {
      const believed = await this.#ports.directory.verifySender({ certificate, listVersion, listHash, handle })
      if (believed.ok || believed.reason !== 'offline' || tries === LOOKUP_TRIES) return believed
      await new Promise<void>((resolve) => this.#ports.clock.after(LOOKUP_PAUSE, resolve))
    }
  }

  #prekeyOf(recipient: Parameters<typeof verifyPrekey>[1], bytes: Bytes): VerifiedPrekey | undefined {
    const prekey = parsePrekey(bytes)
    const verified = prekey && verifyPrekey(prekey, recipient, this.#ports.clock.now())
    return verified?.ok === true ? verified.value : undefined
  }
}

/** `undefined` for a payload that is none of its type. Invite says where its sender can be found. */
function readPayload(type: MailType, payload: Bytes): { readonly callerHandle: string | undefined } | undefined {
  switch (type) {
    case 'invite': {
      const invite = parseInvite(payload)
      return invite && { callerHandle: invite.callerHandle }
    }
    case 'group-invite': {
      const invite = parseGroupInvite(payload)
      return invite && { callerHandle: invite.callerHandle }
    }
    case 'knock': {
      const knock = parseKnock(payload)
      return knock && { callerHandle: knock.handle }
    }
    case 'cancel':
      return parseCancel(payload) && { callerHandle: undefined }
    case 'answered':
      return parseAnswered(payload) && { callerHandle: undefined }
    case 'reply':
      return parseReply(payload) && { callerHandle: undefined }
  }
}
