/** One call's media session, as state. Its keys and packets come through a port of their own; no device is open before `setMedia`. */
import type { CallId, VideoCodecChoice } from '../../../src-shared/ipc/snapshot.ts'
import { t } from '../../app/language/language.svelte.ts'
import { openMediaPort } from '../../bridge/media-port.ts'
import type { DeviceChoice, DevicesInUse, MediaSession } from '../../devices/media-session.ts'
import { openMediaSession } from '../../devices/open-media-session.ts'
import { tellDeviceChange } from '../devices/device-changes.ts'
import { DeviceProblems } from '../devices/device-problems.svelte.ts'
import { notices } from '../notices/notices.svelte.ts'
import { Sharing } from '../share/sharing.svelte.ts'

export class CallMedia {
  readonly session: MediaSession
  #preview = $state.raw<MediaStream | undefined>()
  #remoteSize = $state.raw<{ readonly width: number; readonly height: number } | undefined>()
  #remoteScreenSize = $state.raw<{ readonly width: number; readonly height: number } | undefined>()
  readonly problems = new DeviceProblems()
  readonly sharing = new Sharing(() => this.session)
  readonly #endHandover: () => void

  constructor(callId: CallId, devices: DeviceChoice) {
    this.session = openMediaSession({
      devices,
      listener: {
        problem: (kind, problem) => {
          this.problems.set(kind, problem)
        },
        changed: tellDeviceChange,
        preview: (stream) => {
          this.#preview = stream
        },
        remoteVideo: (size) => {
          this.#remoteSize = size
        },
        remoteScreen: (size) => {
          this.#remoteScreenSize = size
        },
        screenEnded: () => {
          this.sharing.lost()
          notices.show(t('share.lost'))
        },
        screenSoundEnded: () => {
          this.sharing.soundLost()
          notices.show(t('share.sound.lost'))
        },
      },
    })
    this.#endHandover = openMediaPort(callId, (port) => {
      this.session.attach(port)
    })
  }

  get preview(): MediaStream | undefined {
    return this.#preview
  }

  /** Pixels; `undefined` while the other side sends no picture. */
  get remoteSize(): { readonly width: number; readonly height: number } | undefined {
    return this.#remoteSize
  }

  /** Of the other side's screen. */
  get remoteScreenSize(): { readonly width: number; readonly height: number } | undefined {
    return this.#remoteScreenSize
  }

  setMedia(choice: DevicesInUse): void {
    void this.session.setMedia(choice)
  }

  useDevices(choice: DeviceChoice): void {
    void this.session.useDevices(choice)
  }

  preferCodec(choice: VideoCodecChoice): void {
    this.session.preferCodec(choice)
  }

  close(): void {
    this.#endHandover()
    this.session.close()
    this.#preview = undefined
    this.#remoteSize = undefined
    this.#remoteScreenSize = undefined
  }
}
