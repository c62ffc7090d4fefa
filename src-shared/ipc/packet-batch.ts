/** Several RTP or RTCP packets in one buffer: `u16 length ‖ packet`, repeated. */
import type { Bytes } from '../base/bytes.ts'

export function joinPackets(packets: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const batch = new Uint8Array(packets.reduce((length, packet) => length + 2 + packet.length, 0))
  let at = 0
  for (const packet of packets) {
    if (packet.length > 0xffff) throw new RangeError('packet too long')
    batch[at] = packet.length >> 8
    batch[at + 1] = packet.length & 0xff
    batch.set(packet, at + 2)
    at += 2 + packet.length
  }
  return batch
}

/** Views into `batch`, or `undefined` if the lengths do not fit it. */
export function splitPackets(batch: Bytes): Uint8Array[] | undefined {
  const packets: Uint8Array[] = []
  let at = 0
  while (at < batch.length) {
    const start = at + 2
    if (start > batch.length) return undefined
    const end = start + (((batch[at] ?? 0) << 8) | (batch[at + 1] ?? 0))
    if (end > batch.length) return undefined
    packets.push(batch.subarray(start, end))
    at = end
  }
  return packets
}
