/** What the main process itself says: menus, tray, notifications. The pages have a language file of their own. No Electron in this file. */
import type { Settings } from '../../src-shared/ipc/snapshot.ts'

const english = {
  app: 'Sightline',
  about: 'About Sightline',
  file: 'File',
  newCall: 'New Call',
  newGroup: 'New Group Call',
  search: 'Search',
  settings: 'Settings…',
  close: 'Close Window',
  quit: 'Quit Sightline',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  selectAll: 'Select All',
  view: 'View',
  actualSize: 'Actual Size',
  zoomIn: 'Zoom In',
  zoomOut: 'Zoom Out',
  fullScreen: 'Full Screen',
  window: 'Window',
  minimize: 'Minimize',
  zoom: 'Zoom',
  bringAllToFront: 'Bring All to Front',
  help: 'Help',
  hide: 'Hide Sightline',
  hideOthers: 'Hide Others',
  showAll: 'Show All',
  services: 'Services',
  show: 'Show Sightline',
  trayOnline: 'Sightline: online',
  trayConnecting: 'Sightline: connecting',
  trayOffline: 'Sightline: offline',
  trayMissed: (count: number) => (count === 1 ? '1 missed call' : `${count} missed calls`),
  incomingVideo: 'Video call',
  incomingAudio: 'Audio call',
  incomingFrom: (name: string) => `${name} is calling`,
  missedCall: (name: string) => `You missed a call from ${name}`,
  notStartedTitle: 'Sightline did not start',
  profileUnusable: {
    full: 'The disk is full. Nothing was changed. Make some room, then start Sightline again.',
    newer: 'A newer version of Sightline has used this account. Nothing was changed. Install that version again.',
    failed:
      'The folder with your account cannot be read or written. Nothing was changed. Check that the disk is not full and that the folder belongs to you, then start Sightline again.',
  },
  debuggingBody: (name: string) =>
    `It was started with --${name}, which would let another program read your calls. Nothing was changed. Start it without this switch.`,
}

export type Texts = typeof english

/** By the language's code. */
const languages: ReadonlyMap<string, Texts> = new Map([['en', english]])

/** `systemLocale`: what the system prefers, such as `de-AT`; a language without a table reads English. */
export function textsFor(language: Settings['language'], systemLocale: string): Texts {
  const wanted = language === 'system' ? (systemLocale.split('-')[0] ?? '') : language
  return languages.get(wanted) ?? english
}
