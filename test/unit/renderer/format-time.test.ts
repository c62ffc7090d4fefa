import { describe, expect, it } from 'vitest'
import en from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { createTranslate } from '../../../src-renderer/app/language/translator.ts'
import { dayAndTime, duration, elapsed, spokenSpan, when } from '../../../src-renderer/features/time/format-time.ts'

const t = createTranslate(en, 'en-GB')
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Local time, as a person's calendar has it. */
const at = (year: number, month: number, day: number, hour = 12, minute = 0) =>
  new Date(year, month - 1, day, hour, minute).getTime()

describe('elapsed', () => {
  it.each([
    [0, '0:00'],
    [-5, '0:00'],
    [999, '0:00'],
    [7 * SECOND, '0:07'],
    [12 * MINUTE + 31 * SECOND, '12:31'],
    [HOUR, '1:00:00'],
    [HOUR + 2 * MINUTE + 3 * SECOND, '1:02:03'],
    [25 * HOUR, '25:00:00'],
  ])('%i ms is %s', (span, text) => {
    expect(elapsed(span)).toBe(text)
  })
})

describe('duration', () => {
  it.each([
    [200, '1 s'],
    [48 * SECOND, '48 s'],
    [MINUTE, '1 min'],
    [23 * MINUTE + 40 * SECOND, '24 min'],
    [64 * MINUTE, '1 h 4 min'],
  ])('%i ms is %s', (span, text) => {
    expect(duration(span, t)).toBe(text)
  })

  it('is spoken without seconds after the first minute', () => {
    expect(spokenSpan(0, t)).toBe('0 s')
    expect(spokenSpan(59 * SECOND, t)).toBe('59 s')
    expect(spokenSpan(61 * SECOND, t)).toBe('1 min')
  })
})

describe('when', () => {
  const now = at(2026, 11, 22, 9)

  it.each([
    [at(2026, 11, 22, 8, 5), '8:05'],
    [at(2026, 11, 21, 23, 59), 'Yesterday'],
    [at(2026, 11, 20), 'Friday'],
    [at(2026, 11, 16), 'Monday'],
    [at(2026, 11, 15), '15 Nov'],
    [at(2025, 11, 15), '15 Nov 2025'],
    [at(2026, 11, 24), '24 Nov'],
  ])('%i is %s', (moment, text) => {
    expect(when(moment, now, 'en-GB')).toBe(text)
  })

  it('counts days of the calendar, not of 24 hours', () => {
    expect(when(at(2026, 11, 21, 23, 50), at(2026, 11, 22, 0, 5), 'en-GB')).toBe('Yesterday')
    expect(when(at(2026, 3, 28, 12), at(2026, 3, 30, 0, 5), 'en-GB')).toBe('Saturday')
  })
})

describe('dayAndTime', () => {
  it('says the day and the time', () => {
    const now = at(2026, 11, 22, 9)
    expect(dayAndTime(at(2026, 11, 22, 8, 5), now, 'en-GB', t)).toBe('Today, 8:05')
    expect(dayAndTime(at(2026, 11, 21, 18, 4), now, 'en-GB', t)).toBe('Yesterday, 18:04')
    expect(dayAndTime(at(2024, 3, 3, 18, 4), now, 'en-GB', t)).toBe('3 March 2024, 18:04')
  })
})
