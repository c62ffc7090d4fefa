/** One call's media session, as state. Its keys and packets come through a port of their own; no device is open before `setMedia`. */
import type { CallId, VideoCodecChoice } from '../../../src-shared/ipc/snapshot.ts'
import { openMediaPort } from '../../bridge/media-port.ts'
import type { DeviceChoice, DevicesInUse, MediaSession, ScreenContent } from '../../devices/media-session.ts'
import { openMediaSession } from '../../devices/open-media-session.ts'
import { tellDeviceChange } from '../devices/device-changes.ts'
import { DeviceProblems } from '../devices/device-problems.svelte.ts'

export class CallMedia {
  readonly session: MediaSession
  #preview = $state.raw<MediaStream | undefined>()
  #remoteSize = $state.raw<{ readonly width: number; readonly height: number } | undefined>()
  #remoteScreenSize = $state.raw<{ readonly width: number; readonly height: number } | undefined>()
  #isSharing = $state(false)
  readonly problems = new DeviceProblems()
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
          this.#isSharing = false
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

  /** Whether a screen or window is captured. */
  get isSharing(): boolean {
    return this.#isSharing
  }

  /** What main was told that the person picked. `false`: it cannot be captured. */
  async share(content: ScreenContent): Promise<boolean> {
    const shared = await this.session.shareScreen(content)
    if (shared) this.#isSharing = true
    return shared
  }

  stopSharing(): void {
    this.#isSharing = false
    this.session.stopScreen()
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
    this.#isSharing = false
  }
}
