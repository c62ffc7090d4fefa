/** What the person chose. A value that this version does not know (any more) falls back to its default by itself. */
import * as v from 'valibot'
import type { Settings } from '../../src-shared/ipc/snapshot.ts'
import { type SealedDatabase, text } from './database.ts'
import { DEFAULT_SETTINGS, SETTING_SCHEMAS } from './settings-defaults.ts'

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
        echoCancellation: one('echoCancellation'),
        noiseSuppression: one('noiseSuppression'),
        automaticGain: one('automaticGain'),
        pushToTalk: one('pushToTalk'),
        muteShortcut: one('muteShortcut'),
        videoCodec: one('videoCodec'),
        floatingWindow: one('floatingWindow'),
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
