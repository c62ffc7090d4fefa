/**
 * RTP packets in a file, as rtptools' rtpdump writes them (https://formats.kaitai.io/rtpdump, rtptools(1)): a line
 * `#!rtpplay1.0 address/port`, a header of 16 bytes, and for each packet `length u16 ‖ packet length u16 ‖ offset u32 (ms) ‖ packet`.
 */
import { type ByteReader, MalformedError, parse } from '../../src-shared/base/reader.ts'
import { ByteWriter } from '../../src-shared/base/writer.ts'

export interface RecordedPacket {
  /** Milliseconds since the beginning. */
  readonly at: number
  /** In the clear. */
  readonly packet: Uint8Array
}

const LINE = Buffer.from('#!rtpplay1.0 127.0.0.1/0\n')
/** Start (seconds, microseconds), source (address, port), padding. */
const HEADER = 16
const RECORD_HEADER = 8

export function writeRtpDump(packets: readonly RecordedPacket[]): Uint8Array {
  const writer = new ByteWriter().raw(LINE).raw(new Uint8Array(HEADER))
  for (const { at, packet } of packets) {
    writer
      .u16(RECORD_HEADER + packet.length)
      .u16(packet.length)
      .u32(Math.round(at))
      .raw(packet)
  }
  return writer.finish()
}

/** `undefined` for anything else. A packet whose length is 0 is RTCP, and left out, as are packets of which a part was recorded. */
export function readRtpDump(bytes: Uint8Array): readonly RecordedPacket[] | undefined {
  const end = bytes.indexOf(0x0a)
  if (end < 0 || !Buffer.from(bytes.subarray(0, end)).toString('latin1').startsWith('#!rtpplay1.0 ')) return undefined
  return parse(bytes.subarray(end + 1), readRecords)
}

function readRecords(reader: ByteReader): RecordedPacket[] {
  reader.fixed(HEADER)
  const packets: RecordedPacket[] = []
  while (reader.remaining > 0) {
    const length = reader.u16() - RECORD_HEADER
    const packetLength = reader.u16()
    const at = reader.u32()
    if (length < 0) throw new MalformedError('a record that is shorter than its header')
    const packet = reader.fixed(length)
    if (packetLength === length && length >= 12) packets.push({ at, packet })
  }
  return packets
}
