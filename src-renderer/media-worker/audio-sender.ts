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

export interface AudioOutlet {
  readonly isOpen: boolean
  send(packets: readonly Uint8Array[]): void
}

/** TypeScript's library does not know `application` and `signal` yet (WebCodecs Opus registration, section 5). */
interface SpeechConfig extends AudioEncoderConfig {
  readonly opus: OpusEncoderConfig & { readonly application: 'voip'; readonly signal: 'voice' }
}

interface Encoding {
  readonly encoder: AudioEncoder
  readonly channels: number
  readonly sampleRate: number
}

export class AudioSender {
  readonly #stream: RtpSender
  readonly #outlet: AudioOutlet
  readonly #clock = new CaptureClock()
  #encoding: Encoding | undefined
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
    this.#clock.see(sound.timestamp, performance.now())
    // What the encoder still holds from before a pause is not joined to what comes after it.
    if (isFirst || this.#muted || !this.#outlet.isOpen) this.close()
    if (!this.#muted && this.#outlet.isOpen) this.#encoderFor(sound).encode(sound)
    sound.close()
  }

  close(): void {
    if (this.#encoding?.encoder.state === 'configured') this.#encoding.encoder.close()
    this.#encoding = undefined
    this.#isFirst = true
  }

  #encoderFor({ numberOfChannels, sampleRate }: AudioData): AudioEncoder {
    const { encoder: existing, channels, sampleRate: rate } = this.#encoding ?? {}
    if (existing?.state === 'configured' && channels === numberOfChannels && rate === sampleRate) return existing
    this.close()
    const encoder = new AudioEncoder({
      output: (chunk) => this.#encoded(chunk),
      // The next sound makes a new one.
      error: () => (this.#encoding = undefined),
    })
    const config: SpeechConfig = {
      codec: 'opus',
      numberOfChannels,
      sampleRate,
      bitrate: OPUS_BITRATE,
      bitrateMode: 'constant',
      opus: { application: 'voip', signal: 'voice', frameDuration: OPUS_FRAME_MS * 1000, usedtx: false },
    }
    encoder.configure(config)
    this.#encoding = { encoder, channels: numberOfChannels, sampleRate }
    return encoder
  }

  #encoded(chunk: EncodedAudioChunk): void {
    if (!this.#outlet.isOpen || this.#muted) return
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const packets = this.#stream.packets({
      payloadType: payloadTypeOf('opus'),
      payloads: [data],
      timestampUs: chunk.timestamp,
      capturedAt: this.#clock.localTime(chunk.timestamp),
      marker: this.#isFirst,
    })
    this.#isFirst = false
    this.#sentMs += OPUS_FRAME_MS
    this.#outlet.send(packets)
  }
}
