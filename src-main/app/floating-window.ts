/**
 * The small window of a call that floats above others while the main one is out of sight. The page of the main window opens it and
 * draws into it: both are one renderer, so pictures and keys stay where they are. It has no bridge of its own and may ask for nothing.
 */
import {
  BrowserWindow,
  type BrowserWindowConstructorOptions,
  screen,
  type WebContents,
  type WindowOpenHandlerResponse,
} from 'electron'
import { FLOATING_ADDRESS, FLOATING_FRAME } from '../../src-shared/ipc/floating-window.ts'
import type { SavedBounds } from './saved-bounds.ts'
import { FLOATING, floatingBounds } from './window-bounds.ts'

const DENIED: WindowOpenHandlerResponse = { action: 'deny' }

export class FloatingWindow {
  #window: BrowserWindow | undefined
  /** Where the person put it. */
  readonly #place: SavedBounds

  constructor(place: SavedBounds) {
    this.#place = place
  }

  get current(): BrowserWindow | undefined {
    return this.#window
  }

  /** Lets `owner`'s page open it while `allowed`, one in the place of another, and closes it with that page. */
  serve(owner: BrowserWindow, look: () => BrowserWindowConstructorOptions, allowed: () => boolean): void {
    const { webContents } = owner
    webContents.setWindowOpenHandler(({ url, frameName }) => {
      const fits = url === FLOATING_ADDRESS && frameName === FLOATING_FRAME
      if (!fits || !allowed()) return DENIED
      return {
        action: 'allow',
        overrideBrowserWindowOptions: this.#options(look()),
        createWindow: (options) => this.#create(options),
      }
    })
    const close = () => {
      this.close()
    }
    // A page that is loaded again or crashed knows nothing of the window that it opened.
    webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) close()
    })
    webContents.on('render-process-gone', close)
    owner.on('closed', close)
  }

  close(): void {
    const window = this.#window
    this.#window = undefined
    if (window?.isDestroyed() === false) window.destroy()
  }

  #options(look: BrowserWindowConstructorOptions): BrowserWindowConstructorOptions {
    const displays = screen.getAllDisplays().map(({ workArea }) => workArea)
    const area = screen.getDisplayNearestPoint(screen.getCursorScreenPoint()).workArea
    return {
      ...look,
      ...floatingBounds(this.#place.read(), area, displays),
      minWidth: FLOATING.minimum.width,
      minHeight: FLOATING.minimum.height,
      maxWidth: FLOATING.maximum.width,
      maxHeight: FLOATING.maximum.height,
      show: false,
      frame: false,
      alwaysOnTop: true,
      resizable: true,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: true,
      // The first click presses a button, as in the front window.
      acceptFirstMouse: true,
    }
  }

  #create(options: BrowserWindowConstructorOptions): WebContents {
    this.close()
    const window = new BrowserWindow(options)
    this.#window = window
    window.setAlwaysOnTop(true, 'floating')
    window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true })
    // Whoever shares the whole screen does not show the others to themselves.
    window.setContentProtection(true)
    window.once('ready-to-show', () => {
      // The person is at work in another program, which keeps the keyboard.
      window.showInactive()
    })
    this.#place.follow(window)
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined
    })
    return window.webContents
  }
}
