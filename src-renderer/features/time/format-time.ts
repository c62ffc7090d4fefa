/** Times as people say them. The clock comes in as an argument. */
import type { Ms, UnixMs } from '../../../src-shared/base/time.ts'
import { DAY, MINUTE, SECOND } from '../../../src-shared/base/time.ts'
import type { Translate } from '../../app/language/translator.ts'

const two = (value: number) => String(value).padStart(2, '0')

/** A running clock: `0:07`, `12:31`, `1:02:03`. */
export function elapsed(span: Ms): string {
  const seconds = Math.max(0, Math.floor(span / SECOND))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  return hours > 0
    ? `${String(hours)}:${two(minutes % 60)}:${two(seconds % 60)}`
    : `${String(minutes)}:${two(seconds % 60)}`
}

/** A length looked back at: `45 s`, `12 min`, `1 h 5 min`. */
export function duration(span: Ms, t: Translate): string {
  if (span < MINUTE) return t('time.seconds', { seconds: Math.max(1, Math.round(span / SECOND)) })
  const minutes = Math.round(span / MINUTE)
  return minutes < 60
    ? t('time.minutes', { minutes })
    : t('time.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 })
}

const startOfDay = (at: UnixMs) => new Date(at).setHours(0, 0, 0, 0)

/** Whole calendar days from `at` to `now`; a day with a change of the clocks counts as one. */
function daysBetween(at: UnixMs, now: UnixMs): number {
  return Math.round((startOfDay(now) - startOfDay(at)) / DAY)
}

const capital = (text: string, locale: string) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)

/** The day alone: `Today`, `Yesterday`, `Monday`, `3 March`, `3 March 2024`. */
function day(at: UnixMs, now: UnixMs, locale: string): string {
  const days = daysBetween(at, now)
  if (days <= 1 && days >= 0) {
    return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day'), locale)
  }
  if (days > 1 && days < 7) return new Intl.DateTimeFormat(locale, { weekday: 'long' }).format(at)
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at)
}

/** The time of day. */
export const clock = (at: UnixMs, locale: string) =>
  new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(at)

/** For a list: the time if it is today, else the day, short. */
export function when(at: UnixMs, now: UnixMs, locale: string): string {
  const days = daysBetween(at, now)
  if (days === 0) return clock(at, locale)
  if (days > 6 || days < 0) {
    const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
    return new Intl.DateTimeFormat(locale, {
      day: 'numeric',
      month: 'short',
      ...(sameYear ? {} : { year: 'numeric' }),
    }).format(at)
  }
  return day(at, now, locale)
}

/** In full: `Yesterday, 18:04`. */
export function dayAndTime(at: UnixMs, now: UnixMs, locale: string, t: Translate): string {
  return t('time.at', { day: day(at, now, locale), time: clock(at, locale) })
}

/** For screen readers, who would not want to hear every second: the hours and minutes. */
export function spokenSpan(span: Ms, t: Translate): string {
  return span < MINUTE ? t('time.seconds', { seconds: Math.floor(span / SECOND) }) : duration(span, t)
}
