/**
 * This folder is the bridge into the sandboxed pages and nothing else: it exposes `window.sightline` and hands the media port on.
 * CommonJS, with the few modules that a sandbox allows. It decides nothing; main checks every message.
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron'
import type { Bridge } from '../../src-shared/ipc/contract.ts'
import type { MediaPortHandover } from '../../src-shared/ipc/media-port.ts'
import { APP_ORIGIN, MEDIA_PORT_CHANNEL, NOTICE_PREFIX, REQUEST_PREFIX } from '../ipc/channels.ts'

const VERSION_SWITCH = '--sightline-version='

function platform(): Bridge['platform'] {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux'
}

const bridge: Bridge = {
  request: (name, argument) => ipcRenderer.invoke(`${REQUEST_PREFIX}${name}`, argument),
  on(name, listener) {
    const receive = (_event: IpcRendererEvent, payload: Parameters<typeof listener>[0]) => {
      listener(payload)
    }
    const channel = `${NOTICE_PREFIX}${name}`
    ipcRenderer.on(channel, receive)
    return () => ipcRenderer.off(channel, receive)
  },
  platform: platform(),
  version: process.argv.find((argument) => argument.startsWith(VERSION_SWITCH))?.slice(VERSION_SWITCH.length) ?? '',
}

contextBridge.exposeInMainWorld('sightline', bridge)

ipcRenderer.on(MEDIA_PORT_CHANNEL, (event, handover: MediaPortHandover) => {
  window.postMessage(handover, APP_ORIGIN, [...event.ports])
})
