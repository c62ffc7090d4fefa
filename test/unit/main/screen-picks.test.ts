/** A page gets of the screen what the person picked, once, and nothing else. */
import { describe, expect, it } from 'vitest'
import type { ScreenPick } from '../../../src-shared/ipc/screen-sources.ts'
import { PICK_LASTS, ScreenPicks } from '../../../src-main/app/screen-picks.ts'

const SCREEN = { id: 'screen:1:0' }
const WINDOW = { id: 'window:7:0' }

function silent(id: string): ScreenPick {
  return { id, sound: false }
}

function offered() {
  const picks = new ScreenPicks<string, { id: string }>()
  picks.offer([SCREEN, WINDOW])
  return picks
}

describe('a pick', () => {
  it('gives the page that source', () => {
    const picks = offered()
    expect(picks.pick('page', silent(WINDOW.id), 0)).toBe(true)
    expect(picks.admit('page', 10)).toBe(true)
    expect(picks.take('page', 20)).toMatchObject({ source: WINDOW, sound: false })
  })

  it('gives the sound where the person chose it', () => {
    const picks = offered()
    picks.pick('page', { id: SCREEN.id, sound: true }, 0)
    expect(picks.take('page', 1)?.sound).toBe(true)
  })

  it('is needed', () => {
    const picks = offered()
    expect(picks.admit('page', 0)).toBe(false)
    expect(picks.take('page', 0)).toBeUndefined()
  })

  it('counts once', () => {
    const picks = offered()
    picks.pick('page', silent(SCREEN.id), 0)
    expect([picks.admit('page', 1), picks.admit('page', 1)]).toEqual([true, false])
    expect([picks.take('page', 1)?.source, picks.take('page', 1)]).toEqual([SCREEN, undefined])
  })

  it('is for the page where it was made', () => {
    const picks = offered()
    picks.pick('page', silent(SCREEN.id), 0)
    expect(picks.admit('other', 1)).toBe(false)
    expect(picks.take('other', 1)).toBeUndefined()
    expect(picks.take('page', 1)?.source).toBe(SCREEN)
  })

  it('does not wait for ever', () => {
    const picks = offered()
    picks.pick('page', silent(SCREEN.id), 0)
    expect(picks.admit('page', PICK_LASTS + 1)).toBe(false)
    expect(picks.take('page', PICK_LASTS + 1)).toBeUndefined()
  })

  it('is of what is in the picker now', () => {
    const picks = offered()
    expect(picks.pick('page', silent('window:8:0'), 0)).toBe(false)
    picks.pick('page', silent(WINDOW.id), 0)
    picks.offer([SCREEN])
    expect(picks.pick('page', silent(WINDOW.id), 1)).toBe(false)
    // A pick that failed takes the one before with it: the person meant something else.
    expect(picks.take('page', 1)).toBeUndefined()
  })
})
