/** What no page may do, whatever its code says: set once for every session and every web contents, before the first window. */
import { app, protocol, type Session, session, type WebContents } from 'electron'
import { readFile } from 'node:fs/promises'
import { APP_ORIGIN, APP_SCHEME, isOwnUrl } from '../ipc/channels.ts'
import { pageFile, PAGE_HEADERS } from './page-files.ts'
import type { ScreenSharing } from './screen-sharing.ts'

/** Before `ready`. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set([
  'media',
  'fullscreen',
  'speaker-selection',
  'clipboard-sanitized-write',
])

/** After `ready`, before the first window. `pages`: the folder of the built renderer; `sharing`: who says what may be captured of the screen. */
export function secureSession(pages: string, sharing: ScreenSharing): void {
  const own = session.defaultSession
  own.protocol.handle(APP_SCHEME, async (request) => {
    const found = request.method === 'GET' ? pageFile(pages, request.url) : undefined
    if (found === undefined) return new Response(null, { status: 404, headers: PAGE_HEADERS })
    try {
      return new Response(await readFile(found.file), { headers: { ...PAGE_HEADERS, 'Content-Type': found.type } })
    } catch {
      return new Response(null, { status: 404, headers: PAGE_HEADERS })
    }
  })
  allowOnlyOwnMedia(own, sharing)
  sharing.serve(own)
  // The pages need no network of their own; media and signalling are the main process's.
  own.webRequest.onBeforeRequest((details, decide) => {
    const inside = isOwnUrl(details.url) || /^(?:data|blob|devtools|chrome-devtools):/.test(details.url)
    decide({ cancel: !inside })
  })
  own.on('will-download', (event) => {
    event.preventDefault()
  })
  own.setSpellCheckerEnabled(false)
}

function allowOnlyOwnMedia(own: Session, sharing: ScreenSharing): void {
  own.setPermissionRequestHandler((contents, permission, decide, details) => {
    const isOwn = ALLOWED_PERMISSIONS.has(permission) && isOwnPage(contents) && isOwnUrl(details.requestingUrl)
    decide(isOwn && (!isScreenCapture(permission, details) || sharing.admits(contents.mainFrame)))
  })
  own.setPermissionCheckHandler(
    (_contents, permission, origin) =>
      ALLOWED_PERMISSIONS.has(permission) && (origin === APP_ORIGIN || origin === `${APP_ORIGIN}/`),
  )
  own.setDevicePermissionHandler(() => false)
}

/**
 * Cameras and microphones are named. What names neither is the screen, also by `chromeMediaSource: 'desktop'`, an old way of
 * `getUserMedia` that asks nobody which screen.
 */
function isScreenCapture(
  permission: string,
  details: Electron.PermissionRequest | Electron.MediaAccessPermissionRequest,
) {
  const { mediaTypes = [] } = 'mediaTypes' in details ? details : {}
  return permission === 'media' && mediaTypes.length === 0
}

function isOwnPage(contents: WebContents): boolean {
  return isOwnUrl(contents.mainFrame.url)
}

/** Before the first window: no page opens, becomes or contains anything but what the app loaded into it. */
export function secureContents(packaged: boolean): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    contents.on('will-navigate', (event) => {
      event.preventDefault()
    })
    contents.on('will-frame-navigate', (event) => {
      event.preventDefault()
    })
    contents.on('will-redirect', (event) => {
      event.preventDefault()
    })
    contents.on('will-attach-webview', (event) => {
      event.preventDefault()
    })
    if (packaged) {
      contents.on('devtools-opened', () => {
        contents.closeDevTools()
      })
    }
  })
}
