/** The language that is in use. A second one is a second file here, complete in the keys of `en.json`. */
import type { MessageKey, Messages, MessageValues } from './translator.ts'
import { chooseLanguage, createTranslate } from './translator.ts'

const files = import.meta.glob<Messages>('./*.json', { eager: true, import: 'default' })
const languages = new Map<string, Messages>(
  Object.entries(files).map(([path, messages]) => [path.replace(/^\.\/|\.json$/g, ''), messages]),
)

class Language {
  #setting = $state('system')
  #choice = $derived(chooseLanguage(this.#setting, navigator.languages, new Set(languages.keys())))
  #messages = $derived(this.#find(this.#choice.tag))
  #translate = $derived(createTranslate(this.#messages, this.#choice.locale))

  /** For `Intl` formats. */
  get locale(): string {
    return this.#choice.locale
  }

  get direction(): 'ltr' | 'rtl' {
    return this.#messages['language.direction'] === 'rtl' ? 'rtl' : 'ltr'
  }

  use(setting: string): void {
    this.#setting = setting
  }

  say(key: MessageKey, values?: MessageValues): string {
    return this.#translate(key, values)
  }

  #find(tag: string): Messages {
    const messages = languages.get(tag)
    if (messages === undefined) throw new Error(`no messages for ${tag}`)
    return messages
  }
}

export const language = new Language()

/** The sentence for `key` in the language in use. */
export function t(key: MessageKey, values?: MessageValues): string {
  return language.say(key, values)
}
