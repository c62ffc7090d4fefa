/** The devices of the settings, changing only when the choice does and not with every snapshot that repeats it. */
import type { Settings } from '../../../src-shared/ipc/snapshot.ts'
import type { DeviceChoice } from '../../devices/media-session.ts'

export class ChosenDevices {
  readonly #settings: () => Settings | undefined
  readonly #cameraId = $derived.by(() => this.#settings()?.cameraId)
  readonly #microphoneId = $derived.by(() => this.#settings()?.microphoneId)
  readonly #speakerId = $derived.by(() => this.#settings()?.speakerId)
  readonly #echoCancellation = $derived.by(() => this.#settings()?.echoCancellation ?? true)
  readonly #noiseSuppression = $derived.by(() => this.#settings()?.noiseSuppression ?? true)
  readonly #automaticGain = $derived.by(() => this.#settings()?.automaticGain ?? true)

  constructor(settings: () => Settings | undefined) {
    this.#settings = settings
  }

  get speakerId(): string | undefined {
    return this.#speakerId
  }

  get all(): DeviceChoice {
    return {
      cameraId: this.#cameraId,
      microphoneId: this.#microphoneId,
      speakerId: this.#speakerId,
      processing: {
        echoCancellation: this.#echoCancellation,
        noiseSuppression: this.#noiseSuppression,
        automaticGain: this.#automaticGain,
      },
    }
  }
}
