/** The call's control channel on its paths: records go out on every open one, and come in on either (section 3.5). */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { unreachable } from '../../src-shared/base/result.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import { confirmMatches } from '../../src-shared/call/handshake.ts'
import type { ControlToSend } from '../../src-shared/call/machine/effects.ts'
import { answerRekey, finishRekey, startRekey } from '../../src-shared/call/rekey.ts'
import { safetyWords } from '../../src-shared/call/safety-words.ts'
import { type CallSession, eraseSession } from '../../src-shared/call/session.ts'
import { encodeUpgrade, parseUpgrade, type Upgrade } from '../../src-shared/group/upgrade.ts'
import { claimedName } from '../../src-shared/identity/display-name.ts'
import { encodeCallMessage } from '../../src-shared/protocol/call-message.ts'
import type { ControlMessage } from '../../src-shared/protocol/control-record.ts'
import { CANDIDATES_MAX, isCandidate } from '../../src-shared/protocol/path-offer.ts'
import { addressOf, type CallContext, required, type Runner } from './call-context.ts'

export function sendControl(context: CallContext, message: ControlToSend): void {
  const channel = required(context.channel, 'control channel')
  if (message.type === 'keep-alive') {
    repeatUnacknowledged(context)
    sendRecords(context, channel.keepAlive())
    context.unacknowledged = new Set(channel.unacknowledged())
  } else {
    sendRecords(context, channel.seal(contentOf(context, message)))
  }
}

function contentOf(context: CallContext, message: Exclude<ControlToSend, { type: 'keep-alive' }>): ControlMessage {
  switch (message.type) {
    case 'confirm':
      return { type: 'confirm', nonce: required(context.outgoing?.offer, 'offer').confirmNonce }
    case 'path-offer': {
      const { candidates, ...endpoint } = context.endpoints.take(message.endpoint)
      const fitting = candidates.filter(isCandidate).slice(0, CANDIDATES_MAX)
      return { type: 'path-offer', offer: { pathId: message.pathId, ...endpoint, candidates: fitting } }
    }
    case 'media':
    case 'path-remove':
    case 'rekey-request':
      return message
    case 'end':
      return { type: 'end', reason: message.end }
    default:
      return unreachable(message)
  }
}

export function sendProfile({ environment }: Runner, context: CallContext): void {
  const identity = environment.identity()
  if (identity === undefined) return
  const name = claimedName(identity.name.reveal())
  sendRecords(context, required(context.channel, 'control channel').seal({ type: 'profile', name }))
}

/** What stayed unacknowledged for a whole interval went into a link that was breaking. */
function repeatUnacknowledged(context: CallContext): void {
  const { channel, unacknowledged } = context
  sendRecords(context, channel?.unacknowledged().filter((record) => unacknowledged.has(record)) ?? [])
}

export function resendControl(context: CallContext): void {
  sendRecords(context, context.channel?.unacknowledged() ?? [])
}

function sendRecords(context: CallContext, records: readonly Bytes[]): void {
  for (const record of records) {
    const message = encodeCallMessage({ kind: 'record', record })
    // What cannot go now stays unacknowledged and goes again.
    if (context.relayOpen && context.peer) context.relay?.send(addressOf(context.peer), message)
    if (context.direct?.proven === true) context.direct.link.send(message)
  }
}

export function recordReceived(runner: Runner, context: CallContext, path: 'relay' | 'direct', bytes: Bytes): void {
  const { callId, channel } = context
  if (channel === undefined || context.released) return
  const receipt = channel.receive(bytes)
  switch (receipt.kind) {
    case 'violation':
      // R16
      if (path === 'relay') runner.dispatch({ kind: 'record-damaged', callId })
      return
    case 'ignored':
      if (path === 'direct') heardOnDirect(runner, context)
      return
    case 'opened':
      context.heard = true
      if (path === 'direct') heardOnDirect(runner, context)
      switchGeneration(runner, context, receipt.generation)
      for (const message of receipt.messages) {
        // One of them may end the call.
        if (isOn(context)) messageReceived(runner, context, message)
      }
      if (isOn(context)) sendRecords(context, receipt.released)
  }
}

function isOn({ released }: CallContext): boolean {
  return !released
}

function heardOnDirect({ dispatch }: Runner, { callId, direct }: CallContext): void {
  if (direct !== undefined) dispatch({ kind: 'direct-heard', callId, pathId: direct.pathId })
}

