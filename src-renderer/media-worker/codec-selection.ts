/**
 * Which format the own picture is sent in (docs/protocol/media.md, section 2): the one that the person prefers, if the
 * other side decodes it and this computer encodes it; VP8 otherwise, and until both are known: no picture waits for that.
 */
import type { VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import { MANDATORY_VIDEO_CODEC, type VideoCodec } from '../../src-shared/media/payload-types.ts'

/**
 * Measured with software encoders and 720 lines: VP9 keeps the processor busy one and a half to three times as long as
 * VP8, for three tenths fewer bits; H.264 about as long as VP8, for a tenth more. Bits are short on some networks, where
 * VP8 makes do with a smaller picture; processor and battery pay in every call.
 */
const AUTOMATIC: VideoCodec = 'VP8'

export class CodecSelection {
  #preferred = AUTOMATIC
  #encodable: readonly VideoCodec[] = []
  #decodable: readonly VideoCodec[] = []
  #failed: readonly VideoCodec[] = []

  /** Asked before each frame. */
  get codec(): VideoCodec {
    const usable = [this.#encodable, this.#decodable].every((codecs) => codecs.includes(this.#preferred))
    return usable && !this.#failed.includes(this.#preferred) ? this.#preferred : MANDATORY_VIDEO_CODEC
  }

  /** Whoever chooses anew wants it tried anew. */
  prefer(choice: VideoCodecChoice): void {
    this.#preferred = choice === 'automatic' ? AUTOMATIC : choice
    this.#failed = []
  }

  /** What this computer can encode. */
  encodable(codecs: readonly VideoCodec[]): void {
    this.#encodable = codecs
  }

  /** What the other side says that it can decode. */
  decodable(codecs: readonly VideoCodec[]): void {
    this.#decodable = codecs
  }

  /** The encoder of this format broke down, and is likely to again. */
  failed(codec: VideoCodec): void {
    this.#failed = [...this.#failed, codec]
  }
}
