/** When the small window of a call comes and goes. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  floatingAfter,
  type FloatingState,
  type Surroundings,
} from '../../../src-renderer/features/floating/floating-state.ts'

const left: Surroundings = { enabled: true, inCall: true, mainWindow: 'away', sharing: false }

const surroundings = fc.record({
  enabled: fc.boolean(),
  inCall: fc.boolean(),
  mainWindow: fc.constantFrom('front' as const, 'behind' as const, 'away' as const),
  sharing: fc.boolean(),
})

describe('the small window', () => {
  it('opens when the main one is minimised or hidden during a call', () => {
    expect(floatingAfter('closed', left)).toBe('open')
    expect(floatingAfter('closed', { ...left, mainWindow: 'front' })).toBe('closed')
    expect(floatingAfter('closed', { ...left, inCall: false })).toBe('closed')
    expect(floatingAfter('closed', { ...left, enabled: false })).toBe('closed')
  })

  it('opens behind another window only for who shares their screen', () => {
    expect(floatingAfter('closed', { ...left, mainWindow: 'behind' })).toBe('closed')
    expect(floatingAfter('closed', { ...left, mainWindow: 'behind', sharing: true })).toBe('open')
    expect(floatingAfter('open', { ...left, mainWindow: 'behind' })).toBe('closed')
  })

  it('stays closed once the person closed it, until they have been in the main window', () => {
    expect(floatingAfter('dismissed', left)).toBe('dismissed')
    const back = floatingAfter('dismissed', { ...left, mainWindow: 'front' })
    expect(back).toBe('closed')
    expect(floatingAfter(back, left)).toBe('open')
  })

  it('is never there without a call, in sight of the main window, or against the setting', () => {
    fc.assert(
      fc.property(fc.constantFrom<FloatingState>('closed', 'open', 'dismissed'), surroundings, (before, around) => {
        const isNeeded = around.enabled && around.inCall && around.mainWindow !== 'front'
        if (!isNeeded) expect(floatingAfter(before, around)).toBe('closed')
        expect(floatingAfter(floatingAfter(before, around), around)).toBe(floatingAfter(before, around))
      }),
    )
  })
})
