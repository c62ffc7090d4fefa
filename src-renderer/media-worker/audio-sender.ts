/**
 * Own sound, the voice or what the computer plays: captured sound → Opus → packets, 20 ms each. The bitrate is constant and silence is sent like speech:
 * sizes and pauses of packets tell what is said even when nobody can open them (RFC 6562 sections 2 and 4). In-band
 * error correction is off: no decoder in the browser could use it; where packets get lost, they carry the frames before their own as well.
 */
import { OPUS_BITRATE, SCREEN_SOUND_BITRATE } from '../../src-shared/media/bitrate.ts'
import { OPUS_FRAME_MS } from '../../src-shared/media/opus.ts'
import { payloadTypeOf, REDUNDANT_AUDIO } from '../../src-shared/media/payload-types.ts'
import { redundantAudio } from '../../src-shared/media/redundant-audio.ts'
import type { HeaderExtension } from '../../src-shared/media/rtp.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { CaptureClock } from './capture-clock.ts'
import { type Downmix, SoundFramer } from './sound-framer.ts'

/** Of 10; takes half the time of Chromium's 9, and at this bitrate nobody hears the difference. */
const COMPLEXITY = 5
/** Frames that are kept to be sent again. */
const MAX_REDUNDANCY = 2

export interface AudioOutlet {
  isOpen(): boolean
  send(packets: readonly Uint8Array[]): void
  /** How many frames before its own a packet is to carry. */
  redundancy?(): number
  /** In a group: what the packet of this sound says to the relay. */
  describe?(sound: AudioData): HeaderExtension[]
}

/** What the sound is; TypeScript's library does not know `application` and `signal` yet (WebCodecs Opus registration, section 5). */
interface SoundNature {
  /** Bits a second. */
  readonly bitrate: number
  readonly application: 'voip' | 'audio'
  readonly signal: 'voice' | 'auto'
  readonly downmix: Downmix
}

export const VOICE: SoundNature = { bitrate: OPUS_BITRATE, application: 'voip', signal: 'voice', downmix: 'first' }
/** Music, films and speech. */
export const SCREEN_SOUND: SoundNature = {
  bitrate: SCREEN_SOUND_BITRATE,
  application: 'audio',
  signal: 'auto',
  downmix: 'mean',
}

interface OpusConfig extends AudioEncoderConfig {
  readonly opus: OpusEncoderConfig & Pick<SoundNature, 'application' | 'signal'>
}

interface Encoding {
  readonly encoder: AudioEncoder
  readonly sampleRate: number
}

export class AudioSender {
  readonly #stream: RtpSender
  readonly #nature: SoundNature
  readonly #outlet: AudioOutlet
  readonly #framer: SoundFramer
  #clock = new CaptureClock()
  #encoding: Encoding | undefined
  /** The least time of the next packet, on the worker's clock. */
  #nextUs = 0
  /** The next packet is the first after a pause. */
  #isFirst = true
  #muted = true
  /** Of what the encoder holds, in order: it makes a packet of each frame. */
  #extensions: HeaderExtension[][] = []
  /** The last frames without a gap, the newest last. */
  #sent: Uint8Array[] = []
  #sentMs = 0
  #sentBytes = 0

  constructor(stream: RtpSender, nature: SoundNature, outlet: AudioOutlet) {
    this.#stream = stream
    this.#nature = nature
    this.#framer = new SoundFramer(nature.downmix)
    this.#outlet = outlet
  }

  get sentMs(): number {
    return this.#sentMs
  }

  /** Of the packets, before they are encrypted: frames that are carried again count again. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  mute(muted: boolean): void {
    this.#muted = muted
  }

  /** `isFirst`: of its source. */
  take(sound: AudioData, isFirst: boolean): void {
    if (isFirst) this.#clock = new CaptureClock()
    this.#clock.see(sound.timestamp, performance.now())
    // What the encoder still holds from before a pause is not joined to what comes after it; and it counts samples,
    // so that a hole in what a busy computer captures would make all sound after it seem older than it is.
    if (isFirst || this.#muted || !this.#outlet.isOpen() || !this.#framer.continues(sound)) this.close()
    if (!this.#muted && this.#outlet.isOpen()) {
      for (const frame of this.#framer.add(sound)) {
        this.#encoderFor(frame).encode(frame)
        this.#extensions.push(this.#outlet.describe?.(frame) ?? [])
        frame.close()
      }
    }
    sound.close()
  }

  close(): void {
    this.#closeEncoder()
    this.#framer.reset()
  }

  #closeEncoder(): void {
    if (this.#encoding?.encoder.state === 'configured') this.#encoding.encoder.close()
    this.#encoding = undefined
    this.#extensions = []
    this.#sent = []
    this.#isFirst = true
  }

  #encoderFor({ sampleRate, timestamp }: AudioData): AudioEncoder {
    const existing = this.#encoding
    if (existing?.encoder.state === 'configured' && existing.sampleRate === sampleRate) return existing.encoder
    this.#closeEncoder()
    // From the sound's timestamps to the worker's clock; fixed, so that the distances stay exact.
    const beginUs = Math.max(this.#nextUs, this.#clock.localTime(timestamp) * 1000)
    const shiftUs = Math.round(beginUs - timestamp)
    const encoder = new AudioEncoder({
      output: (chunk) => this.#encoded(chunk, shiftUs),
      // The next sound makes a new one.
      error: () => (this.#encoding = undefined),
    })
    const { bitrate, application, signal } = this.#nature
    const config: OpusConfig = {
      codec: 'opus',
      numberOfChannels: 1,
      sampleRate,
      bitrate,
      bitrateMode: 'constant',
      opus: {
        application,
        signal,
        frameDuration: OPUS_FRAME_MS * 1000,
        usedtx: false,
        complexity: COMPLEXITY,
      },
    }
    encoder.configure(config)
    this.#encoding = { encoder, sampleRate }
    return encoder
  }

  #encoded(chunk: EncodedAudioChunk, shiftUs: number): void {
    const extensions = this.#extensions.shift() ?? []
    if (!this.#outlet.isOpen() || this.#muted) return
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const packets = this.#stream.packets({
      ...this.#payloadOf(data),
      timestampUs: chunk.timestamp + shiftUs,
      capturedAt: this.#clock.localTime(chunk.timestamp),
      marker: this.#isFirst,
      extensions,
    })
    this.#nextUs = chunk.timestamp + shiftUs + OPUS_FRAME_MS * 1000
    this.#isFirst = false
    this.#sentMs += OPUS_FRAME_MS
    for (const packet of packets) this.#sentBytes += packet.length
    this.#sent = [...this.#sent, data].slice(-MAX_REDUNDANCY)
    this.#outlet.send(packets)
  }

  #payloadOf(frame: Uint8Array): { readonly payloadType: number; readonly payloads: readonly Uint8Array[] } {
    const redundancy = this.#outlet.redundancy?.() ?? 0
    if (redundancy === 0 || this.#sent.length === 0) return { payloadType: payloadTypeOf('opus'), payloads: [frame] }
    const again = this.#sent.slice(-redundancy)
    const earlier = again.map((each, i) => ({ distance: again.length - i, frame: each }))
    return { payloadType: REDUNDANT_AUDIO, payloads: [redundantAudio({ frame, earlier })] }
  }
}
