/**
 * A remote voice on the app's own way to the speaker (`Speaker`, ring buffer, route), and two of the app's own microphones
 * (`microphoneConstraints`, `CaptureSource`) that hear it at the same time: one with echo cancellation, one without.
 */
import { CaptureSource } from '../../../src-renderer/devices/capture-source.ts'
import { microphoneConstraints } from '../../../src-renderer/devices/constraints.ts'
import type { DeviceChoice, DeviceProblem, SoundProcessing } from '../../../src-renderer/devices/media-session.ts'
import { type FromPlayout, SLOT_SAMPLES, type ToPlayout } from '../../../src-renderer/devices/playout-messages.ts'
import type { PlayoutRoute } from '../../../src-renderer/devices/playout.ts'
import { Speaker } from '../../../src-renderer/devices/speaker.ts'
import { HIGH_VOICE, LOW_VOICE, RATE, syllables } from '../../support/syllables.ts'

export interface EchoRoomOptions extends Pick<DeviceChoice, 'processing' | 'speakerId'> {
  readonly route: PlayoutRoute
}

export interface EchoHeard {
  /** Of all that the microphone without echo cancellation heard; dB below full scale. */
  readonly plainLevel: number
  /** Echo return loss enhancement, dB: by how much less the other one heard, with nothing to hear but the echo. */
  readonly lossEnhancement: number
}

export interface DoubleTalkHeard {
  /** By how much the near voice is louder with echo cancellation than without, dB. */
  readonly nearGain: number
  /** Near voice over all the rest, dB: without and with echo cancellation. */
  readonly plainNearToRest: number
  readonly nearToRest: number
}

/** The near voice is looked for at this rate, which holds all its harmonics. */
const SEARCH_RATE = 8000

export class EchoRoom {
  readonly #speaker: Speaker
  readonly #remote = syllables(LOW_VOICE)
  #remoteAt = 0
  readonly #plain: Microphone
  readonly #cancelling: Microphone

  constructor({ route, processing, speakerId }: EchoRoomOptions) {
    this.#plain = new Microphone({ ...processing, echoCancellation: false })
    this.#cancelling = new Microphone(processing)
    this.#speaker = new Speaker(route, speakerId, {
      opened: (port) => this.#feed(port),
      latency: () => undefined,
      changed: () => undefined,
      problem: refuse,
    })
  }

  async open(): Promise<void> {
    await this.#plain.open()
    await this.#cancelling.open()
  }

  /** Nobody speaks but the remote voice. */
  async listenToEcho(milliseconds: number): Promise<EchoHeard> {
    const [plain, cancelled] = await this.#record(milliseconds)
    const plainLevel = decibels(power(plain))
    return { plainLevel, lossEnhancement: plainLevel - decibels(power(cancelled)) }
  }

  /** The high voice speaks in the room meanwhile; it began less than two seconds ago. */
  async listenToBoth(milliseconds: number): Promise<DoubleTalkHeard> {
    const [plain, cancelled] = await this.#record(milliseconds)
    const near = slower(syllables(HIGH_VOICE))
    const without = share(slower(plain), near)
    const withIt = share(slower(cancelled), near)
    return {
      nearGain: decibels(withIt.near / without.near),
      plainNearToRest: decibels(without.near / without.rest),
      nearToRest: decibels(withIt.near / withIt.rest),
    }
  }

  close(): void {
    this.#speaker.close()
    this.#plain.close()
    this.#cancelling.close()
  }

  /** Stands for the media worker. */
  #feed(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<FromPlayout>) => {
      for (let i = 0; i < data.slots; i++) {
        const samples = this.#remote.slice(this.#remoteAt, this.#remoteAt + SLOT_SAMPLES)
        this.#remoteAt = (this.#remoteAt + SLOT_SAMPLES) % this.#remote.length
        const message: ToPlayout = { kind: 'sound', samples }
        port.postMessage(message, [samples.buffer])
      }
    }
  }

  #record(milliseconds: number): Promise<[Float32Array, Float32Array]> {
    return Promise.all([this.#plain.record(milliseconds), this.#cancelling.record(milliseconds)])
  }
}

class Microphone {
  readonly #processing: SoundProcessing
  readonly #source: CaptureSource<AudioData>
  #chunks: Float32Array[] = []

  constructor(processing: SoundProcessing) {
    this.#processing = processing
    this.#source = new CaptureSource<AudioData>(microphoneConstraints, {
      handOver: (sound) => void this.#read(sound),
      track: () => undefined,
      changed: () => undefined,
      problem: refuse,
    })
  }

  /** @throws Error if Chromium did not grant the processing */
  async open(): Promise<void> {
    await this.#source.want({ on: true, deviceId: undefined, processing: this.#processing })
    const granted = this.#source.track?.getSettings().echoCancellation
    if (granted !== this.#processing.echoCancellation) throw new Error(`echo cancellation is ${String(granted)}`)
  }

  async record(milliseconds: number): Promise<Float32Array> {
    this.#chunks = []
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    const samples = new Float32Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    let at = 0
    for (const chunk of this.#chunks) {
      samples.set(chunk, at)
      at += chunk.length
    }
    return samples
  }

  close(): void {
    this.#source.close()
  }

  async #read(sound: ReadableStream<AudioData> | undefined): Promise<void> {
    if (sound === undefined) return
    const reader = sound.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const samples = new Float32Array(next.value.numberOfFrames)
      next.value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' })
      next.value.close()
      this.#chunks.push(samples)
    }
  }
}

function refuse(problem: DeviceProblem | undefined): void {
  if (problem !== undefined) throw new Error(problem)
}

function power(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
}

function decibels(ratio: number): number {
  return 10 * Math.log10(ratio + 1e-12)
}

/** Powers of a known voice in a recording and of what else there is, at the lag where most of it is found. */
function share(recorded: Float32Array, voice: Float32Array): { near: number; rest: number } {
  const whole = power(recorded)
  let near = 0
  for (let lag = 0; lag + recorded.length <= voice.length; lag++) {
    let product = 0
    let energy = 0
    for (let i = 0; i < recorded.length; i++) {
      const sample = voice[lag + i] ?? 0
      product += sample * (recorded[i] ?? 0)
      energy += sample * sample
    }
    near = Math.max(near, (product * product) / energy / recorded.length)
  }
  return { near, rest: whole - near }
}

/** At `SEARCH_RATE`: the mean of the samples that become one. */
function slower(samples: Float32Array): Float32Array {
  const factor = RATE / SEARCH_RATE
  const means = new Float32Array(Math.floor(samples.length / factor))
  for (let i = 0; i < means.length; i++) {
    let sum = 0
    for (let j = 0; j < factor; j++) sum += samples[i * factor + j] ?? 0
    means[i] = sum / factor
  }
  return means
}
