/** What each request of the contract does. */
import type { CallId, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import type { Calls } from '../calls/calls.ts'
import type { ElectronMediaPorts } from '../ipc/media-ports.ts'
import type { RequestHandlers } from '../ipc/requests.ts'
import { callLink } from './deep-link.ts'
import type { Runtime } from './runtime.ts'
import type { ScreenSharing } from './screen-sharing.ts'
import type { Windows } from './windows.ts'

export interface Behind {
  readonly runtime: Runtime
  readonly windows: Windows
  readonly mediaPorts: ElectronMediaPorts
  readonly sharing: ScreenSharing
}

export function requestHandlers({ runtime, windows, mediaPorts, sharing }: Behind): RequestHandlers {
  return {
    'snapshot.get': () => runtime.snapshot,

    'account.checkHandle': (handle) => runtime.checkHandle(handle),
    'account.create': (profile) => runtime.createAccount(profile),
    'account.rename': (name) => runtime.rename(name),
    'startup.retry': () => runtime.retryStartup(),
    'service.use': (address) => runtime.useService(address),

    'contact.find': (handle) => runtime.people.find(handle),
    'contact.add': ({ handle, name }) => runtime.people.add(handle, name),
    'contact.rename': ({ accountId, name }) => {
      runtime.people.rename(accountId, name)
    },
    'contact.remove': (accountId) => {
      runtime.people.remove(accountId)
    },
    'contact.block': ({ accountId, blocked }) => {
      runtime.people.block(accountId, blocked)
    },
    'contact.setVerified': ({ accountId, verified }) => {
      runtime.people.setVerified(accountId, verified)
    },
    'contact.acceptNewKey': (handle) => runtime.people.acceptNewKey(handle),
    'contact.safetyNumber': (accountId) => runtime.people.safetyNumber(accountId),

    'history.remove': (id) => runtime.changeHistory((history) => history.remove(id)),
    'history.clear': () => runtime.changeHistory((history) => history.clear()),
    'history.markSeen': () => runtime.changeHistory((history) => history.markSeen()),

    'settings.update': (changes) => runtime.updateSettings(changes),

    'call.start': ({ handle, media }) => {
      runtime.calls.start(handle, media)
    },
    'call.accept': ({ callId, media }) => {
      windows.showMain()
      kindOf(runtime, callId).accept(callId, media)
    },
    'call.decline': (callId) => {
      kindOf(runtime, callId).decline(callId)
    },
    'call.end': (callId) => {
      runtime.groups.oneToOneOver(callId, true)
      kindOf(runtime, callId).end(callId)
    },
    'call.setMedia': ({ callId, media }) => {
      setMedia(runtime, callId, media)
    },
    'call.dismiss': (callId) => {
      kindOf(runtime, callId).dismiss(callId)
    },
    'call.openMediaPort': (callId, sender) => {
      const { call, group, incoming } = runtime.snapshot
      if (group?.callId === callId && group.phase.kind !== 'ended') {
        const begins = !mediaPorts.wasHandedOver(callId) || !runtime.groups.mediaRestarted(callId)
        if (begins) mediaPorts.handOver(callId, sender, 'with-keys')
        return
      }
      // Also while it rings: nothing passes before the person's yes, but then the keys need not wait for a busy page.
      const isOn = call?.callId === callId && call.phase.kind !== 'ended'
      if (!isOn && incoming?.callId !== callId) return
      const renewed = mediaPorts.wasHandedOver(callId) && runtime.calls.mediaRestarted(callId)
      mediaPorts.handOver(callId, sender, renewed ? 'await-keys' : 'with-keys')
    },

    'group.start': ({ handles, media }) => runtime.groups.start(handles, media),
    'group.upgrade': ({ callId, handles }) => runtime.groups.upgrade(callId, handles),
    'group.invite': ({ callId, handles }) => {
      runtime.groups.invite(callId, handles)
    },
    'group.join': ({ callId, media }) => runtime.groups.join(callId, media),
    'group.forget': (callId) => {
      runtime.groups.forget(callId)
    },
    'group.remove': ({ callId, member }) => {
      runtime.groups.remove(callId, member)
    },
    'group.setHost': ({ callId, member, host }) => {
      runtime.groups.setHost(callId, member, host)
    },
    'group.askToMute': ({ callId, member }) => {
      runtime.groups.askToMute(callId, member)
    },
    'group.raiseHand': ({ callId, up }) => {
      runtime.groups.raiseHand(callId, up)
    },
    'group.react': ({ callId, emoji }) => {
      runtime.groups.react(callId, emoji)
    },
    'group.say': ({ callId, text }) => runtime.groups.say(callId, text),
    'group.markChatRead': (callId) => {
      runtime.groups.markChatRead(callId)
    },
    'group.createLink': ({ callId, hours }) => runtime.groups.createLink(callId, hours),
    'group.withdrawLink': (callId) => {
      runtime.groups.withdrawLink(callId)
    },
    'group.knock': ({ link, media }) => runtime.groups.knock(callLink(link) ?? link, media),
    'group.admit': ({ callId, guest }) => {
      runtime.groups.admit(callId, guest)
    },
    'group.refuse': ({ callId, guest }) => {
      runtime.groups.refuse(callId, guest)
    },
    'group.compareWords': (callId) => {
      runtime.groups.compareWords(callId)
    },

    'screen.sources': () => {
      if (!isTalking(runtime)) throw new Error('there is no call to share a screen in')
      return sharing.sources()
    },
    'screen.pick': (pick, sender) => (isTalking(runtime) && sharing.pick(sender.mainFrame, pick) ? 'picked' : 'gone'),

    'window.setFullScreen': (fullScreen, sender) => {
      windows.windowOf(sender)?.setFullScreen(fullScreen)
    },
    'window.show': () => {
      windows.showMain()
    },
  }
}

/** Also asked for by keys that work in any program. */
export function setMedia(runtime: Runtime, callId: CallId, media: MediaChoice): void {
  runtime.groups.oneToOneMedia(callId, media)
  kindOf(runtime, callId).setMedia(callId, media)
}

/** Whose call this is: both kinds answer to the same wishes. */
function kindOf(runtime: Runtime, callId: CallId): Pick<Calls, 'accept' | 'decline' | 'end' | 'setMedia' | 'dismiss'> {
  return runtime.groups.knows(callId) ? runtime.groups : runtime.calls
}

/** A page that is not in a call learns nothing of the other windows. */
function isTalking({ snapshot }: Runtime): boolean {
  const phases = [snapshot.call?.phase.kind, snapshot.group?.phase.kind]
  return phases.some((phase) => phase === 'connected' || phase === 'reconnecting')
}
