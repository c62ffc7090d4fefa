/** A sound for microphones in tests: syllables of a few harmonics with pauses, so that voice detection and Opus behave as with speech. 48 kHz, mono, WAV. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const RATE = 48_000
const SECONDS = 6

export function speechAudio(): string {
  const folder = path.join(tmpdir(), 'sightline-test-audio')
  const file = path.join(folder, `syllables-${SECONDS}s.wav`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const samples = new Int16Array(RATE * SECONDS)
  for (let i = 0; i < samples.length; i++) samples[i] = Math.round(9000 * syllables(i / RATE))
  writeFileSync(`${file}.${process.pid}`, Buffer.concat([header(samples.byteLength), Buffer.from(samples.buffer)]))
  renameSync(`${file}.${process.pid}`, file)
  return file
}

function syllables(second: number): number {
  const inSyllable = second % 0.3
  const pause = second % 3 > 2.4
  if (pause || inSyllable > 0.22) return 0
  const pitch = 140 + 30 * Math.sin(second * 5)
  const envelope = Math.sin((inSyllable / 0.22) * Math.PI)
  const harmonics = [1, 0.6, 0.5, 0.25, 0.12]
  return (
    (envelope *
      harmonics.reduce((sum, level, i) => sum + level * Math.sin(2 * Math.PI * pitch * (i + 1) * second), 0)) /
    2.5
  )
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
