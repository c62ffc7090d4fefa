/** The caller's work: lookup, ticket, invitations, and the look at each Accept (R20). */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { createOffer, eraseOffer, openAccept } from '../../src-shared/call/handshake.ts'
import { ControlChannel } from '../../src-shared/call/control-channel.ts'
import { safetyWords } from '../../src-shared/call/safety-words.ts'
import { eraseSession } from '../../src-shared/call/session.ts'
import { claimedName } from '../../src-shared/identity/display-name.ts'
import type { EndReason } from '../../src-shared/ipc/snapshot.ts'
import { type MemberAddress } from '../../src-shared/protocol/relay-frame.ts'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { addressOf, type CallContext, deviceIdOf, required, type Runner } from './call-context.ts'
import type { LookupFailure, Person } from './ports.ts'

const AS_END_REASON: Readonly<Record<LookupFailure, EndReason>> = {
  'unknown-handle': 'unknown-handle',
  offline: 'offline',
  'key-changed': 'key-changed',
  'no-devices': 'no-devices',
  insecure: 'insecure',
  self: 'failed',
}

export async function resolve(runner: Runner, context: CallContext): Promise<void> {
  const { typedHandle } = required(context.outgoing, 'outgoing part')
  const found = await runner.environment.directory.find(typedHandle.reveal())
  if (found.ok) personFound(runner, context, onlyPeer(context, found.value))
  else fail(runner, context, AS_END_REASON[found.reason])
}

/** R40: one device of one account is called, and no other of whoever has the handle now. */
function onlyPeer({ returning }: CallContext, person: Person): Person {
  if (returning === undefined) return person
  const isSame = equalBytes(person.accountPub, returning.person.accountPub)
  const devices = person.devices.filter(({ certHash }) => isSame && equalBytes(certHash, returning.peer.certHash))
  return { ...person, devices }
}

/** Also called when the other's invitation brought the answer sooner. */
export function personFound(runner: Runner, context: CallContext, person: Person): void {
  const { call } = runner.state()
  if (call.kind !== 'outgoing' || call.callId !== context.callId || call.stage !== 'resolving') return
  context.person = person
  // R7: the person decides about the new key before any call.
  if (person.verification === 'key-changed') fail(runner, context, 'key-changed')
  else if (person.devices.length === 0) fail(runner, context, 'no-devices')
  else runner.dispatch({ kind: 'resolved', callId: context.callId, account: person.accountId })
}

export async function prepare(runner: Runner, context: CallContext): Promise<void> {
  const { environment } = runner
  const person = required(context.person, 'person')
  const ticket = await environment.relayTicket(context.callIdBytes, person.accountPub)
  const identity = environment.identity()
  const { call } = runner.state()
  if (call.kind !== 'outgoing' || call.callId !== context.callId) return
  if (!ticket.ok) {
    fail(runner, context, ticket.reason === 'offline' ? 'offline' : 'failed')
    return
  }
  if (identity === undefined) {
    fail(runner, context, 'failed')
    return
  }
  const outgoing = required(context.outgoing, 'outgoing part')
  outgoing.ticket = ticket.value
  outgoing.offer = createOffer(
    {
      callId: context.callIdBytes,
      suites: environment.preferences().suites,
      media: call.local,
      relayTicket: ticket.value,
      callerHandle: identity.handle.reveal(),
      callerName: claimedName(identity.name.reveal()),
    },
    environment.random,
  )
  runner.dispatch({ kind: 'prepared', callId: context.callId })
}

export function sendInvites(runner: Runner, context: CallContext): void {
  const { invited, sends, offer } = required(context.outgoing, 'outgoing part')
  const { devices } = required(context.person, 'person')
  const payload = required(offer, 'offer').invite
  let offline = false
  for (const device of devices) {
    const sent = runner.environment.mail.send(device, 'invite', payload).then((result) => {
      if (result.ok) invited.push({ certHash: device.certHash, ...result.value })
      else if (result.reason === 'offline') offline = true
      return result.ok
    })
    sends.set(deviceIdOf(device), sent)
  }
  void Promise.all(sends.values()).then((results) => {
    if (!results.includes(true)) fail(runner, context, offline ? 'offline' : 'failed')
  })
}

/** An Accept came over the relay; the relay vouches for the address that it came from, and for nothing else. */
export function acceptArrived(runner: Runner, context: CallContext, from: MemberAddress, bytes: Bytes): void {
  const outgoing = required(context.outgoing, 'outgoing part')
  const { call } = runner.state()
  if (call.kind === 'connected') {
    const repeated = context.peer !== undefined && addressOf(context.peer) === from
    // The machine looks at no more than that it came.
    if (repeated) runner.dispatch({ kind: 'accept-arrived', callId: context.callId, accept: 0 })
    return
  }
  if (outgoing.verifying.has(toHex(bytes))) return
  if (context.person?.devices.some((device) => addressOf(device) === from) !== true) return
  const accept = context.accepts.put({ from, bytes })
  runner.dispatch({ kind: 'accept-arrived', callId: context.callId, accept })
}

export async function verifyAccept(runner: Runner, context: CallContext, handle: number): Promise<void> {
  const { from, bytes } = context.accepts.take(handle)
  const { verifying } = required(context.outgoing, 'outgoing part')
  const name = toHex(bytes)
  verifying.add(name)
  const taken = await takeAccept(runner, context, from, bytes)
  verifying.delete(name)
  if (!taken) runner.dispatch({ kind: 'accept-refused', callId: context.callId })
}

/** `false`: refused. An Accept that comes too late is neither taken nor refused. */
async function takeAccept(runner: Runner, context: CallContext, from: MemberAddress, bytes: Bytes): Promise<boolean> {
  const { environment } = runner
  const { invited, offer: kept, sends } = required(context.outgoing, 'outgoing part')
  const person = required(context.person, 'person')
  const offer = required(kept, 'offer')
  const device = person.devices.find((candidate) => addressOf(candidate) === from)
  if (device === undefined) return false
  // Push may be quicker than its own acknowledgement: the answer is here, and what it answers not yet known.
  await sends.get(deviceIdOf(device))
  if (isOver(runner, context)) return true
  const devices = invited.filter(({ certHash }) => equalBytes(certHash, device.certHash))
  const opened = openAccept(offer, { accountPub: person.accountPub, devices, now: environment.clock.now() }, bytes)
  if (!opened.ok) return false
  const { session, certificate, listVersion, listHash, media } = opened.value
  // R6: the list that this device names may be newer than the one that was called.
  const believed = await environment.directory.verifyDevice(person, certificate.bytes, listVersion, listHash)
  if (!believed || isOver(runner, context)) {
    eraseSession(session)
    return believed
  }
  // R20: the first that verifies is taken, and nothing is left that could open another.
  eraseOffer(offer)
  context.peer = device
  context.session = session
  context.channel = new ControlChannel(session)
  context.safetyWords = safetyWords(session.transcript, offer.confirmNonce)
  context.connectedAt = context.returning?.connectedAt ?? environment.clock.now()
  runner.dispatch({
    kind: 'accept-verified',
    callId: context.callId,
    device: deviceIdOf(device),
    media,
  })
  return true
}

function isOver(runner: Runner, context: CallContext): boolean {
  const { call } = runner.state()
  return context.released || call.kind !== 'outgoing' || call.callId !== context.callId
}

function fail(runner: Runner, { callId }: CallContext, reason: EndReason): void {
  runner.dispatch({ kind: 'set-up-failed', callId, reason })
}
