/**
 * This folder is the only user of `ipcMain` and of message ports: requests, notices, media ports. Whatever a renderer sends is
 * checked here for its sender and its shape before anyone else sees it. What a request means is known to `src-main/app`.
 *
 * One validator a request, typed against the contract; no Electron in this file.
 */
import * as v from 'valibot'
import { MEMBERS_MAX } from '../../src-shared/group/membership.ts'
import { CHAT_TEXT_MAX } from '../../src-shared/group/record-content.ts'
import { HANDLE_MAX } from '../../src-shared/identity/handle.ts'
import type { RequestName, Requests } from '../../src-shared/ipc/contract.ts'
import { REACTIONS } from '../../src-shared/ipc/group-view.ts'
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import { SETTING_SCHEMAS } from '../store/settings-defaults.ts'

type Schemas = { readonly [Name in RequestName]: v.GenericSchema<unknown, Requests[Name]['argument']> }

/** UTF-16 units. Spaces around a handle are the person's; `normaliseHandle` decides. */
const handle = v.pipe(v.string(), v.maxLength(HANDLE_MAX))
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100))
const accountId = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const callId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))
const historyId = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
/** A DNS name of 253 characters, a scheme, a port and a path. */
const serviceAddress = v.pipe(v.string(), v.maxLength(300))
const nothing = v.undefined()
/** certHash */
const member = accountId
/** The longest host name, and what a link adds to it. */
const LINK_TEXT_MAX = 600
const people = v.pipe(v.array(handle), v.minLength(1), v.maxLength(MEMBERS_MAX - 1))
const media = v.strictObject({ audio: v.boolean(), video: v.boolean(), screen: v.boolean() })
/** Electron's: kind, the system's number, and one of its own. */
const screenId = v.pipe(v.string(), v.regex(/^(?:screen|window):\d{1,20}:\d{1,20}$/))
/** Nobody begins or answers a call with a screen: it is picked in the call. */
const mediaAtFirst = v.strictObject({ ...media.entries, screen: v.literal(false) })

export const REQUEST_SCHEMAS: Schemas = {
  'snapshot.get': nothing,

  'account.checkHandle': handle,
  'account.create': v.strictObject({ name, handle }),
  'account.rename': name,
  'startup.retry': nothing,
  'service.use': v.optional(serviceAddress),

  'contact.find': handle,
  'contact.add': v.strictObject({ handle, name }),
  'contact.rename': v.strictObject({ accountId, name }),
  'contact.remove': accountId,
  'contact.block': v.strictObject({ accountId, blocked: v.boolean() }),
  'contact.setVerified': v.strictObject({ accountId, verified: v.boolean() }),
  'contact.acceptNewKey': handle,
  'contact.safetyNumber': accountId,

  'history.remove': historyId,
  'history.clear': nothing,
  'history.markSeen': nothing,

  'settings.update': v.strictObject({
    theme: v.exactOptional(SETTING_SCHEMAS.theme),
    hideAddress: v.exactOptional(SETTING_SCHEMAS.hideAddress),
    preferredSuite: v.exactOptional(SETTING_SCHEMAS.preferredSuite),
    cameraId: v.exactOptional(SETTING_SCHEMAS.cameraId),
    microphoneId: v.exactOptional(SETTING_SCHEMAS.microphoneId),
    speakerId: v.exactOptional(SETTING_SCHEMAS.speakerId),
    echoCancellation: v.exactOptional(SETTING_SCHEMAS.echoCancellation),
    noiseSuppression: v.exactOptional(SETTING_SCHEMAS.noiseSuppression),
    automaticGain: v.exactOptional(SETTING_SCHEMAS.automaticGain),
    pushToTalk: v.exactOptional(SETTING_SCHEMAS.pushToTalk),
    muteShortcut: v.exactOptional(SETTING_SCHEMAS.muteShortcut),
    videoCodec: v.exactOptional(SETTING_SCHEMAS.videoCodec),
    floatingWindow: v.exactOptional(SETTING_SCHEMAS.floatingWindow),
    ringtone: v.exactOptional(SETTING_SCHEMAS.ringtone),
    contactsOnly: v.exactOptional(SETTING_SCHEMAS.contactsOnly),
    language: v.exactOptional(SETTING_SCHEMAS.language),
  }),

  'call.start': v.strictObject({ handle, media: mediaAtFirst }),
  'call.accept': v.strictObject({ callId, media: mediaAtFirst }),
  'call.decline': callId,
  'call.end': callId,
  'call.setMedia': v.strictObject({ callId, media }),
  'call.dismiss': callId,
  'call.openMediaPort': callId,

  'group.start': v.strictObject({
    handles: v.pipe(v.array(handle), v.maxLength(MEMBERS_MAX - 1)),
    media: mediaAtFirst,
  }),
  'group.upgrade': v.strictObject({ callId, handles: people }),
  'group.invite': v.strictObject({ callId, handles: people }),
  'group.join': v.strictObject({ callId, media: mediaAtFirst }),
  'group.forget': callId,
  'group.remove': v.strictObject({ callId, member }),
  'group.setHost': v.strictObject({ callId, member, host: v.boolean() }),
  'group.askToMute': v.strictObject({ callId, member }),
  'group.raiseHand': v.strictObject({ callId, up: v.boolean() }),
  'group.react': v.strictObject({ callId, emoji: v.picklist(REACTIONS) }),
  'group.say': v.strictObject({ callId, text: v.pipe(v.string(), v.minLength(1), v.maxBytes(CHAT_TEXT_MAX)) }),
  'group.markChatRead': callId,
  'group.createLink': v.strictObject({ callId, hours: v.picklist([1, 24, 168]) }),
  'group.withdrawLink': callId,
  'group.knock': v.strictObject({ link: v.pipe(v.string(), v.maxLength(LINK_TEXT_MAX)), media: mediaAtFirst }),
  'group.admit': v.strictObject({ callId, guest: member }),
  'group.refuse': v.strictObject({ callId, guest: member }),
  'group.compareWords': callId,

  'screen.sources': nothing,
  'screen.pick': v.strictObject({ id: screenId, sound: v.boolean() }),

  'window.setFullScreen': v.boolean(),
  'window.show': nothing,
}

/** The names, in the type of the contract. */
export const REQUEST_NAMES: readonly RequestName[] = Object.keys(REQUEST_SCHEMAS).filter(isRequestName)

function isRequestName(candidate: string): candidate is RequestName {
  return Object.hasOwn(REQUEST_SCHEMAS, candidate)
}

export function checkArgument<Name extends RequestName>(
  request: Name,
  argument: unknown,
): Result<Requests[Name]['argument'], 'malformed'> {
  const checked = v.safeParse(REQUEST_SCHEMAS[request], argument)
  // `Schemas` binds each name to its argument's type; TypeScript does not follow the index through safeParse.
  return checked.success ? success(checked.output as Requests[Name]['argument']) : failure('malformed')
}

/** The small window answers a call and does nothing else. */
const OF_INCOMING_WINDOW: ReadonlySet<RequestName> = new Set(['snapshot.get', 'call.accept', 'call.decline'])

export type WindowKind = 'main' | 'incoming'

export function mayAsk(window: WindowKind, request: RequestName): boolean {
  return window === 'main' || OF_INCOMING_WINDOW.has(request)
}
