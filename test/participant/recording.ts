/** What a participant without windows sends, as a file: `record.ts` makes it. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { repository } from '../e2e/harness/repository.ts'
import { readRtpDump, type RecordedPacket } from './rtp-dump.ts'

/** Where the one that was made here is kept. */
export const RECORDING = path.join(repository, 'node_modules/.cache/sightline/participant.rtpdump')

/** The same with few pictures: what thirty participants send each other on one computer adds up. */
export const SLOW_RECORDING = path.join(repository, 'node_modules/.cache/sightline/participant-slow.rtpdump')

/** Throws a sentence if there is no such file, or another one. */
export function readRecording(file: string): readonly RecordedPacket[] {
  const packets = existsSync(file) ? readRtpDump(readFileSync(file)) : undefined
  if (packets === undefined || packets.length === 0) throw new Error(`${file} holds no recording (rtpdump)`)
  return packets
}
