/** Text on its ground, light and dark, by WCAG 2.2: 4.5 for words, 3 for the edges of controls and for signs without words. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(path.resolve(import.meta.dirname, '../../../src-renderer/ui/tokens.css'), 'utf8')

const tokens = new Map(
  [
    ...css.matchAll(
      /--([\w-]+):\s*(light-dark\(\s*#([0-9a-f]{6}),\s*#([0-9a-f]{6})\s*\)|#([0-9a-f]{6})(?:[0-9a-f]{2})?)\s*;/g,
    ),
  ].map(
    ([, name = '', , light, dark, both]) => [name, { light: light ?? both ?? '', dark: dark ?? both ?? '' }] as const,
  ),
)

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const SURFACES = ['canvas', 'sidebar', 'raised', 'sunken', 'hover', 'selected'] as const
const WORDS: readonly (readonly [string, string])[] = [
  ...SURFACES.flatMap((surface) => [['text', surface] as const, ['text-soft', surface] as const]),
  ...['canvas', 'raised', 'accent-soft', 'sidebar'].map((surface) => ['accent-text', surface] as const),
  ...['canvas', 'raised', 'sidebar', 'hover', 'selected', 'danger-soft'].map(
    (surface) => ['danger-text', surface] as const,
  ),
  ['text', 'danger-soft'],
  ['text-soft', 'danger-soft'],
  ['text', 'button'],
  ['text', 'button-hover'],
  ['on-strong', 'strong'],
  ['on-strong', 'strong-hover'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['on-danger', 'danger'],
  ['on-danger', 'danger-hover'],
  ['on-glass', 'glass'],
  ['on-glass', 'glass-hover'],
  ['on-glass-on', 'glass-on'],
  ...Array.from({ length: 8 }, (_, index) => [`on-person-${String(index)}`, `person-${String(index)}`] as const),
]
const EDGES: readonly (readonly [string, string])[] = [
  ['line-strong', 'canvas'],
  ['line-strong', 'raised'],
  ['strong', 'canvas'],
  ['strong', 'raised'],
  ['accent', 'canvas'],
  ['accent', 'sidebar'],
  ['ring', 'canvas'],
  ['ring', 'sidebar'],
  ['ring', 'raised'],
  ['ring', 'selected'],
]

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const colour = (name: string) => {
    const token = tokens.get(name)
    if (token === undefined) throw new Error(`no colour --${name}`)
    return token[theme]
  }

  it.each(WORDS)('%s can be read on %s', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(EDGES)('%s can be seen on %s', (edge, ground) => {
    expect(contrast(colour(edge), colour(ground))).toBeGreaterThanOrEqual(3)
  })
})
