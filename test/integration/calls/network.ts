/** Devices with real cryptography and real runners on a service, a relay and direct connections in memory, on a clock that the test moves. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Bytes, equalBytes, toHex } from '../../../src-shared/base/bytes.ts'
import { failure, success } from '../../../src-shared/base/result.ts'
import { Sensitive } from '../../../src-shared/base/sensitive.ts'
import { type Ms, SECOND } from '../../../src-shared/base/time.ts'
import { parseCertificate, verifyCertificate } from '../../../src-shared/identity/certificate.ts'
import { listsDevice } from '../../../src-shared/identity/device-list.ts'
import type { FromMain } from '../../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../../src-shared/ipc/packet-batch.ts'
import type {
  CallView,
  EndReason,
  HistoryEntry,
  IncomingView,
  SuiteName,
  Verification,
} from '../../../src-shared/ipc/snapshot.ts'
import { memberAddress } from '../../../src-shared/protocol/relay-frame.ts'
import { type Calls, createCalls } from '../../../src-main/calls/calls.ts'
import type {
  CallEnvironment,
  CallPreferences,
  LookupFailure,
  Mail,
  MailType,
  Person,
  ReceivedMail,
  VerifiedDevice,
} from '../../../src-main/calls/ports.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, type TestDevice, testDevice, testList } from '../../support/test-device.ts'
import { MemoryDirects } from './memory-direct.ts'
import { MemoryRelay } from './memory-relay.ts'

export const VIDEO = { audio: true, video: true, screen: false }
export const VOICE = { audio: true, video: false, screen: false }
const PUSH_DELAY: Ms = 30
const STEP: Ms = 10

export interface MailUnderWay {
  readonly from: Party
  readonly to: VerifiedDevice
  readonly type: MailType
  readonly payload: Bytes
}

/** What one person thinks of another. */
export interface Opinion {
  readonly inContacts?: boolean
  readonly blocked?: boolean
  readonly verification?: Verification
  readonly lookup?: LookupFailure
}

export class Network {
  readonly clock = new FakeClock(NOW)
  readonly random
  readonly relay: MemoryRelay
  readonly directs: MemoryDirects
  readonly parties: Party[] = []
  readonly mails: MailUnderWay[] = []
  online = true
  /** What becomes of one envelope: its payload, changed or not, or nothing. */
  tamperMail: ((mail: MailUnderWay) => { readonly payload: Bytes; readonly delay?: Ms } | undefined) | undefined

  constructor(seed = 'calls') {
    this.random = seededRandom(seed)
    this.relay = new MemoryRelay(this.clock)
    this.directs = new MemoryDirects(this.clock, this.random)
  }

  join(account: string, device = 'desk', options: PartyOptions = {}): Party {
    const party = new Party(this, account, device, options)
    this.parties.push(party)
    return party
  }

  /** Lets time pass, and everything happen that was waiting for it. */
  async pass(span: Ms, step: Ms = STEP): Promise<void> {
    await nextTurn()
    for (let left = span; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left))
      await nextTurn()
    }
  }

  /** Until `condition` holds; fails after `limit`. */
  async until(condition: () => boolean, limit: Ms = 10 * SECOND): Promise<void> {
    for (let passed = 0; !condition(); passed += STEP) {
      if (passed > limit) throw new Error(`did not happen within ${String(limit)} ms`)
      await this.pass(STEP)
    }
  }

  devicesOf(account: string): Party[] {
    return this.parties.filter((party) => party.account === account)
  }
}

interface PartyOptions {
  readonly suites?: readonly SuiteName[]
  readonly hideAddress?: boolean
  readonly contactsOnly?: boolean
  /** What this person calls oneself. */
  readonly name?: string
}

