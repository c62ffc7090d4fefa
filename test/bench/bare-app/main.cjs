/**
 * What a user would use instead, for the bench: an Electron app of one window. With `--page=call.html` it holds
 * one RTCPeerConnection of Chromium; with `--page=empty.html` nothing at all.
 */
const { app, BrowserWindow, ipcMain, session } = require('electron')
const path = require('node:path')

const argument = (name) => process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3)
app.setPath('userData', argument('profile'))
ipcMain.handle('echo', (_event, value) => value)
void app.whenReady().then(() => {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(true))
  const window = new BrowserWindow({
    width: 1080,
    height: 760,
    webPreferences: { sandbox: !app.commandLine.hasSwitch('no-sandbox'), preload: path.join(__dirname, 'preload.cjs') },
  })
  void window.loadFile(path.join(__dirname, argument('page')))
})
app.on('window-all-closed', () => app.quit())
