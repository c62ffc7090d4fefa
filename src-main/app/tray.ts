/** The tray icon: whether one can be reached, and the way back to a hidden window. Some desktops have no tray; the app does without. */
import { app, Menu, nativeImage, Tray } from 'electron'
import type { Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { SessionBus } from '../keychain/session-bus.ts'
import { missedCalls } from './attention.ts'
import type { Texts } from './texts.ts'

export interface StatusTray {
  follow(snapshot: Snapshot, texts: Texts): void
  destroy(): void
}

/** Linux: only where the desktop has a place for it (StatusNotifierItem); elsewhere a hidden window would be lost. */
export async function trayAvailable(): Promise<boolean> {
  if (process.platform !== 'linux') return true
  try {
    const bus = await SessionBus.connect(process.env)
    if (bus === undefined) return false
    try {
      return await bus.hasOwner('org.kde.StatusNotifierWatcher')
    } finally {
      bus.close()
    }
  } catch {
    return false
  }
}

export function createTray(icon: string, show: () => void): StatusTray | undefined {
  const image = nativeImage.createFromPath(icon)
  if (image.isEmpty()) return undefined
  const fitting = image.resize({ height: process.platform === 'darwin' ? 18 : 22, quality: 'best' })
  fitting.setTemplateImage(process.platform === 'darwin')
  const tray = new Tray(fitting)
  tray.on('click', show)
  let shown = ''
  return {
    follow(snapshot, texts) {
      const lines = statusLines(snapshot, texts)
      const next = lines.join('\n')
      if (next === shown) return
      shown = next
      tray.setToolTip(next)
      tray.setContextMenu(
        Menu.buildFromTemplate([
          ...lines.map((label) => ({ label, enabled: false })),
          { type: 'separator' },
          { label: texts.show, click: show },
          {
            label: texts.quit,
            click: () => {
              app.quit()
            },
          },
        ]),
      )
    },
    destroy() {
      tray.destroy()
    },
  }
}

function statusLines(snapshot: Snapshot, texts: Texts): string[] {
  const status = { online: texts.trayOnline, connecting: texts.trayConnecting, offline: texts.trayOffline }
  const missed = missedCalls(snapshot)
  return [status[snapshot.service.kind], ...(missed > 0 ? [texts.trayMissed(missed)] : [])]
}
