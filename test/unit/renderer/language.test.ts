import { IntlMessageFormat } from 'intl-messageformat'
import { describe, expect, it } from 'vitest'
import en from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import {
  deviceSentence,
  endSentence,
  endWord,
  keychainExplanation,
} from '../../../src-renderer/app/language/reasons.ts'
import { chooseLanguage, createTranslate } from '../../../src-renderer/app/language/translator.ts'
import { isStringLiteral, type Node, nodes, possibleStrings, sourceFiles } from './source-files.ts'

const messages: Readonly<Record<string, string>> = en
const keys = Object.keys(messages)
const files = sourceFiles()

/** Names of the values that a message asks for. */
function valuesOf(key: string): readonly string[] {
  const found = new Set<string>()
  const look = (elements: readonly unknown[]): void => {
    for (const element of elements) {
      if (typeof element !== 'object' || element === null) continue
      const { type, value, options } = element as {
        type: number
        value: unknown
        options?: Record<string, { value: unknown[] }>
      }
      // 0 is a literal, 7 the number sign inside a plural.
      if (type !== 0 && type !== 7 && typeof value === 'string') found.add(value)
      for (const option of Object.values(options ?? {})) look(option.value)
    }
  }
  look(new IntlMessageFormat(messages[key] ?? '', 'en').getAst())
  return [...found].sort()
}

interface Use {
  readonly file: string
  readonly key: string
  readonly values: readonly string[]
}

/** Each `t('key', { values })` whose key can be read off the source. */
function uses(): readonly Use[] {
  return files.flatMap(({ name, tree }) =>
    [...nodes(tree)].flatMap((node) => {
      const callee = node['callee'] as Node | undefined
      if (node.type !== 'CallExpression' || callee?.type !== 'Identifier' || callee['name'] !== 't') return []
      const [first, second] = node['arguments'] as readonly (Node | undefined)[]
      const properties = second?.type === 'ObjectExpression' ? (second['properties'] as readonly Node[]) : []
      const values = properties.map((property) => String((property['key'] as Node)['name'])).sort()
      return (possibleStrings(first) ?? []).map((key) => ({ file: name, key, values }))
    }),
  )
}

describe('the language file', () => {
  it('has every key that is used, and gives each message its values', () => {
    const found = uses()
    expect(found.length).toBeGreaterThan(200)
    for (const { file, key, values } of found) {
      expect(keys, file).toContain(key)
      expect(values, `${file}: ${key}`).toEqual(expect.arrayContaining([...valuesOf(key)]))
    }
  })

  it('has no key that nothing uses', () => {
    const strings = new Set(
      files.flatMap(({ tree }) => [...nodes(tree)].filter(isStringLiteral).map((node) => node.value)),
    )
    expect(keys.filter((key) => !strings.has(key))).toEqual([])
  })

  it('holds messages that can be read and formatted', () => {
    const t = createTranslate(en, 'en')
    for (const key of keys as (keyof typeof en)[]) {
      const values = Object.fromEntries(valuesOf(key).map((name) => [name, 1]))
      expect(t(key, values), key).not.toBe('')
    }
  })

  it('speaks plainly: no exclamation marks, no codes, no double spaces, curly quotes', () => {
    for (const [key, message] of Object.entries(messages)) {
      expect(message, key).not.toMatch(/!|Error\b| {2}|^\s|\s$|[^{]'/)
    }
  })

  it('gives reasons nothing but a name to fill in', () => {
    for (const key of [...Object.values(endSentence), ...Object.values(endWord)]) {
      expect(['', 'name']).toContain(valuesOf(key).join())
    }
    for (const kind of Object.values(deviceSentence))
      for (const key of Object.values(kind)) expect(valuesOf(key)).toEqual([])
    for (const { title, body, steps } of Object.values(keychainExplanation)) {
      for (const key of [title, body, ...Object.values(steps).flat()]) expect(valuesOf(key)).toEqual([])
    }
  })

  it('keeps all words out of the components', () => {
    const spoken = ['aria-label', 'title', 'placeholder', 'alt', 'label', 'text']
    for (const { name, tree } of files.filter((file) => file.name.endsWith('.svelte'))) {
      for (const node of nodes((tree as { fragment: unknown }).fragment)) {
        if (node.type === 'Fragment') {
          const texts = (node['nodes'] as readonly Node[]).filter((child) => child.type === 'Text')
          for (const text of texts) expect(String(text['data']), name).not.toMatch(/\p{L}/u)
        }
        if (node.type === 'Attribute' && spoken.includes(String(node['name'])) && Array.isArray(node['value'])) {
          const words = node['value']
            .filter((part: Node) => part.type === 'Text')
            .map((part: Node) => String(part['data']))
          expect(words.join(''), `${name}: ${String(node['name'])}`).not.toMatch(/\p{L}/u)
        }
      }
    }
  })
})

describe('createTranslate', () => {
  it('formats plurals and refuses to leave a value out', () => {
    const t = createTranslate(en, 'en')
    expect(t('people.results', { count: 0 })).toBe('Nobody found')
    expect(t('people.results', { count: 1 })).toBe('1 person found')
    expect(t('people.results', { count: 12 })).toBe('12 people found')
    expect(() => t('people.results')).toThrow()
  })
})

describe('chooseLanguage', () => {
  const available = new Set(['en', 'ar'])

  it('takes the first of the system’s languages that exists, in its regional form', () => {
    expect(chooseLanguage('system', ['fr-FR', 'ar-EG', 'en-GB'], available)).toEqual({ tag: 'ar', locale: 'ar-EG' })
    expect(chooseLanguage('system', ['en-GB', 'en'], available)).toEqual({ tag: 'en', locale: 'en-GB' })
  })

  it('falls back to English', () => {
    expect(chooseLanguage('system', ['fr-FR'], available)).toEqual({ tag: 'en', locale: 'en' })
    expect(chooseLanguage('xx', ['fr-FR'], available)).toEqual({ tag: 'en', locale: 'en' })
  })

  it('takes the language asked for before the system’s', () => {
    expect(chooseLanguage('ar', ['en-GB'], available)).toEqual({ tag: 'ar', locale: 'ar' })
  })
})
