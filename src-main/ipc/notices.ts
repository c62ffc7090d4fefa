/** Main → renderer messages of the contract. */
import type { WebContents } from 'electron'
import type { NoticeName, Notices } from '../../src-shared/ipc/contract.ts'
import { isOwnUrl, NOTICE_PREFIX } from './channels.ts'

/** Only to a page of ours: a window that is about to load, or shows something else, hears nothing. */
export function sendNotice<Name extends NoticeName>(to: WebContents, name: Name, payload: Notices[Name]): void {
  if (to.isDestroyed() || !isOwnUrl(to.mainFrame.url)) return
  to.send(`${NOTICE_PREFIX}${name}`, payload)
}
