/** What this device says to the other members: sealed under the epoch that it sends with, to all. */
import { encodeGroupMessage, type GroupMessage } from '../../src-shared/group/group-message.ts'
import type { RecordContent } from '../../src-shared/group/record-content.ts'
import { addressOfDevice, type GroupContext } from './group-context.ts'

/** `false`: it did not leave. */
export function sendRecord({ sending, keys, link }: GroupContext, content: RecordContent): boolean {
  const sender = sending === undefined ? undefined : keys.recordSender(sending)
  if (sender === undefined || link === undefined) return false
  return link.broadcast(encodeGroupMessage({ kind: 'record', record: sender.seal(content) }))
}

/** `undefined`: to all. */
export function sendMessage({ link }: GroupContext, to: string | undefined, message: GroupMessage): void {
  const bytes = encodeGroupMessage(message)
  if (to === undefined) link?.broadcast(bytes)
  else link?.send(addressOfDevice(to), bytes)
}
