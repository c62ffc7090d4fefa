/** Lists screens and windows for our picker, and gives the page the one that was picked (`screen-picks.ts`). */
import {
  type BrowserWindow,
  desktopCapturer,
  type DesktopCapturerSource,
  type Session,
  systemPreferences,
  type WebFrameMain,
} from 'electron'
import type { ScreenSource, ScreenSources } from '../../src-shared/ipc/screen-sources.ts'
import { ScreenPicks } from './screen-picks.ts'

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
    return { kind: 'sources', sources: foreign.map(shown), mayAskAgain: !systemPicksFirst() }
  }

  /** `false`: it is not there any more. */
  pick(frame: WebFrameMain, id: string): boolean {
    return this.#picks.pick(frame, id, performance.now())
  }

  /** Whether the page may capture something of the screen now. */
  admits(frame: WebFrameMain): boolean {
    return this.#picks.admit(frame, performance.now())
  }

  /** Whoever asks without a pick gets nothing, and no picker of the system either. */
  serve(session: Session): void {
    session.setDisplayMediaRequestHandler(({ frame, videoRequested }, give) => {
      const video = videoRequested && frame !== null ? this.#picks.take(frame, performance.now()) : undefined
      if (video === undefined) refuse(give)
      else give({ video })
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

/** On Wayland each list is what the person picked in the desktop's own dialog. */
function systemPicksFirst(): boolean {
  const { XDG_SESSION_TYPE, WAYLAND_DISPLAY } = process.env
  return process.platform === 'linux' && XDG_SESSION_TYPE === 'wayland' && WAYLAND_DISPLAY !== undefined
}
