/**
 * The own voice: captured sound → Opus → packets, 20 ms each. The bitrate is constant and silence is sent like speech:
 * sizes and pauses of packets tell what is said even when nobody can open them (RFC 6562 sections 2 and 4). In-band
 * error correction is off: no decoder in the browser could use it, and concealment does without.
 */
import { OPUS_BITRATE } from '../../src-shared/media/bitrate.ts'
import { OPUS_FRAME_MS } from '../../src-shared/media/opus.ts'
import { payloadTypeOf } from '../../src-shared/media/payload-types.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { CaptureClock } from './capture-clock.ts'

/** Microseconds; less is the unevenness of the source's clock. */
const HOLE_US = 8000

export interface AudioOutlet {
  isOpen(): boolean
  send(packets: readonly Uint8Array[]): void
}

/** TypeScript's library does not know `application` and `signal` yet (WebCodecs Opus registration, section 5). */
interface SpeechConfig extends AudioEncoderConfig {
  readonly opus: OpusEncoderConfig & { readonly application: 'voip'; readonly signal: 'voice' }
}

interface Encoding {
  readonly encoder: AudioEncoder
  readonly sampleRate: number
}

export class AudioSender {
  readonly #stream: RtpSender
  readonly #outlet: AudioOutlet
  #clock = new CaptureClock()
  #encoding: Encoding | undefined
  /** The least time of the next packet, on the worker's clock. */
  #nextUs = 0
  /** Where the next sound begins if nothing is missing, on its own clock. */
  #expectedUs = 0
  /** The next packet is the first after a pause. */
  #isFirst = true
  #muted = true
  #sentMs = 0

  constructor(stream: RtpSender, outlet: AudioOutlet) {
    this.#stream = stream
    this.#outlet = outlet
  }

  get sentMs(): number {
    return this.#sentMs
  }

  mute(muted: boolean): void {
    this.#muted = muted
  }

  /** `isFirst`: of its microphone. */
  take(sound: AudioData, isFirst: boolean): void {
    if (isFirst) this.#clock = new CaptureClock()
    this.#clock.see(sound.timestamp, performance.now())
    const gap = Math.abs(sound.timestamp - this.#expectedUs)
    this.#expectedUs = sound.timestamp + (sound.numberOfFrames * 1e6) / sound.sampleRate
    // What the encoder still holds from before a pause is not joined to what comes after it; and it counts samples,
    // so that a hole in what a busy computer captures would make all sound after it seem older than it is.
    if (isFirst || gap > HOLE_US || this.#muted || !this.#outlet.isOpen()) this.close()
    if (!this.#muted && this.#outlet.isOpen()) {
      const mono = monoOf(sound)
      this.#encoderFor(mono).encode(mono)
      mono.close()
    }
    sound.close()
  }

  close(): void {
    if (this.#encoding?.encoder.state === 'configured') this.#encoding.encoder.close()
    this.#encoding = undefined
    this.#isFirst = true
  }

  #encoderFor({ sampleRate, timestamp }: AudioData): AudioEncoder {
    const existing = this.#encoding
    if (existing?.encoder.state === 'configured' && existing.sampleRate === sampleRate) return existing.encoder
    this.close()
    // From the sound's timestamps to the worker's clock; fixed, so that the distances stay exact.
    const beginUs = Math.max(this.#nextUs, this.#clock.localTime(timestamp) * 1000)
    const shiftUs = Math.round(beginUs - timestamp)
    const encoder = new AudioEncoder({
      output: (chunk) => this.#encoded(chunk, shiftUs),
      // The next sound makes a new one.
      error: () => (this.#encoding = undefined),
    })
    const config: SpeechConfig = {
      codec: 'opus',
      numberOfChannels: 1,
      sampleRate,
      bitrate: OPUS_BITRATE,
      bitrateMode: 'constant',
      opus: { application: 'voip', signal: 'voice', frameDuration: OPUS_FRAME_MS * 1000, usedtx: false },
    }
    encoder.configure(config)
    this.#encoding = { encoder, sampleRate }
    return encoder
  }

  #encoded(chunk: EncodedAudioChunk, shiftUs: number): void {
    if (!this.#outlet.isOpen() || this.#muted) return
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const packets = this.#stream.packets({
      payloadType: payloadTypeOf('opus'),
      payloads: [data],
      timestampUs: chunk.timestamp + shiftUs,
      capturedAt: this.#clock.localTime(chunk.timestamp),
      marker: this.#isFirst,
    })
    this.#nextUs = chunk.timestamp + shiftUs + OPUS_FRAME_MS * 1000
    this.#isFirst = false
    this.#sentMs += OPUS_FRAME_MS
    this.#outlet.send(packets)
  }
}

/** What is asked of microphones is one channel; of one that gives more, the first stands for all. */
function monoOf(sound: AudioData): AudioData {
  if (sound.numberOfChannels === 1) return sound.clone()
  const { sampleRate, numberOfFrames, timestamp } = sound
  const data = new Float32Array(numberOfFrames)
  sound.copyTo(data, { planeIndex: 0, format: 'f32-planar' })
  return new AudioData({ format: 'f32-planar', sampleRate, numberOfFrames, numberOfChannels: 1, timestamp, data })
}
