/**
 * The own camera and microphone outside a call, as the other side would get them: a media session that no port is attached to,
 * so that nothing leaves the computer. Opens what is asked for and nothing else.
 */
import type { MediaChoice } from '../../../src-shared/ipc/snapshot.ts'
import type { DeviceKind } from '../../app/language/reasons.ts'
import type { DeviceChoice, DeviceProblem, MediaSession } from '../../devices/media-session.ts'
import { openMediaSession } from '../../devices/open-media-session.ts'

export class DevicePreview {
  #stream = $state.raw<MediaStream | undefined>()
  #problems = $state.raw<Readonly<Partial<Record<DeviceKind, DeviceProblem>>>>({})
  #session: MediaSession | undefined

  /** The camera's picture, while it is on. */
  get stream(): MediaStream | undefined {
    return this.#stream
  }

  problem(kind: DeviceKind): DeviceProblem | undefined {
    return this.#problems[kind]
  }

  show(media: MediaChoice, devices: DeviceChoice): void {
    if (this.#session === undefined && !media.audio && !media.video) return
    this.#session ??= openMediaSession({
      devices,
      listener: {
        problem: (kind, problem) => {
          const { [kind]: _before, ...others } = this.#problems
          this.#problems = problem === undefined ? others : { ...others, [kind]: problem }
        },
        preview: (stream) => {
          this.#stream = stream
        },
        remoteVideo: () => undefined,
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
    this.#problems = {}
  }
}
