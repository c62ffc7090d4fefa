/** Everything that needs Electron to be ready: first the window, then what is behind it. */
import { app, dialog, globalShortcut, powerMonitor } from 'electron'
import path from 'node:path'
import windowIcon from '../../build/icons/256x256.png?asset'
import trayColour from '../../build/icons/32x32.png?asset'
import trayTemplate from '../../build/tray-template.png?asset'
import type { Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { createMediaPorts } from '../ipc/media-ports.ts'
import { registerRequests } from '../ipc/requests.ts'
import { DEFAULT_SETTINGS } from '../store/settings-defaults.ts'
import { UNKNOWN_CHANGE, watchNetwork } from '../network/network-watch.ts'
import { AppState } from './app-state.ts'
import { parseLink } from './deep-link.ts'
import { endProcess } from './end-process.ts'
import { GlobalMute } from './global-mute.ts'
import type { LaunchOptions } from './launch-options.ts'
import type { Log } from './log.ts'
import { setApplicationMenu } from './menu.ts'
import { Notifications } from './notifications.ts'
import type { ProfileFolder } from './profile.ts'
import { requestHandlers, setMedia } from './request-handlers.ts'
import { Runtime } from './runtime.ts'
import { ScreenSharing } from './screen-sharing.ts'
import { secureSession } from './security.ts'
import { UnusableProfileError } from './startup.ts'
import { systemClock } from './system.ts'
import { textsFor } from './texts.ts'
import { createTray, type StatusTray, trayAvailable } from './tray.ts'
import { Windows } from './windows.ts'

export interface ApplicationOptions {
  readonly options: LaunchOptions
  readonly profile: ProfileFolder
  readonly log: Log
  /** The folder of the built app. */
  readonly out: string
}

export interface Application {
  /** Brings the app to the front, at the place that `link` names. */
  readonly open: (link: string | undefined) => void
}

export function runApplication({ options, profile, log, out }: ApplicationOptions): Application {
  const state = new AppState({
    startup: { kind: 'opening' },
    service: { kind: 'connecting', address: '', embedded: false },
    contacts: [],
    history: [],
    settings: DEFAULT_SETTINGS,
    call: undefined,
    group: undefined,
    incoming: undefined,
    joinable: [],
    muteShortcutTaken: false,
    mainWindow: 'away',
  })
  let tray: StatusTray | undefined
  const windows = new Windows({
    preload: path.join(out, 'preload/preload.cjs'),
    boundsFiles: { main: profile.at('window.json'), floating: profile.at('floating-window.json') },
    icon: windowIcon,
    log,
    hidesOnClose: () => process.platform === 'darwin' || tray !== undefined,
    mayFloat: () => isInCall(state.snapshot),
    mainChanged: (mainWindow) => {
      if (mainWindow !== state.snapshot.mainWindow) state.update({ mainWindow })
    },
  })
  const texts = () => textsFor(state.snapshot.settings.language, app.getLocale())
  const open = (link: string | undefined) => {
    const place = link === undefined ? undefined : parseLink(link)
    if (place === undefined) windows.showMain()
    else windows.navigate(place)
  }

  const sharing = new ScreenSharing(() => windows.all)
  secureSession(path.join(out, 'renderer'), sharing)
  const mediaPorts = createMediaPorts()
  const runtime = new Runtime({
    state,
    profile,
    log,
    out,
    mediaPorts,
    shown: windows.shown,
    service: options.service,
  })
  registerRequests(requestHandlers({ runtime, windows, mediaPorts, sharing }), {
    windowOf: (contents) => windows.kindOf(contents),
    refused: (request, reason) => {
      log.warn({ request, reason }, 'a request was refused')
    },
    failed: (request, error) => {
      log.error({ request, error }, 'a request failed')
    },
  })
  open(options.link)

  app.setAboutPanelOptions({ applicationName: texts().app, applicationVersion: app.getVersion() })
  const showMain = () => void windows.showMain()
  let menuLanguage: object | undefined
  const dress = () => {
    const current = texts()
    if (current === menuLanguage) return
    menuLanguage = current
    setApplicationMenu(current, (place) => {
      windows.navigate(place)
    })
  }
  dress()
  const notifications = new Notifications(showMain)
  const globalMute = new GlobalMute({
    shortcuts: globalShortcut,
    setMedia: (callId, media) => {
      setMedia(runtime, callId, media)
    },
    taken: (muteShortcutTaken) => {
      if (muteShortcutTaken !== state.snapshot.muteShortcutTaken) state.update({ muteShortcutTaken })
    },
  })
  state.onChange((snapshot, before) => {
    globalMute.follow(snapshot)
    windows.showTheme(snapshot.settings.theme)
    dress()
    windows.follow(snapshot)
    notifications.follow(snapshot, before, texts())
    tray?.follow(snapshot, texts())
  })

  powerMonitor.on('resume', () => {
    runtime.resumed()
  })
  powerMonitor.on('unlock-screen', () => {
    runtime.networkChanged(UNKNOWN_CHANGE)
  })
  watchNetwork({
    clock: systemClock,
    changed: (change) => {
      runtime.networkChanged(change)
    },
  })
  app.on('activate', showMain)
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin' && tray === undefined) app.quit()
  })
  quitGracefully(runtime, log)

  void trayAvailable().then((available) => {
    if (!available) return
    tray = createTray(process.platform === 'darwin' ? trayTemplate : trayColour, showMain)
    tray?.follow(state.snapshot, texts())
  })
  runtime.open().catch((error: unknown) => {
    log.fatal({ error }, 'the app could not start')
    const problem = error instanceof UnusableProfileError ? error.problem : 'failed'
    dialog.showErrorBox(texts().notStartedTitle, texts().profileUnusable[problem])
    endProcess(1)
  })
  return { open }
}

function isInCall({ call, group }: Snapshot): boolean {
  return [call, group].some((one) => one !== undefined && one.phase.kind !== 'ended')
}

/** Hanging up takes a third of a second, stopping the service a little more; nothing may keep the process longer than this. */
const QUIT_LIMIT_MS = 3000

/** A call is hung up, the service stopped and the database closed before the process ends. */
function quitGracefully(runtime: Runtime, log: Log): void {
  let closing = false
  app.on('will-quit', (event) => {
    event.preventDefault()
    if (closing) return
    closing = true
    const limit = new Promise<void>((resolve) => setTimeout(resolve, QUIT_LIMIT_MS))
    void Promise.race([runtime.close(), limit])
      .catch((error: unknown) => {
        log.error({ error }, 'closing failed')
      })
      .finally(() => {
        endProcess(0)
      })
  })
}
