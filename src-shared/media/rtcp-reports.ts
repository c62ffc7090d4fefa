/** Sender and receiver reports, source descriptions and goodbyes (RFC 3550 section 6.4 to 6.6): the bodies behind the common header. */
import { type ByteReader, MalformedError } from '../base/reader.ts'
import type { ByteWriter } from '../base/writer.ts'
import type { NtpTime } from './ntp.ts'

export interface ReportBlock {
  /** The stream that is reported on. */
  readonly ssrc: number
  /** Of the last interval, units of 1/256. */
  readonly fractionLost: number
  /** Signed, 24 bits: duplicates make it negative. */
  readonly cumulativeLost: number
  /** Roll-overs ‖ highest sequence number. */
  readonly extendedHighestSequence: number
  /** Ticks of the stream's clock. */
  readonly jitter: number
  /** `shortNtp` of the last sender report, 0 if there was none. */
  readonly lastSenderReport: number
  /** From that report to this one, units of 1/65536 s. */
  readonly delaySinceLastSenderReport: number
}

export interface SenderInfo {
  readonly ntp: NtpTime
  readonly rtpTimestamp: number
  readonly packetCount: number
  /** Payload bytes, without headers and padding. */
  readonly octetCount: number
}

export interface SenderReport {
  readonly kind: 'sender-report'
  readonly ssrc: number
  readonly info: SenderInfo
  readonly reports: readonly ReportBlock[]
}

export interface ReceiverReport {
  readonly kind: 'receiver-report'
  readonly ssrc: number
  readonly reports: readonly ReportBlock[]
}

/** Only the canonical name is read; other items are stepped over. */
export interface SourceDescription {
  readonly kind: 'source-description'
  readonly chunks: readonly { readonly ssrc: number; readonly cname: string | undefined }[]
}

/** A reason text is stepped over: nobody shows it. */
export interface Goodbye {
  readonly kind: 'goodbye'
  readonly ssrcs: readonly number[]
}

const CNAME = 1
const encoder = new TextEncoder()

export function readSenderReport(body: ByteReader, count: number): SenderReport {
  const ssrc = body.u32()
  const info = {
    ntp: { seconds: body.u32(), fraction: body.u32() },
    rtpTimestamp: body.u32(),
    packetCount: body.u32(),
    octetCount: body.u32(),
  }
  return { kind: 'sender-report', ssrc, info, reports: readReports(body, count) }
}

export function readReceiverReport(body: ByteReader, count: number): ReceiverReport {
  return { kind: 'receiver-report', ssrc: body.u32(), reports: readReports(body, count) }
}

function readReports(body: ByteReader, count: number): ReportBlock[] {
  const reports: ReportBlock[] = []
  for (let i = 0; i < count; i++) {
    const ssrc = body.u32()
    const loss = body.u32()
    reports.push({
      ssrc,
      fractionLost: loss >>> 24,
      cumulativeLost: (loss << 8) >> 8,
      extendedHighestSequence: body.u32(),
      jitter: body.u32(),
      lastSenderReport: body.u32(),
      delaySinceLastSenderReport: body.u32(),
    })
  }
  // RFC 3550 section 6.4.3: profile-specific extensions may follow the blocks.
  body.rest()
  return reports
}

export function readSourceDescription(body: ByteReader, count: number): SourceDescription {
  const chunks: { ssrc: number; cname: string | undefined }[] = []
  for (let i = 0; i < count; i++) chunks.push({ ssrc: body.u32(), cname: readItems(body) })
  return { kind: 'source-description', chunks }
}

/** Items of `type ‖ length ‖ text`, ended by zero bytes up to the next multiple of four. */
function readItems(body: ByteReader): string | undefined {
  let cname: string | undefined
  for (;;) {
    const type = body.u8()
    if (type === 0) break
    const text = body.var8()
    if (type === CNAME) cname = printable(text)
  }
  while (body.offset % 4 !== 0) if (body.u8() !== 0) throw new MalformedError('SDES padding')
  return cname
}

/** The profile's names are ASCII (section 6): what is not stands for no name of this profile. */
function printable(text: Uint8Array): string {
  if (text.some((byte) => byte < 0x20 || byte > 0x7e)) throw new MalformedError('CNAME')
  return String.fromCharCode(...text)
}

export function readGoodbye(body: ByteReader, count: number): Goodbye {
  const ssrcs: number[] = []
  for (let i = 0; i < count; i++) ssrcs.push(body.u32())
  if (body.remaining > 0) {
    body.var8()
    body.rest()
  }
  return { kind: 'goodbye', ssrcs }
}

export function writeSenderReport(body: ByteWriter, { ssrc, info, reports }: SenderReport): void {
  body.u32(ssrc).u32(info.ntp.seconds).u32(info.ntp.fraction)
  body.u32(info.rtpTimestamp).u32(info.packetCount).u32(info.octetCount)
  writeReports(body, reports)
}

export function writeReceiverReport(body: ByteWriter, { ssrc, reports }: ReceiverReport): void {
  body.u32(ssrc)
  writeReports(body, reports)
}

function writeReports(body: ByteWriter, reports: readonly ReportBlock[]): void {
  for (const report of reports) {
    const { fractionLost, cumulativeLost } = report
    if (fractionLost < 0 || fractionLost > 0xff || cumulativeLost < -0x80_0000 || cumulativeLost > 0x7f_ffff) {
      throw new RangeError('loss out of range')
    }
    body.u32(report.ssrc).u32(((fractionLost << 24) | (cumulativeLost & 0xff_ffff)) >>> 0)
    body.u32(report.extendedHighestSequence).u32(report.jitter)
    body.u32(report.lastSenderReport).u32(report.delaySinceLastSenderReport)
  }
}

export function writeSourceDescription(body: ByteWriter, { chunks }: SourceDescription): void {
  for (const { ssrc, cname } of chunks) {
    body.u32(ssrc)
    const text = encoder.encode(cname ?? '')
    if (cname !== undefined) body.u8(CNAME).var8(text)
    const length = cname === undefined ? 0 : 2 + text.length
    // At least one zero byte ends the items.
    for (let zeros = 4 - (length % 4); zeros > 0; zeros--) body.u8(0)
  }
}

export function writeGoodbye(body: ByteWriter, { ssrcs }: Goodbye): void {
  for (const ssrc of ssrcs) body.u32(ssrc)
}
