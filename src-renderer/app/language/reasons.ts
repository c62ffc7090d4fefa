/** Which words tell a person how things stand or what went wrong. A reason without one is a type error. */
import type { EndReason, KeychainProblem, Verification } from '../../../src-shared/ipc/snapshot.ts'
import type { DeviceKind, DeviceProblem } from '../../devices/media-session.ts'
import type { MessageKey } from './translator.ts'

/** Said on the call's last screen. */
export const endSentence: Readonly<Record<EndReason, MessageKey>> = {
  'hung-up': 'end.hungUp',
  declined: 'end.declined',
  busy: 'end.busy',
  'no-answer': 'end.noAnswer',
  cancelled: 'end.cancelled',
  'answered-elsewhere': 'end.answeredElsewhere',
  'connection-lost': 'end.connectionLost',
  failed: 'end.failed',
  insecure: 'end.insecure',
  offline: 'end.offline',
  'unknown-handle': 'end.unknownHandle',
  'key-changed': 'end.keyChanged',
  'no-devices': 'end.noDevices',
  removed: 'end.removed',
  'everyone-left': 'end.everyoneLeft',
  'not-admitted': 'end.notAdmitted',
}

/** Said in a line of the history. */
export const endWord: Readonly<Record<EndReason, MessageKey>> = {
  'hung-up': 'ended.hungUp',
  declined: 'ended.declined',
  busy: 'ended.busy',
  'no-answer': 'ended.noAnswer',
  cancelled: 'ended.cancelled',
  'answered-elsewhere': 'ended.answeredElsewhere',
  'connection-lost': 'ended.connectionLost',
  failed: 'ended.failed',
  insecure: 'ended.insecure',
  offline: 'ended.offline',
  'unknown-handle': 'ended.unknownHandle',
  'key-changed': 'ended.keyChanged',
  'no-devices': 'ended.noDevices',
  removed: 'ended.removed',
  'everyone-left': 'ended.everyoneLeft',
  'not-admitted': 'ended.notAdmitted',
}

/** How far one can be sure of who the other is. */
export const verificationWord: Readonly<Record<Verification, MessageKey>> = {
  verified: 'verify.verified',
  unverified: 'verify.unverified',
  'key-changed': 'verify.keyChanged',
}

type Platform = 'darwin' | 'win32' | 'linux'

export interface Explanation {
  readonly title: MessageKey
  readonly body: MessageKey
  readonly steps: Readonly<Record<Platform, readonly MessageKey[]>>
}

export const keychainExplanation: Readonly<Record<KeychainProblem, Explanation>> = {
  missing: {
    title: 'keychain.title.missing',
    body: 'keychain.body.missing',
    steps: {
      linux: ['keychain.step.linux.install', 'keychain.step.linux.login'],
      darwin: ['keychain.step.darwin.unlock', 'keychain.step.restart'],
      win32: ['keychain.step.win32.signIn', 'keychain.step.restart'],
    },
  },
  locked: {
    title: 'keychain.title.locked',
    body: 'keychain.body.locked',
    steps: {
      linux: ['keychain.step.linux.unlock', 'keychain.step.linux.login'],
      darwin: ['keychain.step.darwin.unlock', 'keychain.step.darwin.allow'],
      win32: ['keychain.step.win32.signIn', 'keychain.step.restart'],
    },
  },
  changed: {
    title: 'keychain.title.changed',
    body: 'keychain.body.changed',
    steps: {
      linux: ['keychain.step.linux.desktop', 'keychain.step.linux.unlock'],
      darwin: ['keychain.step.darwin.allow', 'keychain.step.darwin.restore'],
      win32: ['keychain.step.win32.profile', 'keychain.step.win32.signIn'],
    },
  },
  damaged: {
    title: 'keychain.title.damaged',
    body: 'keychain.body.damaged',
    steps: {
      linux: ['keychain.step.restore', 'keychain.step.restart'],
      darwin: ['keychain.step.restore', 'keychain.step.restart'],
      win32: ['keychain.step.restore', 'keychain.step.restart'],
    },
  },
}

export const deviceSentence: Readonly<Record<DeviceKind, Readonly<Record<DeviceProblem, MessageKey>>>> = {
  camera: {
    'not-found': 'device.camera.notFound',
    denied: 'device.camera.denied',
    'in-use': 'device.camera.inUse',
    interrupted: 'device.camera.interrupted',
    failed: 'device.camera.failed',
  },
  microphone: {
    'not-found': 'device.microphone.notFound',
    denied: 'device.microphone.denied',
    'in-use': 'device.microphone.inUse',
    interrupted: 'device.microphone.interrupted',
    failed: 'device.microphone.failed',
  },
  speaker: {
    'not-found': 'device.speaker.notFound',
    denied: 'device.speaker.denied',
    'in-use': 'device.speaker.inUse',
    interrupted: 'device.speaker.failed',
    failed: 'device.speaker.failed',
  },
}
