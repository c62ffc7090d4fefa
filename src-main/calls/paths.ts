/** The two links of a call: what comes in on them, and their opening and closing. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { pathProof, type ProvenPath, verifyPathProof } from '../../src-shared/call/path-proof.ts'
import { encodeCallMessage, parseCallMessage } from '../../src-shared/protocol/call-message.ts'
import type { MemberAddress } from '../../src-shared/protocol/relay-frame.ts'
import type { DirectListener, RelayListener } from '../ice/links.ts'
import { addressOf, type CallContext, type DirectPart, required, type Runner } from './call-context.ts'
import { recordReceived } from './control-link.ts'
import { acceptArrived } from './outgoing-call.ts'

export function openRelay(runner: Runner, context: CallContext): void {
  const ticket = required(context.outgoing?.ticket ?? context.incoming?.invite.relayTicket, 'relay ticket')
  const { callId } = context
  const { dispatch } = runner
  /** Nothing that a link says after the end counts. */
  const ifOpen = (act: () => void): void => {
    if (!context.released) act()
  }
  const listener: RelayListener = {
    opened: () =>
      ifOpen(() => {
        context.relayOpen = true
        dispatch({ kind: 'relay-opened', callId })
      }),
    lost: () =>
      ifOpen(() => {
        context.relayOpen = false
        dispatch({ kind: 'relay-lost', callId })
      }),
    message: (from, bytes) => ifOpen(() => relayMessage(runner, context, from, bytes)),
    left: (member) =>
      ifOpen(() => {
        if (isPeer(context, member)) dispatch({ kind: 'peer-left', callId })
      }),
    packet: (packet) => ifOpen(() => context.flow?.fromPath('relay', packet)),
  }
  context.relay = runner.environment.relays.open(ticket, listener)
}

function isPeer({ peer }: CallContext, member: MemberAddress): boolean {
  return peer !== undefined && addressOf(peer) === member
}

function relayMessage(runner: Runner, context: CallContext, from: MemberAddress, bytes: Bytes): void {
  const message = parseCallMessage(bytes)
  switch (message?.kind) {
    case 'accept':
      if (context.direction === 'outgoing') acceptArrived(runner, context, from, message.accept)
      return
    case 'record':
      if (isPeer(context, from)) recordReceived(runner, context, 'relay', message.record)
      return
    case 'path-proof':
    case undefined:
      // R16: what the peer never sends there was put into its stream.
      if (isPeer(context, from) && context.channel !== undefined) {
        runner.dispatch({ kind: 'record-damaged', callId: context.callId })
      }
  }
}

export function openDirect(runner: Runner, context: CallContext, pathId: number, role: 'offerer' | 'answerer'): void {
  const { callId } = context
  const { dispatch } = runner
  /** A link that was replaced is not heard any more. */
  const ifCurrent = (act: (part: DirectPart) => void): void => {
    const part = context.direct
    if (part?.pathId === pathId && !context.released) act(part)
  }
  const listener: DirectListener = {
    local: (endpoint) =>
      ifCurrent((part) => {
        part.localFingerprint = endpoint.fingerprint
        dispatch({ kind: 'direct-local', callId, pathId, endpoint: context.endpoints.put(endpoint) })
      }),
    opened: () => ifCurrent(() => dispatch({ kind: 'direct-opened', callId, pathId })),
    message: (bytes) => ifCurrent((part) => directMessage(runner, context, part, bytes)),
    packet: (packet) => ifCurrent(() => context.flow?.fromPath('direct', packet)),
    quiet: () => ifCurrent(() => dispatch({ kind: 'direct-quiet', callId, pathId })),
    back: () => ifCurrent(() => dispatch({ kind: 'direct-back', callId, pathId })),
    lost: () => ifCurrent(() => dispatch({ kind: 'direct-lost', callId, pathId })),
  }
  const link = runner.environment.directs.open(role, listener)
  context.direct = { pathId, link, localFingerprint: undefined, remoteFingerprint: undefined, proven: false }
}

export function connectDirect(context: CallContext, handle: number): void {
  const direct = required(context.direct, 'direct path')
  const endpoint = context.endpoints.take(handle)
  // The first counts: the link ignores a later one with another certificate.
  direct.remoteFingerprint ??= endpoint.fingerprint
  direct.link.connect(endpoint)
}

export function closeDirect(context: CallContext): void {
  context.direct?.link.close()
  context.direct = undefined
}

export function sendPathProof(context: CallContext): void {
  const direct = required(context.direct, 'direct path')
  const path = provenPath(context, direct)
  if (path === undefined) throw new Error('a direct path stands whose ends are unknown')
  const proof = pathProof(required(context.session, 'session'), path)
  direct.link.send(encodeCallMessage({ kind: 'path-proof', proof }))
}

function provenPath({ direction }: CallContext, direct: DirectPart): ProvenPath | undefined {
  const { pathId, localFingerprint: local, remoteFingerprint: remote } = direct
  if (local === undefined || remote === undefined) return undefined
  return direction === 'outgoing'
    ? { pathId, callerFingerprint: local, calleeFingerprint: remote }
    : { pathId, callerFingerprint: remote, calleeFingerprint: local }
}

function directMessage(runner: Runner, context: CallContext, direct: DirectPart, bytes: Bytes): void {
  const message = parseCallMessage(bytes)
  switch (message?.kind) {
    case 'path-proof': {
      const path = provenPath(context, direct)
      // A rekey may lie between the two ends' proofs of one path.
      const sessions = [context.session, context.oldSession, context.nextSession]
      const valid =
        path !== undefined &&
        sessions.some((session) => session !== undefined && verifyPathProof(session, path, message.proof))
      direct.proven = valid
      runner.dispatch({ kind: 'path-proof', callId: context.callId, pathId: direct.pathId, valid })
      return
    }
    case 'record':
      recordReceived(runner, context, 'direct', message.record)
      return
    case 'accept':
    case undefined:
      // R16: on the direct path what does not fit is dropped.
      return
  }
}
