/** System notifications and the badge: a call that comes in, a call that was missed. They show who calls and nothing else. */
import { app, BrowserWindow, Notification } from 'electron'
import type { Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { attention, missedCalls, whoCalls } from './attention.ts'
import type { Texts } from './texts.ts'

export class Notifications {
  readonly #show: () => void
  #ringing: Notification | undefined
  #badge = 0

  constructor(show: () => void) {
    this.#show = show
  }

  follow(now: Snapshot, before: Snapshot, texts: Texts): void {
    for (const event of attention(now, before)) {
      switch (event.kind) {
        case 'incoming':
          this.#ringing = this.#notify(
            texts.incomingFrom(whoCalls(now, event.incoming)),
            event.incoming.video ? texts.incomingVideo : texts.incomingAudio,
          )
          break
        case 'incoming-over':
          this.#ringing?.close()
          this.#ringing = undefined
          break
        case 'missed':
          if (BrowserWindow.getFocusedWindow() === null)
            this.#notify(texts.missedCall(whoCalls(now, event.entry)), texts.app)
          break
      }
    }
    const missed = missedCalls(now)
    if (missed === this.#badge) return
    this.#badge = missed
    app.setBadgeCount(missed)
  }

  #notify(title: string, body: string): Notification | undefined {
    if (!Notification.isSupported()) return undefined
    // The incoming window rings; the notification stays silent.
    const notification = new Notification({ title, body, silent: true })
    notification.on('click', this.#show)
    notification.show()
    return notification
  }
}
