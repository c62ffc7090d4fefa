/** Every state that a screen can be in, as the snapshot that main would push. */
import type { GroupView } from '../../src-shared/ipc/group-view.ts'
import type { RequestName } from '../../src-shared/ipc/contract.ts'
import type {
  CallPhase,
  CallProof,
  CallView,
  EndReason,
  IncomingView,
  KeychainProblem,
  Settings,
  Snapshot,
} from '../../src-shared/ipc/snapshot.ts'
import { chat, crowd, inGroup, joinable, lobby, members } from './group-states.ts'
import { CONTACTS, history, LONG_CONTACTS, LONG_ME, ME } from './people.ts'

export interface State {
  readonly snapshot: Snapshot
  /** Requests that never answer here, to see what is shown meanwhile. */
  readonly slow?: readonly RequestName[]
}

const MINUTE = 60_000

const settings: Settings = {
  theme: 'system',
  hideAddress: false,
  preferredSuite: 'AES_256_CM_HMAC_SHA1_80',
  cameraId: undefined,
  microphoneId: undefined,
  speakerId: undefined,
  echoCancellation: true,
  noiseSuppression: true,
  automaticGain: true,
  pushToTalk: false,
  muteShortcut: undefined,
  videoCodec: 'automatic',
  floatingWindow: true,
  ringtone: true,
  contactsOnly: false,
  language: 'system',
}

type Build = (base: Snapshot, now: number) => State

const call = (base: Snapshot, now: number, phase: CallPhase, rest: Partial<CallView> = {}): Snapshot => {
  const talking = phase.kind === 'connected' || phase.kind === 'reconnecting' || phase.kind === 'ended'
  const proof: CallProof = {
    verification: 'unverified',
    safetyWords: ['copper', 'meadow', 'violin', 'harbour'],
    suite: 'AES_256_CM_HMAC_SHA1_80',
    path: 'direct',
    keysSince: now - 12 * MINUTE - 31_000,
  }
  return {
    ...base,
    call: {
      callId: '0b'.repeat(16),
      behindGroup: false,
      direction: 'outgoing',
      name: base.contacts[0]?.name ?? 'Mara',
      handle: base.contacts[0]?.handle ?? 'mara',
      accountId: base.contacts[0]?.accountId,
      phase,
      local: { audio: true, video: true, screen: false },
      remote: { audio: talking, video: talking, screen: false },
      proof: talking ? proof : undefined,
      connectedAt: talking ? now - 12 * MINUTE - 31_000 : undefined,
      ...rest,
    },
  }
}

const inCall =
  (phase: CallPhase, rest: Partial<CallView> = {}): Build =>
  (base, now) => ({ snapshot: call(base, now, phase, rest) })

const ended =
  (reason: EndReason, rest: Partial<CallView> = {}): Build =>
  (base, now) => ({ snapshot: call(base, now, { kind: 'ended', reason }, rest) })

const inAGroup =
  (rest: Partial<GroupView>): Build =>
  (base, now) => ({ snapshot: inGroup(base, now, rest) })

const neverConnected = { connectedAt: undefined, proof: undefined } as const

const incoming =
  (rest: Partial<IncomingView>): Build =>
  (base) => ({
    snapshot: {
      ...base,
      incoming: {
        callId: '0c'.repeat(16),
        name: base.contacts[0]?.name ?? 'Mara',
        handle: base.contacts[0]?.handle ?? 'mara',
        verification: 'verified',
        inContacts: true,
        video: true,
        group: undefined,
        ...rest,
      },
    },
  })

const keychain =
  (reason: KeychainProblem): Build =>
  (base) => ({ snapshot: { ...base, startup: { kind: 'no-keychain', reason } } })

const proofed =
  (rest: Partial<CallProof>): Build =>
  (base, now) => {
    const snapshot = call(base, now, { kind: 'connected' })
    const view = snapshot.call
    return { snapshot: { ...snapshot, call: view?.proof && { ...view, proof: { ...view.proof, ...rest } } } }
  }

const plain: Build = (base) => ({ snapshot: base })

