/** The callee's work: an invitation is held against the directory (R19), then rings; and the Accept. */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import { ControlChannel } from '../../src-shared/call/control-channel.ts'
import { chooseSuite, createAccept } from '../../src-shared/call/handshake.ts'
import type { Admission, Invitation } from '../../src-shared/call/machine/events.ts'
import { NO_MEDIA } from '../../src-shared/call/machine/state.ts'
import { parseCertificate } from '../../src-shared/identity/certificate.ts'
import { normaliseHandle } from '../../src-shared/identity/handle.ts'
import type { MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import type { Invite } from '../../src-shared/protocol/invite.ts'
import { type CallContext, createContext, type IncomingPart, required, type Runner } from './call-context.ts'
import { personFound } from './outgoing-call.ts'
import type { CallEnvironment, OwnIdentity, Person, ReceivedMail, ReturningCall } from './ports.ts'

/** While the directory does not answer, an invitation waits; it is worth nothing after it has expired. */
const LOOKUP_PAUSE: Ms = 2 * SECOND

export async function inviteReceived(runner: Runner, mail: ReceivedMail, invite: Invite): Promise<void> {
  const { environment } = runner
  const own = environment.identity()
  // R19: not from this device, and not from this account: its devices do not call one another.
  if (own === undefined || equalBytes(mail.senderAccountPub, own.accountPub)) return
  const caller = await findCaller(environment, mail, invite)
  if (caller === undefined || caller === 'key-changed') {
    if (caller === 'key-changed') noteKeyChange(runner, mail, invite)
    return
  }
  // R19: the handle must be the sender's own, and the sender one of the account's devices.
  if (!equalBytes(caller.accountPub, mail.senderAccountPub) || caller.blocked) return
  const from = caller.devices.find(({ certHash }) => equalBytes(certHash, mail.senderCertHash))
  if (from === undefined) return
  const callId = toHex(invite.callId)
  // R7: about a new key the person decides first.
  const isKnown = caller.verification !== 'key-changed'
  const returning = isKnown ? environment.calledBack(callId, mail.senderCertHash) : undefined
  if (returning === 'refused') return
  if (returning !== undefined) {
    answerReturn(runner, { mail, invite, from }, { ...returning, person: caller })
    return
  }
  answerOwnLookup(runner, caller)
  if (!runner.contexts.has(callId)) {
    runner.add(
      createContext({
        ...startOf(environment, invite),
        person: caller,
        outgoing: undefined,
        incoming: { invite, mail, from, accept: undefined },
        returning: undefined,
      }),
    )
  }
  dispatchInvite(runner, mail, invite, admissionOf(environment, own, caller, invite), caller.inContacts)
}

/** R40: the two are in a call already, and nobody is asked. */
function answerReturn(
  runner: Runner,
  { mail, invite, from }: Omit<IncomingPart, 'accept'>,
  returning: ReturningCall,
): void {
  if (runner.contexts.has(toHex(invite.callId))) return
  const { person, media } = returning
  runner.add(
    createContext({
      ...startOf(runner.environment, invite),
      person,
      outgoing: undefined,
      incoming: { invite, mail, from, accept: undefined },
      returning,
    }),
  )
  runner.dispatch({ kind: 'called-back', invitation: invitationOf(runner, mail, invite, 'ring', false), media })
}

async function findCaller(
  { directory, clock }: CallEnvironment,
  mail: ReceivedMail,
  { callerHandle }: Invite,
): Promise<Person | 'key-changed' | undefined> {
  for (;;) {
    const found = await directory.find(callerHandle)
    if (found.ok) return found.value
    if (found.reason === 'key-changed') return 'key-changed'
    if (found.reason !== 'offline' || clock.now() >= mail.expiresAt) return undefined
    await new Promise<void>((resolve) => clock.after(LOOKUP_PAUSE, resolve))
  }
}

/** R7: it does not ring before the person has accepted the new key; until then nobody knows whose call it was. */
function noteKeyChange(runner: Runner, mail: ReceivedMail, invite: Invite): void {
  if (runner.contexts.has(toHex(invite.callId))) return
  runner.add(
    createContext({
      ...startOf(runner.environment, invite),
      person: undefined,
      outgoing: undefined,
      incoming: undefined,
      returning: undefined,
    }),
  )
  dispatchInvite(runner, mail, invite, 'key-changed', false)
}

function startOf(
  { clock }: CallEnvironment,
  { callId, media, callerHandle, callerName }: Invite,
): Omit<Parameters<typeof createContext>[0], 'person' | 'outgoing' | 'incoming' | 'returning'> {
  return {
    callId: toHex(callId),
    callIdBytes: callId,
    direction: 'incoming',
    startedAt: clock.now(),
    video: media.video,
    claimedHandle: new Sensitive(callerHandle),
    claimedName: new Sensitive(callerName),
    local: NO_MEDIA,
    remote: media,
  }
}

function dispatchInvite(
  runner: Runner,
  mail: ReceivedMail,
  invite: Invite,
  admission: Admission,
  known: boolean,
): void {
  runner.dispatch({ kind: 'invite', invitation: invitationOf(runner, mail, invite, admission, known) })
}

function invitationOf(
  { environment }: Runner,
  mail: ReceivedMail,
  { callId, media }: Invite,
  admission: Admission,
  known: boolean,
): Invitation {
  return {
    callId: toHex(callId),
    from: toHex(mail.senderCertHash),
    account: toHex(mail.senderAccountPub),
    media,
    sentAt: mail.sentAt,
    remaining: mail.expiresAt - environment.clock.now(),
    admission,
    known,
  }
}

function admissionOf(
  { preferences, otherwiseEngaged }: CallEnvironment,
  own: OwnIdentity,
  caller: Person,
  { offer }: Invite,
): Admission {
  if (caller.verification === 'key-changed') return 'key-changed'
  if (preferences().contactsOnly && !caller.inContacts) return 'miss'
  const suites = parseCertificate(own.certificate)?.suites ?? 0
  // R22: a call that this device could not answer need not ring.
  if (chooseSuite(offer, suites) === undefined) return 'miss'
  return otherwiseEngaged() ? 'busy' : 'ring'
}

/** R25: two who call each other meet here before the own lookup is back; this one was for the same person. */
function answerOwnLookup(runner: Runner, caller: Person): void {
  const { call } = runner.state()
  if (call.kind !== 'outgoing' || call.stage !== 'resolving') return
  const context = runner.contexts.get(call.callId)
  const typed = normaliseHandle(context?.outgoing?.typedHandle.reveal() ?? '')
  if (context !== undefined && typed !== undefined && typed === normaliseHandle(caller.handle.reveal())) {
    personFound(runner, context, caller)
  }
}

export function makeAccept(runner: Runner, context: CallContext, media: MediaChoice): void {
  const { environment, dispatch } = runner
  const incoming = required(context.incoming, 'invitation')
  const { callId } = context
  const own = environment.identity()
  if (own === undefined) {
    dispatch({ kind: 'accept-failed', callId, reason: 'failed' })
    return
  }
  const made = createAccept(
    {
      invite: incoming.invite,
      envDigest: incoming.mail.envDigest,
      messageId: incoming.mail.messageId,
      own,
      media,
    },
    environment.random,
  )
  if (!made.ok) {
    // R3: a share that would make the secret predictable is no accident.
    dispatch({ kind: 'accept-failed', callId, reason: made.reason === 'share' ? 'insecure' : 'failed' })
    return
  }
  incoming.accept = made.value.accept
  context.session = made.value.session
  context.channel = new ControlChannel(made.value.session)
  dispatch({ kind: 'accept-made', callId })
}
