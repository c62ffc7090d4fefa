/** What the person sees of the calls, and what stays in the history. */
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { DeviceState } from '../../src-shared/call/machine/state.ts'
import { usesDirect } from '../../src-shared/call/machine/state.ts'
import { displayName } from '../../src-shared/identity/display-name.ts'
import type {
  CallPhase,
  CallProof,
  CallView,
  EndReason,
  HistoryEntry,
  IncomingView,
} from '../../src-shared/ipc/snapshot.ts'
import type { CallContext } from './call-context.ts'

export function incomingView({ call }: DeviceState, context: CallContext): IncomingView | undefined {
  if (call.kind !== 'incoming' || call.stage !== 'ringing') return undefined
  const { person } = context
  return {
    callId: context.callId,
    ...namesOf(context),
    verification: person?.verification ?? 'unverified',
    inContacts: person?.inContacts ?? false,
    video: call.remote.video,
    group: undefined,
  }
}

export function callView(state: DeviceState, context: CallContext): CallView | undefined {
  const phase = phaseOf(state, context)
  if (phase === undefined) return undefined
  return {
    callId: context.callId,
    direction: context.returning?.direction ?? context.direction,
    behindGroup: context.behind,
    ...namesOf(context),
    accountId: context.person?.accountId,
    phase,
    local: context.local,
    remote: context.remote,
    proof: proofOf(state, context),
    connectedAt: context.connectedAt,
  }
}

/** 3.8: the own contacts' name, else what the other side claims beside its handle; without either the handle alone. */
function namesOf(context: CallContext): { readonly name: string; readonly handle: string } {
  const { person, claimedHandle, claimedName } = context
  const handle = (person?.handle ?? claimedHandle).reveal()
  if (person?.inContacts === true) return { name: person.name, handle }
  // R19, R7: without a person nobody has confirmed that the handle is the sender's either.
  const claim = person && claimedName && displayName(claimedName.reveal())
  return { name: claim ?? person?.name ?? handle, handle }
}

function phaseOf({ call }: DeviceState, { givenUpAt }: CallContext): CallPhase | undefined {
  switch (call.kind) {
    case 'idle':
      return undefined
    case 'outgoing':
      return { kind: call.stage === 'ringing' ? 'ringing' : 'calling' }
    case 'incoming':
      // R27: "connecting" until Confirm.
      return call.stage === 'ringing' ? undefined : { kind: 'connecting' }
    case 'connected':
      return call.live || givenUpAt === undefined ? { kind: 'connected' } : { kind: 'reconnecting', until: givenUpAt }
    case 'ended':
      return { kind: 'ended', reason: call.reason }
  }
}

function proofOf({ call }: DeviceState, context: CallContext): CallProof | undefined {
  const { session, keysSince, person, safetyWords } = context
  if (session === undefined || keysSince === undefined) return undefined
  return {
    verification: person?.verification ?? 'unverified',
    safetyWords,
    suite: session.suite,
    path: call.kind === 'connected' && usesDirect(call) ? 'direct' : 'relay',
    keysSince,
  }
}

export function historyEntry(context: CallContext, reason: EndReason, missed: boolean, now: UnixMs): HistoryEntry {
  const { callId, person, connectedAt, returning } = context
  // R40: one call for the person, with everybody who was in.
  const { direction, video, startedAt } = returning ?? context
  return {
    id: callId,
    ...namesOf(context),
    accountId: person?.accountId,
    group: returning?.group,
    direction,
    video,
    startedAt,
    durationMs: connectedAt === undefined ? 0 : now - connectedAt,
    reason,
    unseen: missed,
  }
}
