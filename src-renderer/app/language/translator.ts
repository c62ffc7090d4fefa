/**
 * The words of the app. Everything a person reads stands in one file for each language beside this one (`en.json`, ICU messages);
 * `en.json` is complete by definition, and its keys are the type that `t` checks.
 * Nothing here knows of screens, and no component holds a sentence of its own.
 */
import { IntlMessageFormat } from 'intl-messageformat'
import type en from './en.json'

export type MessageKey = keyof typeof en
export type Messages = Readonly<Record<MessageKey, string>>
export type MessageValues = Readonly<Record<string, string | number | Date>>
export type Translate = (key: MessageKey, values?: MessageValues) => string

/** Throws for a message whose values are missing: a defect of the caller, which the tests of every screen meet. */
export function createTranslate(messages: Messages, locale: string): Translate {
  const compiled = new Map<MessageKey, IntlMessageFormat>()
  return (key, values = {}) => {
    const format = compiled.get(key) ?? new IntlMessageFormat(messages[key], locale)
    compiled.set(key, format)
    return String(format.format(values))
  }
}

const base = (locale: string) => locale.split('-')[0] ?? locale

/**
 * The language asked for, or the first of the system's that exists, else English; and the regional form of it that the system
 * prefers, for dates and numbers: someone in London reads `en.json` and sees 24 hours.
 */
export function chooseLanguage(
  setting: string,
  preferred: readonly string[],
  available: ReadonlySet<string>,
): { readonly tag: string; readonly locale: string } {
  const wanted = setting === 'system' ? preferred : [setting]
  const tag = wanted.map(base).find((candidate) => available.has(candidate)) ?? 'en'
  return { tag, locale: preferred.find((locale) => base(locale) === tag) ?? tag }
}
