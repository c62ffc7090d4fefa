import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeKeyFile, type KeySealer, VaultFile } from '../../../src-main/keychain/vault-file.ts'

const random = (length: number) => new Uint8Array(randomBytes(length))

/** Stands in for the OS keychain: like Chromium's on Linux it has no MAC, a wrong password opens to garbage or to nothing. */
function keychain(password: number): KeySealer {
  const turn = (bytes: Uint8Array) => bytes.map((byte) => byte ^ password)
  return { seal: turn, open: turn }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'vault-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function open(sealer = keychain(7)): VaultFile {
  const vault = VaultFile.open(folder, sealer, random)
  if (!vault.ok) throw new Error(vault.reason)
  return vault.value
}

const at = (name: string) => path.join(folder, name)
const everything = () => Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(at(name), 'hex')]))

describe('the vault', () => {
  it('starts empty, keeps what was written, and finds it after a restart', () => {
    expect(open().read()).toBeUndefined()
    const content = random(5000)
    expect(open().write(content).ok).toBe(true)
    expect(open().read()).toEqual(content)
    expect(open().databaseKey()).toEqual(open().databaseKey())
  })

  it('writes neither the content nor its key in the clear', () => {
    const content = new TextEncoder().encode('a very secret signing key')
    open().write(content)
    for (const bytes of Object.values(everything())) expect(bytes).not.toContain(Buffer.from(content).toString('hex'))
  })

  it('says "changed" to another keychain, and touches nothing', () => {
    open().write(random(100))
    const before = everything()
    expect(VaultFile.open(folder, keychain(8), random)).toEqual({ ok: false, reason: 'changed' })
    const silent: KeySealer = { seal: (secret) => secret, open: () => undefined }
    expect(VaultFile.open(folder, silent, random)).toEqual({ ok: false, reason: 'changed' })
    expect(everything()).toEqual(before)
  })

  it('says "damaged" when either file is cut, altered or gone, and touches nothing', () => {
    open().write(random(300))
    const whole = everything()
    const restore = () => {
      for (const [name, hex] of Object.entries(whole)) writeFileSync(at(name), Buffer.from(hex, 'hex'))
    }
    const damage: (() => void)[] = [
      () => truncateSync(at('vault'), 3),
      () => truncateSync(at('vault'), 0),
      () => truncateSync(at('vault.key'), 0),
      () => truncateSync(at('vault.key'), 40),
      () => rmSync(at('vault.key')),
    ]
    for (const name of ['vault', 'vault.key']) {
      const length = readFileSync(at(name)).length
      for (const offset of [0, 5, length >> 1, length - 1]) {
        damage.push(() => {
          const bytes = readFileSync(at(name))
          bytes[offset] = (bytes[offset] ?? 0) ^ 1
          writeFileSync(at(name), bytes)
        })
      }
    }
    for (const harm of damage) {
      restore()
      harm()
      const before = everything()
      expect(VaultFile.open(folder, keychain(7), random)).toEqual({ ok: false, reason: 'damaged' })
      expect(everything()).toEqual(before)
    }
  })

  it('goes on after a process died between key and content, or while writing', () => {
    open()
    expect(existsSync(at('vault'))).toBe(false)
    expect(open().read()).toBeUndefined()
    open().write(random(10))
    writeFileSync(at('vault.new'), 'half a file')
    const content = random(20)
    expect(open().write(content).ok).toBe(true)
    expect(open().read()).toEqual(content)
    expect(existsSync(at('vault.new'))).toBe(false)
  })

  it('keeps the old content when the disk does not take the new one', () => {
    const vault = open()
    const content = random(10)
    vault.write(content)
    // A folder where the new file should go: the one failure that root meets as well.
    mkdirSync(path.join(at('vault.new'), 'inside'), { recursive: true })
    expect(vault.write(random(10))).toEqual({ ok: false, reason: 'not-stored' })
    expect(vault.read()).toEqual(content)
    rmSync(at('vault.new'), { recursive: true })
    expect(open().read()).toEqual(content)
  })

  it('refuses to begin when the keychain or the disk does not take the key', () => {
    const refusing: KeySealer = {
      seal: () => {
        throw new Error('no')
      },
      open: () => undefined,
    }
    expect(VaultFile.open(folder, refusing, random)).toEqual({ ok: false, reason: 'not-stored' })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('the key file parser', () => {
  it('answers any bytes with a file or nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeKeyFile(bytes)).toBeUndefined()
      }),
    )
  })

  it('refuses every single changed bit and every truncation', () => {
    open()
    const bytes = new Uint8Array(readFileSync(at('vault.key')))
    expect(decodeKeyFile(bytes)).toBeDefined()
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (index, bit) => {
        const changed = bytes.slice()
        changed[index] = (changed[index] ?? 0) ^ (1 << bit)
        expect(decodeKeyFile(changed)).toBeUndefined()
        expect(decodeKeyFile(bytes.subarray(0, index))).toBeUndefined()
      }),
    )
  })
})
