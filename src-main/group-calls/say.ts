/** What this device says to the other members: sealed under the epoch that it sends with, to all. */
import { encodeGroupMessage, type GroupMessage } from '../../src-shared/group/group-message.ts'
import type { DeviceId } from '../../src-shared/call/machine/events.ts'
import type { RecordContent } from '../../src-shared/group/record-content.ts'
import { addressOfDevice, type GroupContext } from './group-context.ts'

/** `false`: it did not leave. `to`: `undefined` for all. */
export function sendRecord(context: GroupContext, content: RecordContent, to?: readonly DeviceId[]): boolean {
  const { sending, keys, link } = context
  const sender = sending === undefined ? undefined : keys.recordSender(sending)
  if (sender === undefined || link === undefined) return false
  const message = encodeGroupMessage({ kind: 'record', record: sender.seal(content) })
  if (to === undefined) return link.broadcast(message)
  return to.map((device) => link.send(addressOfDevice(device), message)).every((sent) => sent)
}

/** `undefined`: to all. */
export function sendMessage({ link }: GroupContext, to: string | undefined, message: GroupMessage): void {
  const bytes = encodeGroupMessage(message)
  if (to === undefined) link?.broadcast(bytes)
  else link?.send(addressOfDevice(to), bytes)
}