export class Party {
  readonly network: Network
  readonly account: string
  readonly device: TestDevice
  readonly address: string
  readonly calls: Calls
  readonly history: HistoryEntry[] = []
  readonly media: FromMain[] = []
  readonly closedPorts: string[] = []
  readonly opinions = new Map<string, Opinion>()
  readonly name: string
  preferences: CallPreferences
  call: CallView | undefined
  incoming: IncomingView | undefined
  phases: string[] = []
  /** How long the next lookups take. */
  lookupDelays: Ms[] = []
  #listeners = new Set<(mail: ReceivedMail) => void>()
  #packetListeners = new Map<string, (batch: Uint8Array) => void>()
  dead = false
  /** In a group call. */
  inGroup = false

  constructor(network: Network, account: string, device: string, options: PartyOptions) {
    this.network = network
    this.account = account
    this.device = testDevice(account, device)
    this.name = options.name ?? ''
    this.address = memberAddress(this.device.certificate.certHash)
    this.preferences = {
      suites: options.suites ?? ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'],
      hideAddress: options.hideAddress ?? true,
      contactsOnly: options.contactsOnly ?? false,
    }
    this.calls = createCalls(this.#environment(device))
  }

  get verified(): VerifiedDevice {
    const { bytes, certHash } = this.device.certificate
    return { certificate: bytes, certHash }
  }

  get phase(): string {
    return this.call?.phase.kind ?? 'none'
  }

  get reason(): EndReason | undefined {
    return this.call?.phase.kind === 'ended' ? this.call.phase.reason : undefined
  }

  /** The accepted or made call's id. */
  get callId(): string {
    const callId = this.call?.callId ?? this.incoming?.callId
    if (callId === undefined) throw new Error('there is no call')
    return callId
  }

  get keys(): FromMain & { kind: 'keys' } {
    const keys = this.media.filter((message) => message.kind === 'keys').at(-1)
    if (keys === undefined) throw new Error('no keys were given')
    return keys
  }

  get packets(): Bytes[] {
    return this.media.flatMap((message) => (message.kind === 'packets' ? (splitPackets(message.batch) ?? []) : []))
  }

  answer(media = VOICE): void {
    this.calls.accept(this.callId, media)
  }

  /** As the media worker does. */
  sendPackets(...packets: readonly Bytes[]): void {
    this.#packetListeners.get(this.callId)?.(joinPackets(packets))
  }

  receive(mail: ReceivedMail): void {
    if (!this.dead) for (const listener of this.#listeners) listener(mail)
  }

  /** Power off. */
  kill(): void {
    this.dead = true
    this.network.relay.cut(this.address, 5 * SECOND)
    this.network.directs.cut(this.address)
  }

  #environment(name: string): CallEnvironment {
    const { network } = this
    return {
      clock: {
        now: () => network.clock.now(),
        after: (delay, callback) =>
          network.clock.after(delay, () => {
            if (!this.dead) callback()
          }),
      },
      random: seededRandom(`${this.account} ${name}`),
      identity: () => ({
        handle: new Sensitive(this.account),
        name: new Sensitive(this.name),
        accountPub: this.device.keys.account.public,
        ...this.#listed(),
        otherDevices: network.devicesOf(this.account).flatMap((other) => (other === this ? [] : [other.verified])),
      }),
      preferences: () => this.preferences,
      directory: {
        find: (handle) => this.#find(handle),
        verifyDevice: async (person, certificate) => {
          await nextTurn()
          const parsed = parseCertificate(certificate)
          const { accountPub } = person
          return (
            parsed !== undefined &&
            verifyCertificate(parsed, { accountPub, now: network.clock.now() }).ok &&
            person.devices.some(({ certHash }) => equalBytes(certHash, parsed.certHash))
          )
        },
      },
      mail: this.#mail(),
      otherwiseEngaged: () => this.inGroup,
      relayTicket: async (callId) => {
        await nextTurn()
        return network.online ? success(callId.slice()) : failure('offline')
      },
      relays: network.relay.linksOf(this.address),
      directs: network.directs.linksOf(this.address),
      mediaPorts: {
        send: (_, message) => void this.media.push(message),
        onPackets: (callId, listener) => {
          this.#packetListeners.set(callId, listener)
          return () => this.#packetListeners.delete(callId)
        },
        close: (callId) => void this.closedPorts.push(callId),
      },
      show: ({ call, incoming }) => {
        this.call = call
        this.incoming = incoming
        const phase = incoming ? 'incoming' : this.phase
        if (this.phases.at(-1) !== phase) this.phases.push(phase)
      },
      upgradeReceived: () => undefined,
      calledBack: () => undefined,
      returnConnected: () => undefined,
      released: () => undefined,
      record: (entry) => void this.history.push(entry),
    }
  }

  /** With the newest list of its account. */
  #listed() {
    const certificates = this.network.devicesOf(this.account).map(({ device }) => device.certificate)
    const list = testList(this.device.keys, certificates, certificates.length)
    if (!listsDevice(list, this.device.certificate.certHash)) throw new Error('not in its own list')
    const { certificate, certHash, signingSecret } = this.device.own
    return { certificate, certHash, signingSecret, listVersion: list.version, listHash: list.listHash }
  }

