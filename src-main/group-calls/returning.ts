/** Two are left, and a 1:1 call takes the place of this one (docs/protocol/group.md, R40), on both sides. The group call stays as it is until that stands. */
import { type Bytes, fromHex, toHex } from '../../src-shared/base/bytes.ts'
import type { DeviceId } from '../../src-shared/call/machine/events.ts'
import type { Epoch } from '../../src-shared/group/machine/roster.ts'
import type { CallId } from '../../src-shared/ipc/snapshot.ts'
import { required } from '../calls/call-context.ts'
import type { ReturningCall } from '../calls/ports.ts'
import { type GroupContext, type GroupRunner, memberById } from './group-context.ts'
import { everybodyMet } from './views.ts'

/** Of epochs that are over too: an Invite that comes late, or after the call, is nothing to ring for. */
const KNOWN_KEPT = 32

/** The 1:1 calls that another member may make to this device. */
export class KnownReturns {
  readonly #known = new Map<CallId, { readonly groupId: CallId; readonly caller: DeviceId; readonly epoch: Epoch }>()

  /** Once the key of `caller` is there. Only where nobody else is in can it be one. */
  note({ chain, keys, callId }: GroupContext, epoch: Epoch, caller: DeviceId): void {
    const name = chain.inEpoch(epoch)?.members.length === 2 ? keys.returnOf(epoch, caller) : undefined
    if (name === undefined) return
    this.#known.set(toHex(name), { groupId: callId, caller, epoch })
    const oldest = this.#known.keys().next()
    if (this.#known.size > KNOWN_KEPT && oldest.done !== true) this.#known.delete(oldest.value)
  }

  find(callId: CallId, from: Bytes) {
    const known = this.#known.get(callId)
    return known?.caller === toHex(from) ? known : undefined
  }
}

/** R40: this device makes it. */
export function callBack(runner: GroupRunner, context: GroupContext, peer: DeviceId, epoch: Epoch): void {
  const callId = required(context.keys.ownReturn(epoch, fromHex(peer)), 'own keys of the epoch')
  const returning = returningCall(context, callId, peer)
  if (returning === undefined) return
  context.returning = toHex(callId)
  runner.environment.oneToOne.callBack(returning)
}

/** R40: the other member's device has made it. `refused`: not any more, or not now. */
export function calledBack(
  runner: GroupRunner,
  context: GroupContext | undefined,
  known: { readonly epoch: Epoch; readonly caller: DeviceId },
  callId: CallId,
): ReturningCall | 'refused' {
  const { call } = runner.state()
  if (context === undefined || call.kind !== 'inside' || call.groupId !== context.callId) return 'refused'
  // An Invite that is repeated is none to answer twice.
  if (call.roster.epoch !== known.epoch || call.returning !== undefined) return 'refused'
  const returning = returningCall(context, fromHex(callId), known.caller)
  if (returning === undefined) return 'refused'
  runner.dispatch({ kind: 'called-back', groupId: context.callId })
  const { call: after } = runner.state()
  if (after.kind !== 'inside' || after.returning === undefined) return 'refused'
  context.returning = callId
  return returning
}

/** A link that is out, and what was written: a 1:1 call has neither. */
export function tellGroupOnly({ dispatch }: GroupRunner, { callId, door, conversation }: GroupContext): void {
  dispatch({ kind: 'group-only', groupId: callId, on: door !== undefined || conversation.lines.length > 0 })
}

/** R40: nobody is called back any more, or the call stands. */
export function takeReturn(context: GroupContext): CallId | undefined {
  const { returning } = context
  context.returning = undefined
  return returning
}

function returningCall(context: GroupContext, callId: Bytes, peer: DeviceId): ReturningCall | undefined {
  const member = memberById(context, peer)
  const person = member && context.people.get(toHex(member.certificate.accountPub))
  if (member === undefined || person === undefined) return undefined
  const { callId: groupId, direction, startedAt, connectedAt, video, local } = context
  return {
    groupId,
    callId,
    peer: { certHash: member.certHash },
    person,
    direction,
    startedAt,
    connectedAt,
    video,
    media: { ...local, screen: false },
    group: everybodyMet(context),
  }
}
