import { describe, expect, test, vi } from 'vitest'
import * as fc from 'fast-check'
import { GlobalMute } from '../../../src-main/app/global-mute.ts'
import { acceleratorNames, acceleratorOf, isAccelerator } from '../../../src-shared/ipc/accelerator.ts'
import type { Snapshot } from '../../../src-shared/ipc/snapshot.ts'

const KEYS = 'Control+Shift+M'

function setUp(owned: readonly string[] = []) {
  const registered = new Map<string, () => void>()
  const setMedia = vi.fn()
  const taken = vi.fn()
  const mute = new GlobalMute({
    shortcuts: {
      register(accelerator, pressed) {
        if (owned.includes(accelerator)) return false
        registered.set(accelerator, pressed)
        return true
      },
      unregister: (accelerator) => void registered.delete(accelerator),
    },
    setMedia,
    taken,
  })
  return { mute, registered, setMedia, taken }
}

/** What the keys depend on. */
function snapshot(muteShortcut: string | undefined, audio?: boolean, kind = 'connected'): Snapshot {
  const call = audio === undefined ? undefined : { callId: 'c', local: { audio, video: true }, phase: { kind } }
  // The rest of a snapshot is not looked at.
  return { settings: { muteShortcut }, call, group: undefined } as unknown as Snapshot
}

describe('keys that work in any program', () => {
  test('belong to the app during a call only', () => {
    const { mute, registered } = setUp()
    mute.follow(snapshot(KEYS))
    expect(registered.size).toBe(0)
    mute.follow(snapshot(KEYS, true))
    expect([...registered.keys()]).toEqual([KEYS])
    mute.follow(snapshot('F9', true))
    expect([...registered.keys()]).toEqual(['F9'])
    mute.follow(snapshot('F9', true, 'ended'))
    expect(registered.size).toBe(0)
    mute.follow(snapshot(undefined, true))
    expect(registered.size).toBe(0)
  })

  test('mute, and unmute', () => {
    const { mute, registered, setMedia } = setUp()
    mute.follow(snapshot(KEYS, true))
    registered.get(KEYS)?.()
    expect(setMedia).toHaveBeenLastCalledWith('c', { audio: false, video: true })
    mute.follow(snapshot(KEYS, false))
    registered.get(KEYS)?.()
    expect(setMedia).toHaveBeenLastCalledWith('c', { audio: true, video: true })
  })

  test('are said to be another program’s when they are chosen, and free when others are', () => {
    const { mute, taken } = setUp([KEYS])
    mute.follow(snapshot(KEYS))
    expect(taken).toHaveBeenLastCalledWith(true)
    mute.follow(snapshot('F9'))
    expect(taken).toHaveBeenLastCalledWith(false)
    mute.follow(snapshot(KEYS, true))
    expect(taken).toHaveBeenLastCalledWith(true)
    mute.follow(snapshot(undefined))
    expect(taken).toHaveBeenLastCalledWith(false)
  })
})

describe('the notation', () => {
  const held = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false }

  test('is made of physical keys, in one order', () => {
    expect(acceleratorOf({ ...held, code: 'KeyM', shiftKey: true, ctrlKey: true })).toBe(KEYS)
    expect(acceleratorOf({ ...held, code: 'F9' })).toBe('F9')
    expect(acceleratorOf({ ...held, code: 'Digit1', metaKey: true })).toBe('Super+1')
  })

  test('keys that others type with are none', () => {
    for (const code of ['KeyM', 'Space', 'ControlLeft', 'Escape', 'F25']) {
      expect(acceleratorOf({ ...held, code, shiftKey: true })).toBeUndefined()
    }
    for (const text of [
      '',
      'M',
      'Shift+M',
      'Shift+Control+M',
      'Control+Control+M',
      'Control+',
      'Control+M+M',
      'Hyper+M',
    ])
      expect(isAccelerator(text)).toBe(false)
  })

  test('whatever is held, what comes out is one, or nothing', () => {
    const code = fc.oneof(fc.constantFrom('KeyA', 'F12', 'Minus', 'ArrowUp', 'Digit0'), fc.string())
    const keys = fc.record({
      code,
      ctrlKey: fc.boolean(),
      altKey: fc.boolean(),
      shiftKey: fc.boolean(),
      metaKey: fc.boolean(),
    })
    fc.assert(
      fc.property(keys, (pressed) => {
        const accelerator = acceleratorOf(pressed)
        expect(accelerator === undefined || isAccelerator(accelerator)).toBe(true)
      }),
    )
  })

  test('is shown as each platform writes it', () => {
    expect(acceleratorNames(KEYS, 'darwin')).toEqual(['⌃', '⇧', 'M'])
    expect(acceleratorNames(KEYS, 'linux')).toEqual(['Ctrl', 'Shift', 'M'])
  })
})