const states = {
  opening: (base) => ({ snapshot: { ...base, startup: { kind: 'opening' } } }),
  'keychain-missing': keychain('missing'),
  'keychain-locked': keychain('locked'),
  'keychain-changed': keychain('changed'),
  'keychain-damaged': keychain('damaged'),
  welcome: (base) => ({ snapshot: { ...base, startup: { kind: 'no-account' }, contacts: [], history: [] } }),
  'welcome-elsewhere': (base) => ({
    snapshot: {
      ...base,
      startup: { kind: 'no-account' },
      service: { kind: 'connecting', address: 'calls.example.org', embedded: false },
    },
  }),
  empty: (base) => ({ snapshot: { ...base, contacts: [], history: [] } }),
  people: plain,
  looking: (base) => ({ snapshot: base, slow: ['contact.find'] }),
  offline: (base) => ({ snapshot: { ...base, service: { ...base.service, kind: 'offline' } } }),
  connecting: (base) => ({ snapshot: { ...base, service: { ...base.service, kind: 'connecting' } } }),
  'call-calling': inCall({ kind: 'calling' }),
  'call-ringing': inCall({ kind: 'ringing' }),
  'call-ringing-audio': inCall({ kind: 'ringing' }, { local: { audio: true, video: false, screen: false } }),
  'call-connecting': inCall({ kind: 'connecting' }),
  'call-connected': inCall({ kind: 'connected' }),
  'call-stranger': inCall(
    { kind: 'connected' },
    { name: 'Mara Lindqvist', handle: 'mara.l1ndqvist', accountId: undefined },
  ),
  'call-camera-off': inCall({ kind: 'connected' }, { remote: { audio: true, video: false, screen: false } }),
  'call-audio': inCall(
    { kind: 'connected' },
    { remote: { audio: true, video: false, screen: false }, local: { audio: true, video: false, screen: false } },
  ),
  'call-muted': inCall(
    { kind: 'connected' },
    { remote: { audio: false, video: true, screen: false }, local: { audio: false, video: true, screen: false } },
  ),
  'call-screen': inCall({ kind: 'connected' }, { remote: { audio: true, video: true, screen: true } }),
  'call-screen-alone': inCall(
    { kind: 'connected' },
    { remote: { audio: true, video: false, screen: true }, local: { audio: true, video: false, screen: false } },
  ),
  'call-reconnecting': inCall({ kind: 'reconnecting', until: Date.now() + 24_000 }),
  'call-verified': proofed({ verification: 'verified', path: 'relay' }),
  'call-no-words': proofed({ safetyWords: undefined }),
  'call-key-changed': proofed({ verification: 'key-changed' }),
  'ended-hung-up': ended('hung-up'),
  'ended-no-answer': ended('no-answer', neverConnected),
  'ended-busy': ended('busy', neverConnected),
  'ended-declined': ended('declined', { ...neverConnected, local: { audio: true, video: false, screen: false } }),
  'ended-insecure': ended('insecure', neverConnected),
  'ended-lost': ended('connection-lost'),
  'ended-unknown': ended('unknown-handle', { ...neverConnected, name: 'marra', handle: 'marra', accountId: undefined }),
  'incoming-video': incoming({}),
  'incoming-audio': incoming({ video: false, verification: 'unverified' }),
  'incoming-stranger': incoming({ name: 'pat', handle: 'pat', inContacts: false, verification: 'unverified' }),
  'incoming-claim': incoming({
    name: 'Mara Lindqvist',
    handle: 'mara.l1ndqvist',
    inContacts: false,
    verification: 'unverified',
  }),
  'incoming-group': incoming({
    group: [
      { name: 'Ada Okafor', handle: 'ada.okafor@example.org' },
      { name: 'jonas', handle: 'jonas' },
      { name: 'zoe', handle: 'zoe' },
    ],
  }),
  'group-calling': inAGroup({
    phase: { kind: 'calling' },
    connectedAt: undefined,
    proof: undefined,
    members: [],
    invitees: [
      { name: 'Mara Lindqvist', handle: 'mara', state: 'ringing' },
      { name: 'Zoë Brânză', handle: 'zoe', state: 'calling' },
    ],
  }),
  'group-two': inAGroup({ members: members(1) }),
  'group-four': inAGroup({}),
  'group-screen': inAGroup({
    members: members(4).map((one, at) => (at === 1 ? { ...one, media: { ...one.media, screen: true } } : one)),
  }),
  'group-seven': inAGroup(crowd()),
  'group-seventeen': inAGroup({ members: members(16) }),
  'group-full': inAGroup({ members: members(32) }),
  'group-chat': (base, now) => ({ snapshot: inGroup(base, now, { chat: chat(now), unreadChat: 2 }) }),
  'group-lobby': (base, now) => ({ snapshot: inGroup(base, now, lobby(now)) }),
  'group-knocking': inAGroup({
    members: [],
    proof: undefined,
    connectedAt: undefined,
    host: false,
    phase: { kind: 'knocking', at: { name: 'Mara Lindqvist', handle: 'mara' } },
  }),
  'group-unconfirmed': inAGroup({ paused: 'unconfirmed' }),
  'group-mute': inAGroup({ muteRequestBy: { name: 'Mara Lindqvist', handle: 'mara' } }),
  'group-reconnecting': inAGroup({ phase: { kind: 'reconnecting' } }),
  'group-removed': inAGroup({ phase: { kind: 'ended', reason: 'removed' } }),
  'group-left': (base, now) => ({
    snapshot: { ...inGroup(base, now, { phase: { kind: 'ended', reason: 'hung-up' } }), joinable: joinable(now) },
  }),
  'keys-taken': (base) => ({
    snapshot: {
      ...base,
      settings: { ...base.settings, pushToTalk: true, muteShortcut: 'Control+Shift+M' },
      muteShortcutTaken: true,
    },
  }),
  joinable: (base, now) => ({ snapshot: { ...base, joinable: joinable(now) } }),
  'incoming-key-changed': incoming({ name: 'Jonas Weber', handle: 'jonas', verification: 'key-changed' }),
} satisfies Readonly<Record<string, Build>>

export type StateName = keyof typeof states

export const STATE_NAMES = Object.keys(states) as readonly StateName[] // keys of an object literal: exactly these

export function stateNamed(name: string, long: boolean): State {
  const now = Date.now()
  const contacts = long ? LONG_CONTACTS : CONTACTS
  const base: Snapshot = {
    startup: { kind: 'ready', profile: long ? LONG_ME : ME },
    service: { kind: 'online', address: '192.168.1.20:8440', embedded: true },
    contacts,
    history: history(contacts, now),
    settings,
    call: undefined,
    group: undefined,
    incoming: undefined,
    joinable: [],
    muteShortcutTaken: false,
    mainWindow: 'front',
  }
  const build: Build | undefined = STATE_NAMES.includes(name as StateName) ? states[name as StateName] : undefined // just checked
  if (build === undefined) throw new Error(`no such state: ${name}`)
  return build(base, now)
}
