/** Syllables as a sound for microphones in tests: 48 kHz, mono, WAV. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { LOW_VOICE, RATE, SECONDS, syllables, type Voice } from './syllables.ts'

/** `times`: that it is heard one after the other, without a gap. */
export function speechAudio(voice: Voice = LOW_VOICE, times = 1): string {
  const folder = path.join(tmpdir(), 'sightline-test-audio')
  const file = path.join(folder, `syllables-${voice.pitch}hz-${SECONDS * times}s.wav`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const samples = Int16Array.from(syllables(voice), (sample) => Math.round(sample * 32_767))
  const all = Buffer.concat(new Array<Buffer>(times).fill(Buffer.from(samples.buffer)))
  writeFileSync(`${file}.${process.pid}`, Buffer.concat([header(all.byteLength), all]))
  renameSync(`${file}.${process.pid}`, file)
  return file
}

function header(bytes: number): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + bytes, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20) // PCM
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(bytes, 40)
  return head
}
