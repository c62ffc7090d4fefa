/**
 * What this device believes of others: the service's directory, checked by R4, held to what was seen before (R5, R6),
 * and stopped where only a person can decide (R7). Implements `Directory` for the calls, and answers for the senders of mail.
 */
import { type Bytes, equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { Clock } from '../../src-shared/base/time.ts'
import { type Certificate, parseCertificate, verifyCertificate } from '../../src-shared/identity/certificate.ts'
import { compareWithPin, listsDevice, type VerifiedDeviceList } from '../../src-shared/identity/device-list.ts'
import { normaliseHandle } from '../../src-shared/identity/handle.ts'
import { safetyNumber } from '../../src-shared/identity/safety-number.ts'
import type { Directory, LookupFailure, Person } from '../calls/ports.ts'
import type { Service } from '../signaling/service.ts'
import { type DirectoryEntry, verifyEntry } from './directory-entry.ts'
import type { OwnAccount } from './identity.ts'
import type { AccountPin, Contacts, PinStore } from './ports.ts'

export interface DirectoryPorts {
  readonly account: OwnAccount
  readonly service: Service
  readonly pins: PinStore
  readonly contacts: Contacts
  readonly clock: Clock
}

/** Why a device is not believed to speak for its account. */
export type DeviceRefusal =
  | 'certificate' /* R4: a signature, a time, or another account than expected */
  | 'unknown-account' /* nobody here knows under which handle to ask for it */
  | 'not-listed' /* R4: revoked, or never there */
  | 'list' /* R6: it claims a list that the directory does not show, or another one of the same version */
  | LookupFailure

export class AccountDirectory implements Directory {
  readonly #ports: DirectoryPorts
  /** The newest list seen in this run, by account: what R4 is asked of. */
  readonly #lists = new Map<string, VerifiedDeviceList>()

  constructor(ports: DirectoryPorts) {
    this.#ports = ports
    this.#lists.set(toHex(ports.account.keys.account.public), ports.account.deviceList)
  }

  async find(handle: string): Promise<Result<Person, LookupFailure>> {
    const entry = await this.#fetch(handle)
    if (!entry.ok) return entry
    const pinned = this.#ports.pins.byHandle(entry.value.handle)
    // R7: who was pinned under this handle had another key.
    if (pinned !== undefined && !equalBytes(pinned.accountPub, entry.value.accountPub)) return failure('key-changed')
    return this.#person(entry.value)
  }

  /** R7: the person has seen that the key changed and goes on with the new one. It is not verified. */
  async acceptNewKey(handle: string): Promise<Result<Person, LookupFailure>> {
    const entry = await this.#fetch(handle)
    if (!entry.ok) return entry
    const pinned = this.#ports.pins.byAccount(entry.value.accountPub)
    this.#pin(entry.value, pinned?.verified ?? false)
    return this.#person(entry.value)
  }

  async verifyDevice(person: Person, certificate: Bytes, listVersion: number, listHash: Bytes): Promise<boolean> {
    const parsed = parseCertificate(certificate)
    if (parsed === undefined || !equalBytes(parsed.accountPub, person.accountPub)) return false
    const { handle } = person
    return (await this.verifySender({ certificate: parsed, listVersion, listHash, handle: handle.reveal() })).ok
  }

  /**
   * R4 and R6 for a device that spoke first: its certificate, in the newest list of its account. `handle` is where it says
   * that it can be found; without one the pin says it.
   */
  async verifySender(sender: {
    readonly certificate: Certificate
    readonly listVersion: number
    readonly listHash: Bytes
    readonly handle: string | undefined
  }): Promise<Result<undefined, DeviceRefusal>> {
    const { accountPub, certHash } = sender.certificate
    if (!verifyCertificate(sender.certificate, { accountPub, now: this.#ports.clock.now() }).ok) {
      return failure('certificate')
    }
    let list = this.#lists.get(toHex(accountPub))
    // R6: it knows of a newer list than this device, which therefore asks again before it believes anything.
    if (list === undefined || sender.listVersion > list.version) {
      const handle = sender.handle ?? this.#ports.pins.byAccount(accountPub)?.handle.reveal()
      if (handle === undefined) return failure('unknown-account')
      const entry = await this.#fetch(handle)
      if (!entry.ok) return entry
      if (!equalBytes(entry.value.accountPub, accountPub)) return failure('unknown-account')
      list = entry.value.list
    }
    const claim = compareWithPin(sender, list)
    // The sender may be behind, when another device of its account has just changed the list.
    if (claim === 'rollback' || claim === 'fork') return failure('list')
    return listsDevice(list, certHash) ? success(undefined) : failure('not-listed')
  }

  /** The person compared the safety number, or takes that back (R8). `false`: this account was never seen here. */
  setVerified(accountPub: Bytes, verified: boolean): boolean {
    const pin = this.#ports.pins.byAccount(accountPub)
    if (pin === undefined) return false
    this.#ports.pins.save({ ...pin, verified })
    return true
  }

  /** Twelve groups of five digits (R8). */
  safetyNumber(accountPub: Bytes): string[] {
    return safetyNumber(this.#ports.account.keys.account.public, accountPub)
  }

  /** Fetches, verifies, and holds the list to its account's pin. */
  async #fetch(typed: string): Promise<Result<DirectoryEntry, LookupFailure>> {
    const { service, account, pins, clock } = this.#ports
    const handle = normaliseHandle(typed)
    if (handle === undefined) return failure('unknown-handle')
    if (handle === account.handle.reveal()) return failure('self')
    const raw = await service.lookup(handle)
    if (!raw.ok) return failure(raw.reason === 'unknown' || raw.reason === 'invalid' ? 'unknown-handle' : 'offline')
    if (equalBytes(raw.value.accountPub, account.keys.account.public)) return failure('self')
    const entry = verifyEntry(handle, raw.value, clock.now())
    if (!entry.ok) return entry
    const { accountPub, list } = entry.value
    const pin = pins.byAccount(accountPub)
    if (pin !== undefined) {
      const age = compareWithPin(pin, list)
      // R5: the service shows an older list, or one of two: a revoked device may be in it.
      if (age === 'rollback' || age === 'fork') return failure('insecure')
      if (age === 'newer') pins.save({ ...pin, listVersion: list.version, listHash: list.listHash })
    }
    this.#lists.set(toHex(accountPub), list)
    return entry
  }

  #person(entry: DirectoryEntry): Result<Person, LookupFailure> {
    const { pins, contacts } = this.#ports
    const { accountPub, handle, devices } = entry
    if (devices.length === 0) return failure(entry.refused > 0 ? 'insecure' : 'no-devices')
    const pin = pins.byHandle(handle) ?? this.#pin(entry, pins.byAccount(accountPub)?.verified ?? false)
    const accountId = toHex(accountPub)
    const contact = contacts.byAccount(accountId)
    return success({
      accountId,
      accountPub,
      handle: new Sensitive(handle),
      name: contact?.name ?? handle,
      verification: pin.verified ? 'verified' : 'unverified',
      inContacts: contact !== undefined,
      blocked: contact?.blocked ?? false,
      devices,
    })
  }

  /** At first sight, and when the person accepted a new key. */
  #pin({ accountPub, handle, list }: DirectoryEntry, verified: boolean): AccountPin {
    const pin = {
      accountPub,
      handle: new Sensitive(handle),
      listVersion: list.version,
      listHash: list.listHash,
      verified,
    }
    this.#ports.pins.save(pin)
    return pin
  }
}
