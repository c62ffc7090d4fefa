/** The renderer's own source as syntax trees: what the tests of language and walls look through. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'svelte/compiler'

const root = path.resolve(import.meta.dirname, '../../../src-renderer')
const PARTS = ['app', 'screens', 'features', 'ui', 'bridge']

export interface SourceFile {
  readonly name: string
  /** Of the Svelte compiler; scripts are ESTree. */
  readonly tree: unknown
}

export function sourceFiles(): readonly SourceFile[] {
  return PARTS.flatMap((part) =>
    readdirSync(path.join(root, part), { recursive: true, encoding: 'utf8' }).map((name) => path.join(part, name)),
  )
    .filter((name) => /\.(?:ts|svelte)$/.test(name))
    .map((name) => {
      const text = readFileSync(path.join(root, name), 'utf8')
      const source = name.endsWith('.ts') ? `<script lang="ts">${text}</script>` : text
      return { name, tree: parse(source, { modern: true }) }
    })
}

export interface Node {
  readonly type: string
  readonly [property: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** Every node below `tree`, parents first. */
export function* nodes(tree: unknown): Generator<Node> {
  if (Array.isArray(tree)) for (const entry of tree) yield* nodes(entry)
  else if (typeof tree === 'object' && tree !== null) {
    if (isNode(tree)) yield tree
    for (const [key, value] of Object.entries(tree)) if (key !== 'parent' && key !== 'loc') yield* nodes(value)
  }
}

export function isStringLiteral(value: unknown): value is Node & { readonly value: string } {
  return isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string'
}

/** The strings that an expression can be, as far as it says so itself. */
export function possibleStrings(expression: unknown): readonly string[] | undefined {
  if (isStringLiteral(expression)) return [expression.value]
  if (!isNode(expression)) return undefined
  if (expression.type === 'ConditionalExpression') {
    const one = possibleStrings(expression['consequent'])
    const other = possibleStrings(expression['alternate'])
    return one && other && [...one, ...other]
  }
  return undefined
}
