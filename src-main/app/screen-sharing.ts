/** Lists screens and windows for our picker, and gives the page the one that was picked, with the computer's sound or without (`screen-picks.ts`). */
import {
  type BrowserWindow,
  desktopCapturer,
  type DesktopCapturerSource,
  type Session,
  systemPreferences,
  type WebFrameMain,
} from 'electron'
import type { ScreenPick, ScreenSource, ScreenSources } from '../../src-shared/ipc/screen-sources.ts'
import { ScreenPicks } from './screen-picks.ts'
import { canShareSound } from './shared-sound.ts'

/** Pixels; twice of what the picker shows, for dense screens. */
const PICTURE_SIZE = { width: 400, height: 260 }
const PICTURE_QUALITY = 80
/** Of a window's title. */
const NAME_MAX = 200

export class ScreenSharing {
  readonly #picks = new ScreenPicks<WebFrameMain, DesktopCapturerSource>()
  readonly #ownWindows: () => readonly BrowserWindow[]

  constructor(ownWindows: () => readonly BrowserWindow[]) {
    this.#ownWindows = ownWindows
  }

  async sources(): Promise<ScreenSources> {
    if (isDenied()) return { kind: 'denied' }
    // It fails where the person closed the system's own dialog, or there is no service to show one.
    const found = await desktopCapturer
      .getSources({ types: ['screen', 'window'], thumbnailSize: PICTURE_SIZE })
      .catch(() => [])
    const own = new Set(this.#ownWindows().map((window) => nativeId(window.getMediaSourceId())))
    const foreign = found.filter(({ id }) => !own.has(nativeId(id)))
    this.#picks.offer(foreign)
    return { kind: 'sources', sources: foreign.map(shown), mayAskAgain: !systemPicksFirst(), sound: givesSound() }
  }

  /** `false`: it is not there any more. */
  pick(frame: WebFrameMain, pick: ScreenPick): boolean {
    return this.#picks.pick(frame, pick, performance.now())
  }

  /** Whether the page may capture something of the screen now. */
  admits(frame: WebFrameMain): boolean {
    return this.#picks.admit(frame, performance.now())
  }

  /** Whoever asks without a pick gets nothing, and no picker of the system either. */
  serve(session: Session): void {
    session.setDisplayMediaRequestHandler(({ frame, videoRequested, audioRequested }, give) => {
      const picked = videoRequested && frame !== null ? this.#picks.take(frame, performance.now()) : undefined
      if (picked === undefined) refuse(give)
      else if (picked.sound && audioRequested && givesSound()) give({ video: picked.source, audio: 'loopback' })
      else give({ video: picked.source })
    })
  }
}

type Give = Parameters<NonNullable<Parameters<Session['setDisplayMediaRequestHandler']>[0]>>[1]

/** Called with nothing it refuses; its type does not say so. */
function refuse(give: Give): void {
  ;(give as () => void)()
}

function shown({ id, name, thumbnail }: DesktopCapturerSource): ScreenSource {
  const picture = thumbnail.isEmpty()
    ? ''
    : `data:image/jpeg;base64,${thumbnail.toJPEG(PICTURE_QUALITY).toString('base64')}`
  return { id, kind: id.startsWith('screen:') ? 'screen' : 'window', name: name.slice(0, NAME_MAX), picture }
}

/** `window:123:1` and `window:123:0` are the same window, seen from inside and from outside. */
function nativeId(id: string): string {
  return id.split(':', 2).join(':')
}

function isDenied(): boolean {
  return (
    process.platform === 'darwin' && ['denied', 'restricted'].includes(systemPreferences.getMediaAccessStatus('screen'))
  )
}

function givesSound(): boolean {
  const { platform, versions } = process
  return canShareSound({ platform, systemVersion: process.getSystemVersion(), electronVersion: versions.electron })
}

/** On Wayland each list is what the person picked in the desktop's own dialog. */
function systemPicksFirst(): boolean {
  const { XDG_SESSION_TYPE, WAYLAND_DISPLAY } = process.env
  return process.platform === 'linux' && XDG_SESSION_TYPE === 'wayland' && WAYLAND_DISPLAY !== undefined
}
