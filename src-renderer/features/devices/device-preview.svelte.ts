/**
 * The own camera and microphone outside a call, as the other side would get them: a media session that no port is attached to,
 * so that nothing leaves the computer. Opens what is asked for and nothing else.
 */
import type { DeviceChoice, DevicesInUse, MediaSession } from '../../devices/media-session.ts'
import { openMediaSession } from '../../devices/open-media-session.ts'
import { tellDeviceChange } from './device-changes.ts'
import { DeviceProblems } from './device-problems.svelte.ts'

export class DevicePreview {
  #stream = $state.raw<MediaStream | undefined>()
  readonly problems = new DeviceProblems()
  #session: MediaSession | undefined

  /** The camera's picture, while it is on. */
  get stream(): MediaStream | undefined {
    return this.#stream
  }

  /** To be called from an effect: does nothing that the effect would come to depend on. */
  show(media: DevicesInUse, devices: DeviceChoice): void {
    if (this.#session === undefined && !media.audio && !media.video) return
    this.#session ??= openMediaSession({
      devices,
      listener: {
        problem: (kind, problem) => {
          this.problems.set(kind, problem)
        },
        changed: tellDeviceChange,
        preview: (stream) => {
          this.#stream = stream
        },
        remoteVideo: () => undefined,
        remoteScreen: () => undefined,
        screenEnded: () => undefined,
        screenSoundEnded: () => undefined,
      },
    })
    void this.#session.useDevices(devices)
    void this.#session.setMedia(media)
  }

  /** Of the microphone, 0 to 1. */
  level(): number {
    return this.#session?.microphoneLevel() ?? 0
  }

  close(): void {
    this.#session?.close()
    this.#session = undefined
    this.#stream = undefined
    this.problems.clear()
  }
}
