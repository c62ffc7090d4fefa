/**
 * The service in memory, for any number of devices. It keeps its promises unless a test makes it lie: every answer can be
 * replaced on the way to a device (`lie`), and what is in a queue can be delivered again or to somebody else.
 */
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import { failure, success } from '../../src-shared/base/result.ts'
import { parseCertificate } from '../../src-shared/identity/certificate.ts'
import { listsDevice, parseDeviceList, verifyDeviceList } from '../../src-shared/identity/device-list.ts'
import { parsePrekey } from '../../src-shared/protocol/prekey.ts'
import type { RawDirectoryEntry, Service } from '../../src-main/signaling/service.ts'

interface Entry {
  accountPub: Bytes
  deviceList: Bytes
  certificates: Map<string, Bytes>
}

interface Mailbox {
  readonly oneTime: Bytes[]
  mediumTerm: Bytes | undefined
  readonly handedOut: Set<number>
  readonly queue: Bytes[]
}

export interface Lies {
  lookup?: (handle: string, honest: RawDirectoryEntry | undefined) => RawDirectoryEntry | undefined
  prekey?: (certHash: Bytes, honest: Bytes | undefined) => Bytes | undefined
}

export class MemoryService {
  readonly handles = new Map<string, Entry>()
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #listeners = new Map<string, (envelope: Bytes) => Promise<void>>()
  lies: Lies = {}
  /** While `false`, every request fails as offline. */
  online = true
  /** Every envelope that was ever pushed. */
  readonly pushed: { readonly to: string; readonly envelope: Bytes }[] = []

  mailboxOf(certHash: Bytes): Mailbox {
    const key = toHex(certHash)
    const mailbox = this.#mailboxes.get(key) ?? { oneTime: [], mediumTerm: undefined, handedOut: new Set(), queue: [] }
    this.#mailboxes.set(key, mailbox)
    return mailbox
  }

  /** Gives `certHash`'s device what waits for it; settles when the device has dealt with it. */
  async deliver(certHash: Bytes): Promise<void> {
    const listener = this.#listeners.get(toHex(certHash))
    const { queue } = this.mailboxOf(certHash)
    while (listener !== undefined && queue.length > 0) {
      const envelope = queue.shift()
      if (envelope !== undefined) await listener(envelope)
    }
  }

  /** The service as one device has it. `certHash` is asked for at each use: a device may register later. */
  client(certHash: () => Bytes): TestService {
    return new TestService(this, certHash)
  }

  lookup(handle: string): RawDirectoryEntry | undefined {
    const entry = this.handles.get(handle)
    const list = entry && parseDeviceList(entry.deviceList)
    const verified = entry && list && verifyDeviceList(list, entry.accountPub)
    const honest = entry &&
      verified && {
        accountPub: entry.accountPub,
        deviceList: entry.deviceList,
        certificates: [...entry.certificates.values()].filter((bytes) => {
          const certificate = parseCertificate(bytes)
          return certificate !== undefined && listsDevice(verified, certificate.certHash)
        }),
      }
    return this.lies.lookup === undefined ? honest : this.lies.lookup(handle, honest)
  }

  register(entry: { handle: string; certificate: Bytes; deviceList: Bytes }): 'ok' | 'taken' | 'invalid' {
    const list = parseDeviceList(entry.deviceList)
    const certificate = parseCertificate(entry.certificate)
    if (list === undefined || certificate === undefined) return 'invalid'
    const known = this.handles.get(entry.handle)
    if (known !== undefined && toHex(known.accountPub) !== toHex(list.accountPub)) return 'taken'
    const certificates = known?.certificates ?? new Map<string, Bytes>()
    certificates.set(toHex(certificate.certHash), entry.certificate)
    this.handles.set(entry.handle, { accountPub: list.accountPub, deviceList: entry.deviceList, certificates })
    return 'ok'
  }

  fetchPrekey(certHash: Bytes): Bytes | undefined {
    const mailbox = this.mailboxOf(certHash)
    const honest = mailbox.oneTime.shift() ?? mailbox.mediumTerm
    const parsed = honest && parsePrekey(honest)
    if (parsed?.kind === 'one-time') mailbox.handedOut.add(parsed.id)
    return this.lies.prekey === undefined ? honest : this.lies.prekey(certHash, honest)
  }

