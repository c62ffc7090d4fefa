/**
 * What another side's computer plays, as it comes in beside its screen: heard while the screen is shared, in time with its
 * picture. Each share has one of these, so that nothing of the share before is left over.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { AudioReceiver } from '../../src-shared/media/audio-receiver.ts'
import type { SenderInfo } from '../../src-shared/media/rtcp-reports.ts'
import type { RtpPacket } from '../../src-shared/media/rtp.ts'
import type { ReceivedScreenSound } from '../devices/media-session.ts'
import type { AudioPlayout } from './audio-playout.ts'
import { LipSync, type SyncedStream } from './lip-sync.ts'
import { Voice } from './voice.ts'

export class RemoteScreenSound {
  readonly #buffer = new AudioReceiver()
  readonly #screen: SyncedStream
  readonly #speaker: AudioPlayout
  readonly #lipSync: LipSync
  readonly #voice: Voice

  constructor(screen: SyncedStream, speaker: AudioPlayout) {
    this.#screen = screen
    this.#speaker = speaker
    this.#lipSync = new LipSync(this.#buffer, screen, () => speaker.latency)
    this.#voice = new Voice(this.#buffer, { heard: (rtpTimestamp, at) => this.#lipSync.heard(rtpTimestamp, at) })
    speaker.addScreenSound(this.#voice)
    this.#lipSync.start()
  }

  get statistics(): ReceivedScreenSound {
    const { playedMs, concealedMs } = this.#buffer.statistics
    return { playedMs, concealedMs, skewMs: this.#lipSync.skew }
  }

  take(rtp: RtpPacket, arrivedAt: Ms): void {
    this.#buffer.insert(rtp, arrivedAt)
  }

  /** About the stream of the sound or that of the screen. */
  senderReport(kind: 'screenSound' | 'screen', info: SenderInfo): void {
    this.#lipSync.senderReport(kind === 'screen' ? 'video' : 'audio', info)
  }

  /** A frame of the screen was written. */
  shown(rtpTimestamp: number, at: Ms): void {
    this.#lipSync.shown(rtpTimestamp, at)
  }

  close(): void {
    this.#lipSync.stop()
    // The next screen may come without sound.
    this.#screen.setExtraDelay(0)
    this.#speaker.remove(this.#voice)
    this.#voice.close()
  }
}
