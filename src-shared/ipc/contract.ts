/**
 * Every message between renderer and main, declared once. Main validates each request and its sender (`src-main/ipc`);
 * the preload exposes exactly these names; the renderer reaches them through `src-renderer/bridge` only.
 */
import type { MemberId } from './group-view.ts'
import type { ScreenPick, ScreenSources } from './screen-sources.ts'
import type { AccountId, CallId, MediaChoice, Settings, Snapshot } from './snapshot.ts'

/** Request name → its one argument and its answer. All are `ipcRenderer.invoke`. */
export interface Requests {
  'snapshot.get': { argument: undefined; answer: Snapshot }

  'account.checkHandle': { argument: string; answer: HandleCheck }
  'account.create': { argument: { name: string; handle: string }; answer: CreateOutcome }
  'account.rename': { argument: string; answer: undefined }
  'startup.retry': { argument: undefined; answer: undefined }
  /** Another service's address (`host`, `host:port` or a `wss://` URL), `undefined` for the one inside the app. */
  'service.use': { argument: string | undefined; answer: 'changed' | 'invalid' }

  'contact.find': { argument: string; answer: FindOutcome }
  'contact.add': { argument: { handle: string; name: string }; answer: FindOutcome }
  'contact.rename': { argument: { accountId: AccountId; name: string }; answer: undefined }
  'contact.remove': { argument: AccountId; answer: undefined }
  'contact.block': { argument: { accountId: AccountId; blocked: boolean }; answer: undefined }
  /** Pins the account key as compared by the person (R8), or takes that back. */
  'contact.setVerified': { argument: { accountId: AccountId; verified: boolean }; answer: undefined }
  /** R7: the person has seen that the key changed and goes on with the new one, unverified. */
  'contact.acceptNewKey': { argument: string; answer: FindOutcome }
  /** Sixty digits in twelve groups of five (R8). */
  'contact.safetyNumber': { argument: AccountId; answer: readonly string[] | undefined }

  'history.remove': { argument: string; answer: undefined }
  'history.clear': { argument: undefined; answer: undefined }
  'history.markSeen': { argument: undefined; answer: undefined }

  'settings.update': { argument: Partial<Settings>; answer: undefined }

  /* `call.accept` to `call.openMediaPort` are for calls of both kinds: a group call's id is a CallId too. */
  'call.start': { argument: { handle: string; media: MediaChoice }; answer: undefined }
  'call.accept': { argument: { callId: CallId; media: MediaChoice }; answer: undefined }
  'call.decline': { argument: CallId; answer: undefined }
  /** Cancels while ringing, hangs up afterwards. */
  'call.end': { argument: CallId; answer: undefined }
  'call.setMedia': { argument: { callId: CallId; media: MediaChoice }; answer: undefined }
  /** Takes an ended call off the screen. */
  'call.dismiss': { argument: CallId; answer: undefined }
  /** Asks for the call's media port; it arrives as a `message` event on the window (media-port.ts). */
  'call.openMediaPort': { argument: CallId; answer: undefined }

  /** Founds a group call and invites these; with nobody, one that others come to by its link. `busy`: this device is in a call. */
  'group.start': { argument: { handles: readonly string[]; media: MediaChoice }; answer: GroupOutcome }
  /** The connected 1:1 call goes on as a group call, with these as well. */
  'group.upgrade': { argument: { callId: CallId; handles: readonly string[] }; answer: GroupOutcome }
  /** Into the running group call. Who cannot be found is among its invitees as such. */
  'group.invite': { argument: { callId: CallId; handles: readonly string[] }; answer: undefined }
  /** One of `Snapshot.joinable`. */
  'group.join': { argument: { callId: CallId; media: MediaChoice }; answer: GroupOutcome }
  /** Takes it off the list without joining. */
  'group.forget': { argument: CallId; answer: undefined }
  /** Hosts only. */
  'group.remove': { argument: { callId: CallId; member: MemberId }; answer: undefined }
  'group.setHost': { argument: { callId: CallId; member: MemberId; host: boolean }; answer: undefined }
  'group.askToMute': { argument: { callId: CallId; member: MemberId }; answer: undefined }
  'group.raiseHand': { argument: { callId: CallId; up: boolean }; answer: undefined }
  /** One emoji of `REACTIONS`. */
  'group.react': { argument: { callId: CallId; emoji: string }; answer: undefined }
  /** At most 4096 bytes of UTF-8. `not-sent`: nobody confirms the member list at present; the text is the person's to send again. */
  'group.say': { argument: { callId: CallId; text: string }; answer: 'sent' | 'not-sent' }
  'group.markChatRead': { argument: CallId; answer: undefined }
  /** R37: words that all members see alike. They appear in `GroupProof`. */
  /** Makes the call's link, in the place of the one that it has. */
  'group.createLink': { argument: { callId: CallId; hours: LinkHours }; answer: LinkOutcome }
  'group.withdrawLink': { argument: CallId; answer: undefined }
  /** Asks the host of a link's call to be let in. */
  'group.knock': { argument: { link: string; media: MediaChoice }; answer: KnockOutcome }
  'group.admit': { argument: { callId: CallId; guest: MemberId }; answer: undefined }
  'group.refuse': { argument: { callId: CallId; guest: MemberId }; answer: undefined }
  'group.compareWords': { argument: CallId; answer: undefined }

  /** What can be shared; only while a call is on. */
  'screen.sources': { argument: undefined; answer: ScreenSources }
  /** One of them: this page's next `getDisplayMedia`, within five seconds, captures it. `gone`: it is not there any more. */
  'screen.pick': { argument: ScreenPick; answer: 'picked' | 'gone' }

  'window.setFullScreen': { argument: boolean; answer: undefined }
  /** Brings the main window back to the front. */
  'window.show': { argument: undefined; answer: undefined }
}

export type RequestName = keyof Requests

export type HandleCheck = 'free' | 'taken' | 'invalid' | 'offline'
export type CreateOutcome = 'created' | 'taken' | 'invalid' | 'offline' | 'not-stored'
export type FindOutcome =
  | { readonly kind: 'found'; readonly accountId: AccountId; readonly handle: string; readonly keyChanged: boolean }
  | { readonly kind: 'unknown' | 'invalid' | 'offline' | 'refused' | 'self' }

export type GroupOutcome = 'started' | 'busy'

/** How long a link may be used. */
export type LinkHours = 1 | 24 | 168

export type LinkOutcome = 'made' | 'offline' | 'refused'

/**
 * `no-link`: not one to a call. `gone`: expired or withdrawn. `not-here`: of another service, which its address names. `own`: the host
 * is this person. `insecure`: its host is not who it was when the link was made, or cannot be checked.
 */
export type KnockOutcome = GroupOutcome | 'no-link' | 'gone' | 'not-here' | 'own' | 'offline' | 'insecure'

/** Main → renderer, by `webContents.send`. */
export interface Notices {
  snapshot: Snapshot
  /** A menu entry, a shortcut or a deep link asks for a place in the app. */
  navigate: {
    readonly to: 'new-call' | 'new-group' | 'search' | 'settings' | 'main'
    readonly handle?: string
    /** To a call. */
    readonly link?: string
  }
}

export type NoticeName = keyof Notices

/** What the preload puts on `window.sightline`. */
export interface Bridge {
  request<Name extends RequestName>(name: Name, argument: Requests[Name]['argument']): Promise<Requests[Name]['answer']>
  /** Returns a function that ends the subscription. */
  on<Name extends NoticeName>(name: Name, listener: (payload: Notices[Name]) => void): () => void
  readonly platform: 'darwin' | 'win32' | 'linux'
  readonly version: string
}
