/** What each request of the contract does. */
import type { ElectronMediaPorts } from '../ipc/media-ports.ts'
import type { RequestHandlers } from '../ipc/requests.ts'
import type { Runtime } from './runtime.ts'
import type { Windows } from './windows.ts'

export function requestHandlers(runtime: Runtime, windows: Windows, mediaPorts: ElectronMediaPorts): RequestHandlers {
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
      runtime.calls.accept(callId, media)
    },
    'call.decline': (callId) => {
      runtime.calls.decline(callId)
    },
    'call.end': (callId) => {
      runtime.calls.end(callId)
    },
    'call.setMedia': ({ callId, media }) => {
      runtime.calls.setMedia(callId, media)
    },
    'call.dismiss': (callId) => {
      runtime.calls.dismiss(callId)
    },
    'call.openMediaPort': (callId, sender) => {
      const { call, incoming } = runtime.snapshot
      // Also while it rings: nothing passes before the person's yes, but then the keys need not wait for a busy page.
      const isOn = call?.callId === callId && call.phase.kind !== 'ended'
      if (!isOn && incoming?.callId !== callId) return
      const renewed = mediaPorts.wasHandedOver(callId) && runtime.calls.mediaRestarted(callId)
      mediaPorts.handOver(callId, sender, renewed ? 'await-keys' : 'with-keys')
    },

    'window.setFullScreen': (fullScreen, sender) => {
      windows.windowOf(sender)?.setFullScreen(fullScreen)
    },
  }
}