  async #find(handle: string): ReturnType<CallEnvironment['directory']['find']> {
    await nextTurn()
    const delay = this.lookupDelays.shift()
    if (delay !== undefined) await new Promise<void>((resolve) => this.network.clock.after(delay, resolve))
    const opinion = this.opinions.get(handle)
    if (!this.network.online) return failure('offline')
    if (opinion?.lookup !== undefined) return failure(opinion.lookup)
    const devices = this.network.devicesOf(handle)
    const [first] = devices
    if (first === undefined) return failure('unknown-handle')
    const accountPub = first.device.keys.account.public
    const inContacts = opinion?.inContacts ?? true
    const person: Person = {
      accountId: toHex(accountPub),
      accountPub,
      handle: new Sensitive(handle),
      name: inContacts ? handle.toUpperCase() : handle,
      verification: opinion?.verification ?? 'unverified',
      inContacts,
      blocked: opinion?.blocked ?? false,
      devices: devices.map(({ verified }) => verified),
    }
    return success(person)
  }

  #mail(): Mail {
    const { network } = this
    return {
      send: async (to, type, payload) => {
        await nextTurn()
        if (!network.online) return failure('offline')
        const mail = { from: this, to, type, payload }
        network.mails.push(mail)
        const sealed = { envDigest: network.random(32), messageId: network.random(16) }
        const sentAt = network.clock.now()
        const outcome = network.tamperMail === undefined ? { payload } : network.tamperMail(mail)
        const receiver = network.parties.find(({ verified }) => equalBytes(verified.certHash, to.certHash))
        if (outcome !== undefined && receiver !== undefined) {
          network.clock.after(PUSH_DELAY + (outcome.delay ?? 0), () =>
            receiver.receive({
              type,
              payload: outcome.payload,
              ...sealed,
              sentAt,
              expiresAt: sentAt + 60 * SECOND,
              senderAccountPub: this.device.keys.account.public,
              senderCertHash: this.device.certificate.certHash,
            }),
          )
        }
        return success(sealed)
      },
      onReceived: (listener) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    }
  }
}

/** Alice has called Bob, and he has answered. */
export async function connectedPair(
  network: Network,
  options: { readonly alice?: PartyOptions; readonly bob?: PartyOptions } = {},
): Promise<{ readonly alice: Party; readonly bob: Party }> {
  const alice = network.join('alice', 'desk', options.alice)
  const bob = network.join('bob', 'desk', options.bob)
  alice.calls.start('bob', VIDEO)
  await network.until(() => bob.incoming !== undefined)
  bob.answer()
  await network.until(() => alice.phase === 'connected' && bob.phase === 'connected')
  return { alice, bob }
}