function messageReceived(runner: Runner, context: CallContext, message: ControlMessage): void {
  const { callId } = context
  const { dispatch } = runner
  switch (message.type) {
    case 'confirm': {
      const { invite } = required(context.incoming, 'invitation')
      const matches = confirmMatches(invite, message.nonce)
      const session = required(context.session, 'session')
      if (matches) {
        context.safetyWords = safetyWords(session.transcript, message.nonce)
        context.connectedAt = context.returning?.connectedAt ?? runner.environment.clock.now()
      }
      dispatch({ kind: 'control', callId, message: { type: 'confirm', matches } })
      return
    }
    case 'media':
      dispatch({ kind: 'control', callId, message })
      return
    case 'path-offer': {
      const { pathId, ...endpoint } = message.offer
      const handle = context.endpoints.put(endpoint)
      dispatch({ kind: 'control', callId, message: { type: 'path-offer', pathId, endpoint: handle } })
      return
    }
    case 'rekey-offer': {
      const offer = context.rekeyOffers.put(message.offer)
      dispatch({ kind: 'control', callId, message: { type: 'rekey-offer', offer } })
      return
    }
    case 'rekey-answer': {
      const answer = context.rekeyAnswers.put(message.answer)
      dispatch({ kind: 'control', callId, message: { type: 'rekey-answer', answer } })
      return
    }
    case 'end':
      dispatch({ kind: 'control', callId, message: { type: 'end', end: message.reason } })
      return
    case 'cancel':
      dispatch({ kind: 'control', callId, message: { type: 'cancel', reason: message.cancel.reason } })
      return
    case 'path-remove':
    case 'rekey-request':
      dispatch({ kind: 'control', callId, message })
      return
    case 'keep-alive':
      dispatch({ kind: 'control', callId, message: { type: 'keep-alive' } })
      return
    case 'profile':
      context.claimedName ??= new Sensitive(message.name)
      dispatch({ kind: 'control', callId, message: { type: 'profile' } })
      return
    case 'upgrade': {
      const upgrade = parseUpgrade(message.upgrade)
      if (upgrade !== undefined) runner.environment.upgradeReceived(callId, upgrade)
      return
    }
    default:
      unreachable(message)
  }
}

export function sendUpgrade(context: CallContext, upgrade: Upgrade): void {
  const message = { type: 'upgrade', upgrade: encodeUpgrade(upgrade) } as const
  sendRecords(context, required(context.channel, 'control channel').seal(message))
}

export function offerRekey(runner: Runner, context: CallContext): void {
  const pending = required(startRekey(required(context.session, 'session'), runner.environment.random), 'generation')
  context.pendingRekey = pending
  const channel = required(context.channel, 'control channel')
  sendRecords(context, channel.seal({ type: 'rekey-offer', offer: pending.offer }))
}

export function answerRekeyOffer(runner: Runner, context: CallContext, handle: number): void {
  const offer = context.rekeyOffers.take(handle)
  const answered = answerRekey(required(context.session, 'session'), offer, runner.environment.random)
  if (!answered.ok) {
    runner.dispatch({ kind: 'rekey-refused', callId: context.callId })
    return
  }
  const { answer, session } = answered.value
  context.nextSession = session
  sendRecords(context, required(context.channel, 'control channel').answerRekey(answer, session))
}

/** R39: the callee's media change over when the caller shows that it has the answer. */
function switchGeneration(runner: Runner, context: CallContext, generation: number): void {
  const next = context.nextSession
  if (next?.keys.generation !== generation) return
  context.nextSession = undefined
  install(runner, context, next)
}

export function finishRekeyExchange(runner: Runner, context: CallContext, handle: number): void {
  const answer = context.rekeyAnswers.take(handle)
  const pending = required(context.pendingRekey, 'rekey')
  const next = finishRekey(required(context.session, 'session'), pending, answer)
  if (!next.ok) {
    runner.dispatch({ kind: 'rekey-refused', callId: context.callId })
    return
  }
  context.pendingRekey = undefined
  sendRecords(context, required(context.channel, 'control channel').finishRekey(next.value))
  install(runner, context, next.value)
}

function install(runner: Runner, context: CallContext, next: CallSession): void {
  // Two rekeys in a row: the timer that would have erased it begins anew for its successor.
  if (context.oldSession) eraseSession(context.oldSession)
  context.oldSession = context.session
  context.session = next
  runner.dispatch({ kind: 'rekeyed', callId: context.callId, generation: next.keys.generation })
}
