/** What the person chose. A value that this version does not know (any more) falls back to its default by itself. */
import * as v from 'valibot'
import type { Settings } from '../../src-shared/ipc/snapshot.ts'
import { type SealedDatabase, text } from './database.ts'

const DEVICE_ID = v.optional(v.pipe(v.string(), v.maxLength(256)))

/** One validator a setting; the requests of the renderer are checked by the same ones. */
export const SETTING_SCHEMAS = {
  theme: v.picklist(['system', 'light', 'dark']),
  hideAddress: v.boolean(),
  preferredSuite: v.picklist(['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM']),
  cameraId: DEVICE_ID,
  microphoneId: DEVICE_ID,
  speakerId: DEVICE_ID,
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
  ringtone: true,
  contactsOnly: false,
  language: 'system',
}

export interface SettingsStore {
  all(): Settings
  /** A key with `undefined` goes back to its default. */
  update(changes: Partial<Settings>): void
}

export function createSettingsStore(database: SealedDatabase): SettingsStore {
  return {
    all() {
      const stored = new Map(
        database.all('SELECT key, value FROM settings', []).map(([key, value]) => [text(key), parsed(text(value))]),
      )
      const one = <const Key extends keyof Settings>(key: Key): Settings[Key] => {
        if (!stored.has(key)) return DEFAULT_SETTINGS[key]
        const checked = v.safeParse(SETTING_SCHEMAS[key], stored.get(key))
        // The schema of a key yields the type of that key; TypeScript does not follow the index through safeParse.
        return checked.success ? (checked.output as Settings[Key]) : DEFAULT_SETTINGS[key]
      }
      return {
        theme: one('theme'),
        hideAddress: one('hideAddress'),
        preferredSuite: one('preferredSuite'),
        cameraId: one('cameraId'),
        microphoneId: one('microphoneId'),
        speakerId: one('speakerId'),
        ringtone: one('ringtone'),
        contactsOnly: one('contactsOnly'),
        language: one('language'),
      }
    },
    update(changes) {
      database.transaction(() => {
        for (const [key, value] of Object.entries(changes)) {
          if (value === undefined) database.run('DELETE FROM settings WHERE key = ?', [key])
          else database.run('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)', [key, JSON.stringify(value)])
        }
      })
    },
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
