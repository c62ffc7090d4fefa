/**
 * The profile's folder and the two facts that must be known before Electron is ready: under which name the OS keychain
 * keeps this profile's entry, and which keychain that is. Plain JSON beside the sealed files; nothing in it is secret.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { toHex } from '../../src-shared/base/bytes.ts'
import { hash } from '../../src-shared/crypto/hash.ts'
import { readFileIfPresent, writeFileAtomically } from '../keychain/atomic-file.ts'

const APP_NAME = 'Sightline'

/** Chromium's names for the keychains of Linux. */
const PASSWORD_STORES = ['gnome-libsecret', 'kwallet', 'kwallet5', 'kwallet6'] as const
type PasswordStore = (typeof PASSWORD_STORES)[number]

const schema = v.object({
  keychainName: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  passwordStore: v.optional(v.picklist(PASSWORD_STORES)),
})

export type ProfileFacts = v.InferOutput<typeof schema>

export class ProfileFolder {
  readonly folder: string
  readonly #file: string
  #facts: ProfileFacts

  /** `usual`: the folder that the app has without `--profile`; its keychain entry bears the app's plain name. */
  constructor(folder: string, usual: boolean) {
    this.folder = path.resolve(folder)
    this.#file = path.join(this.folder, 'profile.json')
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    const read = readFacts(this.#file)
    // Made from the path, so that a lost file does not lead to another entry; kept, so that the folder can be moved.
    this.#facts = read ?? { keychainName: usual ? APP_NAME : `${APP_NAME} ${shortName(this.folder)}` }
    if (read === undefined) this.#save()
  }

  get facts(): ProfileFacts {
    return this.#facts
  }

  /** The keychain that sealed this profile's key: the one to ask from now on, also on another desktop. */
  rememberPasswordStore(passwordStore: PasswordStore): void {
    if (this.#facts.passwordStore === passwordStore) return
    this.#facts = { ...this.#facts, passwordStore }
    this.#save()
  }

  at(name: string): string {
    return path.join(this.folder, name)
  }

  #save(): void {
    writeFileAtomically(this.#file, new TextEncoder().encode(`${JSON.stringify(this.#facts, undefined, 2)}\n`))
  }
}

function shortName(folder: string): string {
  return toHex(hash('profile folder', new TextEncoder().encode(folder)).subarray(0, 4))
}

function readFacts(file: string): ProfileFacts | undefined {
  const bytes = readFileIfPresent(file)
  if (bytes === undefined) return undefined
  try {
    const checked = v.safeParse(schema, JSON.parse(new TextDecoder().decode(bytes)))
    return checked.success ? checked.output : undefined
  } catch {
    return undefined
  }
}
