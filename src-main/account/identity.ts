/**
 * This folder is the device's life on the service: who it is, its prekeys, what it believes of others, its sealed mail.
 * It talks to the service through `signaling/service.ts` and to storage through `ports.ts`; it knows no Electron, no call and no window.
 *
 * The account and its one device: made once, kept in the vault, renewed before the certificate runs out.
 */
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import { DAY, type Ms, type UnixMs } from '../../src-shared/base/time.ts'
import { SUITES, suiteMask } from '../../src-shared/crypto/suites.ts'
import {
  issueCertificate,
  parseCertificate,
  PROTOCOL_VERSION,
  type VerifiedCertificate,
  verifyCertificate,
} from '../../src-shared/identity/certificate.ts'
import {
  issueDeviceList,
  listsDevice,
  parseDeviceList,
  type VerifiedDeviceList,
  verifyDeviceList,
} from '../../src-shared/identity/device-list.ts'
import { identityKeys, type IdentityKeys, type KeySeeds, randomSeeds } from '../../src-shared/identity/keys.ts'
import type { OwnIdentity } from '../calls/ports.ts'
import type { Vault } from './ports.ts'
import { encodeVaultContent, parseVaultContent, type VaultContent } from './vault-content.ts'

const CERTIFICATE_LIFE: Ms = 365 * DAY
/** Begins that much in the past: a contact's clock may be behind by hours. */
const CERTIFICATE_LEAD: Ms = DAY
/** Renewed at the first start in the last so many days. */
const RENEWAL: Ms = 60 * DAY

export class OwnAccount {
  readonly keys: IdentityKeys
  readonly #vault: Vault
  #content: VaultContent
  #certificate: VerifiedCertificate
  #list: VerifiedDeviceList

  private constructor(
    vault: Vault,
    content: VaultContent,
    papers: { certificate: VerifiedCertificate; list: VerifiedDeviceList; keys: IdentityKeys },
  ) {
    this.#vault = vault
    this.#content = content
    this.#certificate = papers.certificate
    this.#list = papers.list
    this.keys = papers.keys
  }

  /** New keys, a certificate for a year and list version 1, in the vault before anyone hears of them. */
  static create(
    vault: Vault,
    profile: { readonly name: string; readonly handle: string },
    random: RandomBytes,
    now: UnixMs,
  ): Result<OwnAccount, 'not-stored'> {
    const seeds = randomSeeds(random)
    const papers = issuePapers(seeds, { serial: 1, listVersion: 1 }, now)
    const content = contentOf({ ...profile, registered: false, seeds }, papers)
    const written = vault.write(encodeVaultContent(content))
    return written.ok ? success(new OwnAccount(vault, content, papers)) : written
  }

  /** `undefined`: there is none yet. Renews the certificate when it is due. */
  static open(vault: Vault, now: UnixMs): Result<OwnAccount | undefined, 'damaged' | 'not-stored'> {
    const bytes = vault.read()
    if (bytes === undefined) return success(undefined)
    const content = parseVaultContent(bytes)
    const parsed = content && parseCertificate(content.certificate)
    const list = content && parseDeviceList(content.deviceList)
    if (content === undefined || parsed === undefined || list === undefined) return failure('damaged')
    const keys = identityKeys(content.seeds)
    const ownList = verifyDeviceList(list, keys.account.public)
    // Judged at its own beginning: an expired certificate of ours is renewed, not refused.
    const certificate = verifyCertificate(parsed, { accountPub: keys.account.public, now: parsed.notBefore })
    if (!certificate.ok || ownList === undefined || !listsDevice(ownList, parsed.certHash)) return failure('damaged')
    const account = new OwnAccount(vault, content, { certificate: certificate.value, list: ownList, keys })
    const renewed = account.#renewIfDue(now)
    return renewed.ok ? success(account) : renewed
  }

  get identity(): OwnIdentity {
    return {
      handle: this.handle,
      name: new Sensitive(this.#content.name),
      accountPub: this.keys.account.public,
      certificate: this.#certificate.bytes,
      certHash: this.#certificate.certHash,
      listVersion: this.#list.version,
      listHash: this.#list.listHash,
      signingSecret: this.keys.device.secret,
      // Linking (R9) is what could add others; until a device was linked, this list names this one alone.
      otherDevices: [],
    }
  }

  get certificate(): VerifiedCertificate {
    return this.#certificate
  }

  get deviceList(): VerifiedDeviceList {
    return this.#list
  }

  get handle(): Sensitive<string> {
    return new Sensitive(this.#content.handle)
  }

  get name(): string {
    return this.#content.name
  }

  /** The service took the handle for this account at least once. */
  get registered(): boolean {
    return this.#content.registered
  }

  rename(name: string): Result<undefined, 'not-stored'> {
    return this.#store({ ...this.#content, name })
  }

  /** Another handle than the first choice, as long as none is registered. */
  choose(profile: { readonly name: string; readonly handle: string }): Result<undefined, 'not-stored'> {
    return this.#store({ ...this.#content, ...profile })
  }

  markRegistered(): Result<undefined, 'not-stored'> {
    return this.registered ? success(undefined) : this.#store({ ...this.#content, registered: true })
  }

  /** The same keys, a new certificate, and a list that names it in place of the old one. */
  #renewIfDue(now: UnixMs): Result<undefined, 'not-stored'> {
    const { notAfter, serial } = this.#certificate
    if (now < notAfter - RENEWAL) return success(undefined)
    const numbers = { serial: serial + 1, listVersion: this.#list.version + 1 }
    const papers = issuePapers(this.#content.seeds, numbers, now)
    const stored = this.#store(contentOf(this.#content, papers))
    if (stored.ok) {
      this.#certificate = papers.certificate
      this.#list = papers.list
    }
    return stored
  }

  #store(content: VaultContent): Result<undefined, 'not-stored'> {
    const written = this.#vault.write(encodeVaultContent(content))
    if (written.ok) this.#content = content
    return written
  }
}

interface Papers {
  readonly keys: IdentityKeys
  readonly certificate: VerifiedCertificate
  readonly list: VerifiedDeviceList
}

function issuePapers(
  seeds: KeySeeds,
  numbers: { readonly serial: number; readonly listVersion: number },
  now: UnixMs,
): Papers {
  const keys = identityKeys(seeds)
  const accountPub = keys.account.public
  const issued = issueCertificate(
    {
      accountPub,
      devicePub: keys.device.public,
      agreeP256: keys.agreement.p256.public,
      agreeKem: keys.agreement.kem.public,
      minVersion: PROTOCOL_VERSION,
      suites: suiteMask(SUITES.map(({ name }) => name)),
      serial: numbers.serial,
      notBefore: now - CERTIFICATE_LEAD,
      notAfter: now + CERTIFICATE_LIFE,
    },
    { accountSecret: keys.account.secret, deviceSecret: keys.device.secret },
  )
  const certificate = verifyCertificate(issued, { accountPub, now })
  if (!certificate.ok) throw new Error(`own certificate: ${certificate.reason}`)
  const list = issueDeviceList(
    { accountPub, version: numbers.listVersion, issuedAt: now, certHashes: [issued.certHash] },
    keys.account.secret,
  )
  return { keys, certificate: certificate.value, list }
}

function contentOf(
  fields: Pick<VaultContent, 'registered' | 'name' | 'handle' | 'seeds'>,
  { certificate, list }: Papers,
): VaultContent {
  const { registered, name, handle, seeds } = fields
  return { registered, name, handle, seeds, certificate: certificate.bytes, deviceList: list.bytes }
}