  listen(certHash: Bytes, listener: (envelope: Bytes) => Promise<void>): void {
    this.#listeners.set(toHex(certHash), listener)
  }
}

const offline = failure('offline')

class TestService implements Service {
  readonly #service: MemoryService
  readonly #certHash: () => Bytes
  readonly #stateListeners = new Set<(state: Service['state']) => void>()
  readonly #emptyListeners = new Set<() => void>()
  /** While `false`, the service takes prekeys and its answer is lost. */
  answersPublish = true
  publishedPrekeys = 0
  /** One-time prekeys that the service says it has beyond those that it has. */
  claimedStock = 0

  constructor(service: MemoryService, certHash: () => Bytes) {
    this.#service = service
    this.#certHash = certHash
  }

  get state(): Service['state'] {
    return this.#service.online ? 'online' : 'offline'
  }

  onState(listener: (state: Service['state']) => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  onQueueEmpty(listener: () => void): () => void {
    this.#emptyListeners.add(listener)
    return () => this.#emptyListeners.delete(listener)
  }

  connected(): void {
    for (const listener of this.#stateListeners) listener(this.state)
  }

  queueEmptied(): void {
    for (const listener of this.#emptyListeners) listener()
  }

  checkHandle: Service['checkHandle'] = (handle) =>
    Promise.resolve(this.#service.online ? success(!this.#service.handles.has(handle)) : offline)

  register: Service['register'] = (entry) => {
    if (!this.#service.online) return Promise.resolve(offline)
    const outcome = this.#service.register(entry)
    return Promise.resolve(outcome === 'ok' ? success(undefined) : failure(outcome))
  }

  lookup: Service['lookup'] = (handle) => {
    if (!this.#service.online) return Promise.resolve(offline)
    const entry = this.#service.lookup(handle)
    return Promise.resolve(entry === undefined ? failure('unknown') : success(entry))
  }

  publishPrekeys: Service['publishPrekeys'] = (prekeys) => {
    if (!this.#service.online) return Promise.resolve(offline)
    const mailbox = this.#service.mailboxOf(this.#certHash())
    for (const bytes of prekeys) {
      const prekey = parsePrekey(bytes)
      if (prekey === undefined) throw new Error('published something else')
      const known = mailbox.handedOut.has(prekey.id) || mailbox.oneTime.some((other) => toHex(other) === toHex(bytes))
      if (prekey.kind === 'medium-term') mailbox.mediumTerm = bytes
      else if (!known) mailbox.oneTime.push(bytes)
      this.publishedPrekeys++
    }
    return Promise.resolve(this.answersPublish ? success(undefined) : offline)
  }

  prekeyStock: Service['prekeyStock'] = () => {
    const { oneTime } = this.#service.mailboxOf(this.#certHash())
    return Promise.resolve(this.#service.online ? success(oneTime.length + this.claimedStock) : offline)
  }

  /** There is no network. */
  stunPort: Service['stunPort'] = () => Promise.resolve(offline)

  fetchPrekey: Service['fetchPrekey'] = (certHash) => {
    if (!this.#service.online) return Promise.resolve(offline)
    const prekey = this.#service.fetchPrekey(certHash)
    return Promise.resolve(prekey === undefined ? failure('unknown') : success(prekey))
  }

  push: Service['push'] = (toCertHash, envelope) => {
    if (!this.#service.online) return Promise.resolve(offline)
    this.#service.pushed.push({ to: toHex(toCertHash), envelope })
    this.#service.mailboxOf(toCertHash).queue.push(envelope)
    return Promise.resolve(success(undefined))
  }

  onEnvelope(listener: (envelope: Bytes) => Promise<void>): () => void {
    this.#service.listen(this.#certHash(), listener)
    return () => this.#service.listen(this.#certHash(), () => Promise.resolve())
  }

  relayTicket: Service['relayTicket'] = () => Promise.resolve(failure('refused'))
  relayConnect: Service['relayConnect'] = () => Promise.resolve(failure('refused'))
  groupTicket: Service['groupTicket'] = () => Promise.resolve(failure('refused'))
  putLink: Service['putLink'] = () => Promise.resolve(failure('refused'))
  getLink: Service['getLink'] = () => Promise.resolve(failure('refused'))
  removeLink: Service['removeLink'] = () => Promise.resolve(failure('refused'))
}

export type { TestService }
