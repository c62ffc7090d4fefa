/**
 * This folder keeps the device's secrets on disk: the vault (two files, sealed) and its key's way into the OS keychain.
 * Only `os-keychain.ts` knows Electron; what the vault's content means is known to `src-main/account`. No network, no account logic.
 *
 * `vault.key`: `"SLK1" | keyCheck [32] | sealed var16 | checksum [32]`. `sealed` is the 32-byte vault key as the OS keychain
 * sealed it. keyCheck tells a keychain that opens to something else (Linux seals without a MAC) from one that opens;
 * the checksum tells a damaged file from a changed keychain.
 * `vault`: `"SLV1" | SIV(Expand(vaultKey, "vault content"), ad = "SLV1", content)`. SIV, because the same key seals every version.
 *
 * The key file is written first and once; a folder with a key and no vault is a device that was never set up.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { type Bytes, erase } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { parse } from '../../src-shared/base/reader.ts'
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import { ByteWriter } from '../../src-shared/base/writer.ts'
import { SIV_KEY_LENGTH, sivOpen, sivSeal } from '../../src-shared/crypto/aead.ts'
import { equalSecrets, expand, hash, info } from '../../src-shared/crypto/hash.ts'
import { readFileIfPresent, writeFileAtomically } from './atomic-file.ts'

/** The OS keychain's half; `os-keychain.ts` implements it. */
export interface KeySealer {
  /** Throws if the keychain does not take it. */
  seal(secret: Bytes): Bytes
  /** `undefined` if this keychain does not open it. */
  open(sealed: Bytes): Uint8Array | undefined
}

export type VaultProblem =
  | 'changed' /* the keychain answers, but does not open the key that this device sealed */
  | 'damaged' /* a file is missing, shortened or altered */
  | 'not-stored' /* the disk did not take the new key */

const KEY_MAGIC = new TextEncoder().encode('SLK1')
const VAULT_MAGIC = new TextEncoder().encode('SLV1')
const KEY_LENGTH = 32
const HASH_LENGTH = 32
const MAX_SEALED = 4096

interface KeyFile {
  readonly keyCheck: Bytes
  readonly sealed: Bytes
}

export class VaultFile {
  readonly #file: string
  readonly #key: Bytes
  #content: Bytes | undefined

  private constructor(file: string, key: Bytes, content: Bytes | undefined) {
    this.#file = file
    this.#key = key
    this.#content = content
  }

  /** Opens the vault in `folder`, or makes its key if there is neither. Overwrites nothing that it cannot read. */
  static open(folder: string, sealer: KeySealer, random: RandomBytes): Result<VaultFile, VaultProblem> {
    const file = path.join(folder, 'vault')
    const keyFile = path.join(folder, 'vault.key')
    let keyBytes: Uint8Array | undefined
    let vaultBytes: Uint8Array | undefined
    try {
      keyBytes = readFileIfPresent(keyFile)
      vaultBytes = readFileIfPresent(file)
    } catch {
      return failure('damaged')
    }
    if (keyBytes === undefined) {
      if (vaultBytes !== undefined) return failure('damaged')
      const made = makeKey(folder, keyFile, sealer, random)
      return made.ok ? success(new VaultFile(file, made.value, undefined)) : made
    }
    const key = openKey(keyBytes, sealer)
    if (!key.ok) return key
    if (vaultBytes === undefined) return success(new VaultFile(file, key.value, undefined))
    const content = openContent(key.value, vaultBytes)
    if (content === undefined) return failure('damaged')
    return success(new VaultFile(file, key.value, content))
  }

  /** `undefined` until something was written for the first time. */
  read(): Bytes | undefined {
    return this.#content
  }

  /** Replaces the content. What was there before stays, on disk and here, if the disk does not take it. */
  write(content: Bytes): Result<undefined, 'not-stored'> {
    const sealed = sivSeal(contentKey(this.#key), VAULT_MAGIC, content)
    try {
      writeFileAtomically(this.#file, new ByteWriter().raw(VAULT_MAGIC).raw(sealed).finish())
    } catch {
      return failure('not-stored')
    }
    this.#content = content.slice()
    return success(undefined)
  }

  /** Seals the local database (`src-main/store`). */
  databaseKey(): Uint8Array {
    return expand(this.#key, info('database key'), KEY_LENGTH)
  }
}

function contentKey(key: Bytes): Uint8Array {
  return expand(key, info('vault content'), SIV_KEY_LENGTH)
}

function makeKey(
  folder: string,
  keyFile: string,
  sealer: KeySealer,
  random: RandomBytes,
): Result<Uint8Array, VaultProblem> {
  const key = random(KEY_LENGTH)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileAtomically(keyFile, encodeKeyFile({ keyCheck: keyCheck(key), sealed: sealer.seal(key) }))
    return success(key)
  } catch {
    erase(key)
    return failure('not-stored')
  }
}

function openKey(bytes: Bytes, sealer: KeySealer): Result<Uint8Array, VaultProblem> {
  const file = decodeKeyFile(bytes)
  if (file === undefined) return failure('damaged')
  const key = sealer.open(file.sealed)
  if (key?.length !== KEY_LENGTH || !equalSecrets(keyCheck(key), file.keyCheck)) return failure('changed')
  return success(key)
}

function openContent(key: Bytes, bytes: Bytes): Uint8Array | undefined {
  const sealed = parse(bytes, (reader) => {
    reader.fixed(VAULT_MAGIC.length)
    return reader.rest()
  })
  // The magic is the associated data: a different one does not open.
  return sealed && sivOpen(contentKey(key), bytes.subarray(0, VAULT_MAGIC.length), sealed)
}

function keyCheck(key: Bytes): Uint8Array {
  return hash('vault key check', key)
}

function encodeKeyFile(file: KeyFile): Uint8Array {
  const body = new ByteWriter().raw(KEY_MAGIC).fixed(file.keyCheck, HASH_LENGTH).var16(file.sealed).finish()
  return new ByteWriter().raw(body).fixed(hash('vault key file', body), HASH_LENGTH).finish()
}

/** Exported for the property test of this parser. */
export function decodeKeyFile(bytes: Bytes): KeyFile | undefined {
  return parse(bytes, (reader) => {
    const magic = reader.fixed(KEY_MAGIC.length)
    const file = { keyCheck: reader.fixed(HASH_LENGTH), sealed: reader.var16(MAX_SEALED) }
    const expected = hash('vault key file', reader.since(0))
    return equalSecrets(magic, KEY_MAGIC) && equalSecrets(reader.fixed(HASH_LENGTH), expected) ? file : undefined
  })
}
