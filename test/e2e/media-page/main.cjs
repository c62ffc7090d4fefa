/** The shell of the media page: one window under the app's scheme and content security policy, all devices and the screen allowed. */
const { app, BrowserWindow, desktopCapturer, net, protocol, session } = require('electron')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const argument = (name) => process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3)
const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self'",
  "connect-src 'self'",
  "media-src 'self' blob: mediastream:",
].join('; ')

app.setPath('userData', argument('profile'))
protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
])
void app.whenReady().then(() => {
  protocol.handle('app', async (request) => {
    const file = path.join(argument('page'), path.normalize(new URL(request.url).pathname))
    const answer = await net.fetch(pathToFileURL(file).href)
    const headers = new Headers(answer.headers)
    headers.set('Content-Security-Policy', CSP)
    return new Response(answer.body, { status: answer.status, headers })
  })
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(true))
  session.defaultSession.setDisplayMediaRequestHandler((request, give) => {
    const audio = request.audioRequested ? { audio: 'loopback' } : {}
    void desktopCapturer.getSources({ types: ['screen'] }).then(([video]) => give({ video, ...audio }))
  })
  const window = new BrowserWindow({
    width: 1100,
    height: 760,
    webPreferences: { sandbox: !app.commandLine.hasSwitch('no-sandbox'), backgroundThrottling: false },
  })
  void window.loadURL('app://page/index.html')
})
app.on('window-all-closed', () => app.quit())
