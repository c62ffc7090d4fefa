/** The main window, which a call takes over, and the small ones: one announces a call, one stands for it while the main one is out of sight. */
import { app, BrowserWindow, nativeTheme, screen, type WebContents } from 'electron'
import type { NoticeName, Notices } from '../../src-shared/ipc/contract.ts'
import type { MainWindow, Settings, Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { APP_ORIGIN } from '../ipc/channels.ts'
import { sendNotice } from '../ipc/notices.ts'
import type { WindowKind } from '../ipc/request-schemas.ts'
import { FloatingWindow } from './floating-window.ts'
import type { Log } from './log.ts'
import { SavedBounds } from './saved-bounds.ts'
import { cornerBounds, INITIAL, MINIMUM, restoredBounds } from './window-bounds.ts'

export interface WindowOptions {
  readonly preload: string
  /** Where the places of the main window and of the one that floats are kept. */
  readonly boundsFiles: { readonly main: string; readonly floating: string }
  /** Linux shows it where the desktop file is not installed; elsewhere the executable brings its own. */
  readonly icon: string
  readonly log: Log
  /** macOS and a tray keep the app alive without its window. */
  readonly hidesOnClose: () => boolean
  /** A call is on: a small window may stand for it. */
  readonly mayFloat: () => boolean
  readonly mainChanged: (state: MainWindow) => void
}

const INCOMING_SIZE = { width: 360, height: 420 }
/** A page that crashes again at once is not loaded for ever. */
const RELOADS = 3
const RELOADS_FORGOTTEN_MS = 60_000
const BACKGROUND = { dark: '#1b1c1f', light: '#ffffff' }

const PREFERENCES: Electron.WebPreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
  enableWebSQL: false,
  // A call goes on behind other windows.
  backgroundThrottling: false,
  // The tone of an incoming call plays before anyone has clicked.
  autoplayPolicy: 'no-user-gesture-required',
}

export class Windows {
  readonly #options: WindowOptions
  #main: BrowserWindow | undefined
  #incoming: BrowserWindow | undefined
  readonly #floating: FloatingWindow
  readonly #bounds: SavedBounds
  #quitting = false
  #shown: () => void = () => undefined
  /** The first window has its first picture: what nobody waits for may begin. */
  readonly shown = new Promise<void>((resolve) => {
    this.#shown = resolve
  })

  constructor(options: WindowOptions) {
    this.#options = options
    const { boundsFiles, log } = options
    this.#bounds = new SavedBounds(boundsFiles.main, log)
    this.#floating = new FloatingWindow(new SavedBounds(boundsFiles.floating, log))
    app.on('before-quit', () => {
      this.#quitting = true
    })
  }

