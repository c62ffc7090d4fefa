/** What each setting may be, and what it is until the person chooses. Without the database, so that requests are checked before it is loaded. */
import * as v from 'valibot'
import { isAccelerator } from '../../src-shared/ipc/accelerator.ts'
import type { Settings } from '../../src-shared/ipc/snapshot.ts'
import { VIDEO_CODECS } from '../../src-shared/media/payload-types.ts'

const DEVICE_ID = v.optional(v.pipe(v.string(), v.maxLength(256)))

/** One validator a setting; the requests of the renderer are checked by the same ones. */
export const SETTING_SCHEMAS = {
  theme: v.picklist(['system', 'light', 'dark']),
  hideAddress: v.boolean(),
  preferredSuite: v.picklist(['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM']),
  cameraId: DEVICE_ID,
  microphoneId: DEVICE_ID,
  speakerId: DEVICE_ID,
  echoCancellation: v.boolean(),
  noiseSuppression: v.boolean(),
  automaticGain: v.boolean(),
  pushToTalk: v.boolean(),
  muteShortcut: v.optional(v.pipe(v.string(), v.maxLength(64), v.check(isAccelerator))),
  videoCodec: v.picklist(['automatic', ...VIDEO_CODECS]),
  floatingWindow: v.boolean(),
  ringtone: v.boolean(),
  contactsOnly: v.boolean(),
  language: v.picklist(['system', 'en']),
} as const satisfies Readonly<Record<keyof Settings, v.GenericSchema>>

export const DEFAULT_SETTINGS: Settings = {
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
