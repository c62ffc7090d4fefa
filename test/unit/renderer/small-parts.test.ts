import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { createTranslate } from '../../../src-renderer/app/language/translator.ts'
import { keyNames, type KeyPress, shortcutOf } from '../../../src-renderer/app/shortcuts.ts'
import { deviceOptions, shownChoice } from '../../../src-renderer/features/devices/device-options.ts'
import { RINGBACK, RINGTONE } from '../../../src-renderer/features/incoming/melody.ts'
import { licences } from '../../../src-renderer/features/settings/licences.ts'
import { initials, personColour } from '../../../src-renderer/ui/initials.ts'

const t = createTranslate(en, 'en')
const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
})

describe('shortcutOf', () => {
  it('knows its keys by platform', () => {
    expect(shortcutOf(press('n', { ctrlKey: true }), 'linux')).toBe('new-call')
    expect(shortcutOf(press('n', { metaKey: true }), 'darwin')).toBe('new-call')
    expect(shortcutOf(press('N', { ctrlKey: true, shiftKey: true }), 'linux')).toBe('new-group')
    expect(shortcutOf(press('n', { ctrlKey: true }), 'darwin')).toBeUndefined()
    expect(shortcutOf(press('H', { ctrlKey: true, shiftKey: true }), 'win32')).toBe('end')
    expect(shortcutOf(press('h', { ctrlKey: true }), 'win32')).toBeUndefined()
    expect(shortcutOf(press('F11'), 'linux')).toBe('full-screen')
    expect(shortcutOf(press('f'), 'linux')).toBe('full-screen')
    expect(shortcutOf(press('f', { ctrlKey: true }), 'linux')).toBe('search')
  })

  it('leaves other keys alone', () => {
    expect(shortcutOf(press('n'), 'linux')).toBeUndefined()
    expect(shortcutOf(press('n', { ctrlKey: true, altKey: true }), 'linux')).toBeUndefined()
    expect(shortcutOf(press('n', { ctrlKey: true, metaKey: true }), 'linux')).toBeUndefined()
  })

  it('writes them as the platform does', () => {
    expect(keyNames('end', 'linux')).toEqual(['Ctrl', 'Shift', 'H'])
    expect(keyNames('end', 'darwin')).toEqual(['⇧', '⌘', 'H'])
    expect(keyNames('full-screen', 'win32')).toEqual(['F11'])
  })
})

describe('initials', () => {
  it.each([
    ['Mara Lindqvist', 'ML'],
    ['ada', 'A'],
    ['Maximilian von und zu Hohenberg', 'MH'],
    ['ada.okafor@example.org', 'AO'],
    ['zoë', 'Z'],
    ['éa ôb', 'ÉÔ'],
    ['小林 さくら', '小'],
    ['دانة الخالد', 'د'],
    ['  (Dr.) Who  ', 'DW'],
    ['🦊', ''],
  ])('of %s are %s', (name, letters) => {
    expect(initials(name)).toBe(letters)
  })

  it('come with one of eight colours that stays', () => {
    const colours = Array.from({ length: 200 }, (_, index) => personColour(`person-${String(index)}`))
    expect(new Set(colours).size).toBe(8)
    expect(Math.min(...colours)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...colours)).toBeLessThan(8)
    expect(personColour('Mara')).toBe(personColour('mara'))
  })
})

describe('deviceOptions', () => {
  const cameras = [
    { id: 'a', label: 'FaceTime HD' },
    { id: 'b', label: '' },
  ]

  it('begins with the default and numbers what has no name', () => {
    expect(deviceOptions(cameras, 'camera', t).map((option) => option.label)).toEqual([
      'System default',
      'FaceTime HD',
      'Camera 2',
    ])
  })

  it('shows a device that is gone as the default', () => {
    expect(shownChoice('a', cameras)).toBe('a')
    expect(shownChoice('gone', cameras)).toBe('')
    expect(shownChoice(undefined, cameras)).toBe('')
  })
})

describe('the melodies', () => {
  it.each([
    ['ringtone', RINGTONE],
    ['ringback', RINGBACK],
  ] as const)('%s: notes in order, in a comfortable range, with a rest at the end', (_name, melody) => {
    const starts = melody.notes.map((note) => note.at)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(melody.seconds - (starts.at(-1) ?? 0)).toBeGreaterThan(0.5)
    for (const note of melody.notes) {
      expect(note.hertz).toBeGreaterThan(200)
      expect(note.hertz).toBeLessThan(1500)
      expect(note.loudness).toBeLessThanOrEqual(1)
    }
  })
})

describe('the licences in the settings', () => {
  const root = path.resolve(import.meta.dirname, '../../..')
  const json = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>

  it('are those of the packages', () => {
    for (const { name, licence } of licences) {
      expect(json(path.join(root, 'node_modules', name, 'package.json'))['license'], name).toBe(licence)
    }
  })

  it('name everything that ships with the app', () => {
    const names = licences.map((entry) => entry.name)
    expect(names).toEqual(
      expect.arrayContaining(Object.keys(json(path.join(root, 'package.json'))['dependencies'] as object)),
    )
  })
})