  kindOf(contents: WebContents): WindowKind | undefined {
    if (this.#main?.webContents === contents) return 'main'
    return this.#incoming?.webContents === contents ? 'incoming' : undefined
  }

  windowOf(contents: WebContents): BrowserWindow | undefined {
    return this.all.find((window) => window.webContents === contents)
  }

  get all(): readonly BrowserWindow[] {
    return [this.#main, this.#incoming, this.#floating.current].filter((window) => window !== undefined)
  }

  /** Makes the main window, or brings it to the front. */
  showMain(): BrowserWindow {
    const open = this.#main
    if (open !== undefined) {
      if (open.isMinimized()) open.restore()
      open.show()
      open.focus()
      return open
    }
    const saved = restoredBounds(
      this.#bounds.read(),
      screen.getAllDisplays().map(({ workArea }) => workArea),
    )
    const window = this.#create('index.html', {
      ...INITIAL,
      ...saved,
      minWidth: MINIMUM.width,
      minHeight: MINIMUM.height,
      title: 'Sightline',
    })
    this.#main = window
    this.#bounds.follow(window)
    this.#tellState(window)
    this.#floating.serve(window, () => this.#look(), this.#options.mayFloat)
    window.on('close', (event) => {
      if (this.#quitting || !this.#options.hidesOnClose()) return
      event.preventDefault()
      window.hide()
    })
    window.on('closed', () => {
      this.#main = undefined
    })
    return window
  }

  send<Name extends NoticeName>(name: Name, payload: Notices[Name]): void {
    for (const window of [this.#main, this.#incoming]) {
      if (window !== undefined) sendNotice(window.webContents, name, payload)
    }
  }

  /** A place in the main window, which comes to the front. */
  navigate(payload: Notices['navigate']): void {
    const { webContents } = this.showMain()
    if (webContents.isLoading()) {
      webContents.once('did-finish-load', () => {
        sendNotice(webContents, 'navigate', payload)
      })
    } else sendNotice(webContents, 'navigate', payload)
  }

  follow(snapshot: Snapshot): void {
    this.send('snapshot', snapshot)
    if (snapshot.incoming === undefined) this.#closeIncoming()
    else this.#showIncoming()
  }

  showTheme(theme: Settings['theme']): void {
    if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme
  }

  #showIncoming(): void {
    if (this.#incoming !== undefined) return
    const area = screen.getDisplayNearestPoint(screen.getCursorScreenPoint()).workArea
    const window = this.#create('incoming.html', {
      ...cornerBounds(area, INCOMING_SIZE),
      resizable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: true,
      alwaysOnTop: true,
      title: 'Sightline',
    })
    this.#incoming = window
    window.setAlwaysOnTop(true, 'floating')
    window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true })
    window.on('closed', () => {
      if (this.#incoming === window) this.#incoming = undefined
    })
  }

  #closeIncoming(): void {
    const window = this.#incoming
    this.#incoming = undefined
    // Not `close()`: the page has no say in it.
    window?.destroy()
  }

  #create(page: string, options: Electron.BrowserWindowConstructorOptions): BrowserWindow {
    const window = new BrowserWindow({
      ...options,
      ...this.#look(),
      show: false,
      webPreferences: {
        ...PREFERENCES,
        preload: this.#options.preload,
        additionalArguments: [`--sightline-version=${app.getVersion()}`],
      },
    })
    window.once('ready-to-show', () => {
      window.show()
      this.#shown()
    })
    this.#reloadAfterCrash(window)
    void window.loadURL(`${APP_ORIGIN}/${page}`).catch((error: unknown) => {
      this.#options.log.error({ error, page }, 'a page did not load')
    })
    return window
  }

  #look(): Electron.BrowserWindowConstructorOptions {
    return {
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      autoHideMenuBar: true,
      ...(process.platform === 'linux' ? { icon: this.#options.icon } : {}),
      webPreferences: PREFERENCES,
    }
  }

  /** A page cannot see it: it is told that it is shown at all times, so that it goes on with a call. */
  #tellState(window: BrowserWindow): void {
    const tell = () => {
      const isAway = window.isDestroyed() || window.isMinimized() || !window.isVisible()
      this.#options.mainChanged(isAway ? 'away' : window.isFocused() ? 'front' : 'behind')
    }
    window.on('show', tell)
    window.on('hide', tell)
    window.on('minimize', tell)
    window.on('restore', tell)
    window.on('focus', tell)
    window.on('blur', tell)
    window.on('closed', tell)
  }

  #reloadAfterCrash(window: BrowserWindow): void {
    let reloads = 0
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      this.#options.log.error({ reason, exitCode, reloads }, 'a page crashed')
      if (reason === 'clean-exit' || this.#quitting || reloads >= RELOADS) return
      reloads++
      setTimeout(() => {
        reloads = Math.max(0, reloads - 1)
      }, RELOADS_FORGOTTEN_MS).unref()
      setImmediate(() => {
        if (!window.isDestroyed()) window.webContents.reload()
      })
    })
    window.webContents.on('preload-error', (_event, _path, error) => {
      this.#options.log.error({ error }, 'the preload failed')
    })
  }
}
