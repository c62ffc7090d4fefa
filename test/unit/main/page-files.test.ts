import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pageFile, PAGE_HEADERS } from '../../../src-main/app/page-files.ts'

const ROOT = path.resolve('/srv/app/renderer')

describe('the files of the pages', () => {
  it('are found under their folder, with their type', () => {
    expect(pageFile(ROOT, 'app://sightline/index.html')).toEqual({
      file: path.join(ROOT, 'index.html'),
      type: 'text/html; charset=utf-8',
    })
    expect(pageFile(ROOT, 'app://sightline/assets/a-1.js?x=1#y')?.file).toBe(path.join(ROOT, 'assets/a-1.js'))
    expect(pageFile(ROOT, 'app://sightline/assets/inter.woff2')?.type).toBe('font/woff2')
  })

  it('are nowhere else', () => {
    for (const address of [
      'app://sightline/',
      'app://sightline/assets',
      'app://other/index.html',
      'app://sightline@other/index.html',
      'app://sightline:80/index.html',
      'https://sightline/index.html',
      'app://sightline/..%2f..%2fpackage.json',
      'app://sightline/..%5c..%5cpackage.json',
      'app://sightline/%00index.html',
      'app://sightline/%',
      'app://sightline/secret.db',
      'app://sightline/.env',
    ]) {
      expect(pageFile(ROOT, address), address).toBeUndefined()
    }
  })

  it('never lie outside the folder, whatever the address', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '%2e%2e', '%2f', '/', '\\', '%5c', '//', '%00', 'a.html', '..%2f', '%252e', '~'),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const found = pageFile(ROOT, `app://sightline/${parts.join('/')}`)
        if (found !== undefined) {
          expect(path.relative(ROOT, found.file)).not.toMatch(/^\.\.|^\//)
          expect(path.resolve(found.file)).toBe(found.file)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('come with a policy that allows nothing inline, no eval and no other origin', () => {
    const policy = PAGE_HEADERS['Content-Security-Policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/)
  })
})
