/** R1, read off the source: no label serves two purposes. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** A signature is over a labelled hash, so both draw from one stock of labels. */
const USES = [
  { kind: 'hash', pattern: /\bhash\('([^']+)'/g },
  { kind: 'hash', pattern: /^const (?:[A-Z]+_)?LABEL = '([^']+)'/gm },
  { kind: 'info', pattern: /(?<!\.)\b(?:info|derive)\('([^']+)'/g },
  { kind: 'message', pattern: /\blabelBytes\('([^']+)'/g },
] as const

function labels(): Map<string, { readonly kinds: Set<string>; readonly files: Set<string> }> {
  const found: ReturnType<typeof labels> = new Map()
  for (const folder of ['src-shared', 'src-main', 'src-server']) {
    for (const name of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue
      const source = readFileSync(path.join(ROOT, folder, name), 'utf8')
      for (const { kind, pattern } of USES) {
        for (const [, label = ''] of source.matchAll(pattern)) {
          const entry = found.get(label) ?? { kinds: new Set(), files: new Set() }
          found.set(label, { kinds: entry.kinds.add(kind), files: entry.files.add(`${kind} ${folder}/${name}`) })
        }
      }
    }
  }
  return found
}

test('R1: every label stands for one value, and for one kind of value but for the two that the protocol names', () => {
  const found = labels()
  for (const known of ['cert', 'cert possession', 'env', 'accept', 'prekey', 'service auth', 'srtp key', 'exporter']) {
    expect(found.get(known)?.kinds.size, known).toBe(1)
  }
  const ofSeveralKinds = [...found].filter(([, { kinds }]) => kinds.size > 1).map(([label]) => label)
  expect(ofSeveralKinds.sort()).toEqual(['path', 'rekey'])
  for (const [label, { kinds, files }] of found) expect(files.size, label).toBe(kinds.size)
})
