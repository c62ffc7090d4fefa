/** Who is in the room. The relay names devices by their addresses; whose those are shows from the chain, or from a Join. */
import type { MemberAddress } from '../../src-shared/protocol/relay-frame.ts'
import { deviceAt, type GroupContext, type GroupRunner } from './group-context.ts'

export function cameIn(runner: GroupRunner, context: GroupContext, address: MemberAddress): void {
  const device = deviceAt(context, address)
  if (device === undefined) context.strangers.add(address)
  else runner.dispatch({ kind: 'entered', groupId: context.callId, device })
}

export function wentOut(runner: GroupRunner, context: GroupContext, address: MemberAddress): void {
  context.strangers.delete(address)
  const device = deviceAt(context, address)
  if (device !== undefined) runner.dispatch({ kind: 'left', groupId: context.callId, device })
}

/** Somebody in the room who was an address until now. */
export function identified(runner: GroupRunner, context: GroupContext, device: string): void {
  for (const address of context.strangers) {
    if (!device.startsWith(address)) continue
    context.strangers.delete(address)
    runner.dispatch({ kind: 'entered', groupId: context.callId, device })
  }
}
