/**
 * A private sound server with a room: a speaker and a microphone that hears what is played there. The app's sound comes
 * back as an echo without loss, together with what other programs play. Another speaker stands where the microphone does
 * not hear it. Chromium takes it for PulseAudio.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** The system's default until another one is made it. */
export const IN_ROOM = 'room'
export const ELSEWHERE = 'elsewhere'

export interface SoundServer {
  /** For programs that are to play and listen there. */
  readonly env: Readonly<Record<string, string>>
  /** Plays a WAV file in the room to its end, as somebody who speaks there. */
  play(file: string): Promise<void>
  makeDefault(speaker: typeof IN_ROOM | typeof ELSEWHERE): void
  close(): Promise<void>
}

const START_LIMIT_MS = 20_000

/** @throws Error if it does not start */
export async function startSoundServer(): Promise<SoundServer> {
  const home = mkdtempSync(path.join(tmpdir(), 'sightline-sound-'))
  const env = { ...process.env, XDG_RUNTIME_DIR: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home }
  const settings = path.join(home, 'pipewire/pipewire.conf.d')
  mkdirSync(settings, { recursive: true })
  const devices = [device(IN_ROOM, 'Audio/Duplex', 2000), device(ELSEWHERE, 'Audio/Sink', 1000)]
  writeFileSync(path.join(settings, 'devices.conf'), `context.objects = [\n${devices.join('\n')}\n]\n`)

  const processes: ChildProcess[] = []
  const start = (program: string): unknown => processes.push(spawn(program, { env, stdio: 'ignore' }))
  const close = async (): Promise<void> => {
    for (const process of processes.reverse()) await end(process)
    rmSync(home, { recursive: true, force: true })
  }
  const until = async (isReady: () => boolean): Promise<void> => {
    for (const limit = Date.now() + START_LIMIT_MS; !isReady(); await wait(50)) {
      if (Date.now() < limit && processes.every(isRunning)) continue
      await close()
      throw new Error('the sound server does not start')
    }
  }
  start('pipewire')
  await until(() => existsSync(path.join(home, 'pipewire-0')))
  // The one speaks to programs as PulseAudio does, the other joins their streams to the devices.
  start('pipewire-pulse')
  start('wireplumber')
  const defaults = (): string => execFileSync('pw-metadata', ['0', 'default.audio.source'], { env, encoding: 'utf8' })
  await until(() => existsSync(path.join(home, 'pulse/native')) && defaults().includes(IN_ROOM))
  return {
    env: { PULSE_SERVER: `unix:${path.join(home, 'pulse/native')}` },
    async play(file) {
      await once(spawn('pw-play', ['--target', IN_ROOM, file], { env, stdio: 'ignore' }), 'exit')
    },
    makeDefault(speaker) {
      execFileSync('pw-metadata', ['0', 'default.configured.audio.sink', JSON.stringify({ name: speaker })], { env })
    },
    close,
  }
}

/** `priority`: the highest is the default. */
function device(name: string, mediaClass: 'Audio/Duplex' | 'Audio/Sink', priority: number): string {
  const properties = {
    'factory.name': 'support.null-audio-sink',
    'node.name': name,
    'node.description': name,
    'media.class': mediaClass,
    'audio.position': ['FL', 'FR'],
    'priority.session': priority,
  }
  return `  { factory = adapter args = ${JSON.stringify(properties)} }`
}

function isRunning(process: ChildProcess): boolean {
  return process.pid !== undefined && process.exitCode === null && process.signalCode === null
}

async function end(process: ChildProcess): Promise<void> {
  if (!isRunning(process)) return
  process.kill()
  await once(process, 'exit')
}
