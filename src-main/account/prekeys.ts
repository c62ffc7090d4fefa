/**
 * R11, the receiving side: keeps a stock of prekeys in the directory and their private halves here, and erases those
 * when nothing can need them any more. Private halves are stored before the service hears of a prekey.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Bytes, equalBytes, erase } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { type Clock, DAY, HOUR, type Ms, type UnixMs } from '../../src-shared/base/time.ts'
import { KEM_SEED_LENGTH, kemKeyPair, P256_SEED_LENGTH, p256KeyPair } from '../../src-shared/crypto/agreement.ts'
import type { PrekeySecrets } from '../../src-shared/crypto/envelope.ts'
import { issuePrekey, parsePrekey, type Prekey, type PrekeyKind } from '../../src-shared/protocol/prekey.ts'
import { PREKEYS_PER_REQUEST } from '../../src-shared/protocol/service/limits.ts'
import type { Service } from '../signaling/service.ts'
import type { OwnAccount } from './identity.ts'
import type { PrekeyStore, StoredPrekey } from './ports.ts'

/** One-time prekeys that the directory should have; refilled when it has fewer than `REFILL_BELOW`. */
export const ONE_TIME_STOCK = 100
export const REFILL_BELOW = 80
/** One-time private halves that are kept at most. Who drains the stock on purpose makes senders use the medium-term one, and no more. */
export const ONE_TIME_HELD_MAX = 1000
export const MEDIUM_TERM_RENEWAL: Ms = 7 * DAY
export const MEDIUM_TERM_LIFE: Ms = 30 * DAY
/** After its successor was published; senders fetch anew for each envelope, so later ones name the successor. */
export const SUPERSEDED_KEPT: Ms = 14 * DAY
/** An envelope may wait so long in the push queue. */
const QUEUE_LIFE: Ms = 30 * DAY
const UPKEEP_INTERVAL: Ms = 6 * HOUR

export interface PrekeyPorts {
  readonly account: OwnAccount
  readonly service: Service
  readonly store: PrekeyStore
  readonly random: RandomBytes
  readonly clock: Clock
  /** The local store failed while nobody was waiting for an answer. */
  readonly failed: (error: unknown) => void
}

export class Prekeys {
  readonly #ports: PrekeyPorts
  #running: Promise<boolean> | undefined

  constructor(ports: PrekeyPorts) {
    this.#ports = ports
  }

  /** Looks after the stock at every connection and every six hours. The returned function ends it. */
  start(): () => void {
    const { service, clock } = this.#ports
    const again = (): void => {
      this.#tendSoon()
      cancel = clock.after(UPKEEP_INTERVAL, again)
    }
    let cancel = clock.after(0, again)
    const stops = [service.onState(() => this.#tendSoon()), service.onQueueEmpty(() => this.queueEmptied())]
    return () => {
      cancel()
      for (const stop of stops) stop()
    }
  }

  /** Brings the stock up and erases what is due. `false`: the service did not take everything; the next time goes on from there. */
  tend(): Promise<boolean> {
    this.#running ??= this.#tend().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** The private half for an envelope to this device; `undefined` if it never was or was erased. */
  find(kind: PrekeyKind, id: number): PrekeySecrets | undefined {
    const stored = this.#ports.store.find(kind, id)
    const prekey = stored && parsePrekey(stored.prekey)
    if (stored === undefined || prekey === undefined || !this.#isCurrent(prekey)) return undefined
    return {
      bytes: stored.prekey,
      p256: { secret: stored.p256Secret, public: prekey.p256 },
      kem: kemKeyPair(stored.kemSeed),
    }
  }

  /** After an envelope was opened with it: a one-time prekey opens nothing again. */
  used(kind: PrekeyKind, id: number): void {
    if (kind !== 'one-time') return
    this.#ports.store.remove(kind, [id])
    this.#tendSoon()
  }

  /** Everything that was under way when a successor was published has arrived. */
  queueEmptied(): void {
    const { store } = this.#ports
    const waiting = store.all('medium-term').filter((key) => key.supersededAt !== undefined && !key.queueEmptied)
    if (waiting.length > 0) store.save(waiting.map((key) => ({ ...key, queueEmptied: true })))
  }

  #tendSoon(): void {
    if (this.#ports.service.state === 'online') this.tend().catch(this.#ports.failed)
  }

  async #tend(): Promise<boolean> {
    this.#eraseDue()
    return (await this.#tendMediumTerm()) && (await this.#tendOneTime())
  }

  async #tendMediumTerm(): Promise<boolean> {
    const { store, clock } = this.#ports
    const now = clock.now()
    const current = store.all('medium-term').filter(({ supersededAt }) => supersededAt === undefined)
    const published = current.filter(({ publishedAt }) => publishedAt !== undefined)
    if (published.some(({ publishedAt }) => now - (publishedAt ?? 0) < MEDIUM_TERM_RENEWAL)) return true
    // One that the service did not take, or whose acknowledgement was lost, goes again.
    const waiting = current.find(({ publishedAt }) => publishedAt === undefined)
    const next = waiting ?? this.#make('medium-term', now + MEDIUM_TERM_LIFE)
    if (!(await this.#publish([next]))) return false
    store.save(published.map((key) => ({ ...key, supersededAt: clock.now(), queueEmptied: false })))
    return true
  }

  async #tendOneTime(): Promise<boolean> {
    const { store, service, account } = this.#ports
    const stock = await service.prekeyStock()
    if (!stock.ok) return false
    if (stock.value >= REFILL_BELOW) return true
    const held = store.all('one-time')
    const ready = held.filter(({ publishedAt }) => publishedAt === undefined)
    const room = ONE_TIME_HELD_MAX - held.length + ready.length
    let missing = Math.min(ONE_TIME_STOCK - stock.value, room)
    while (missing > 0) {
      const batch = ready.splice(0, Math.min(missing, PREKEYS_PER_REQUEST))
      while (batch.length < Math.min(missing, PREKEYS_PER_REQUEST)) {
        batch.push(this.#make('one-time', account.certificate.notAfter))
        // Making one takes some milliseconds, and a call may be running.
        await nextTurn()
      }
      if (!(await this.#publish(batch))) return false
      missing -= batch.length
    }
    return true
  }

  async #publish(prekeys: readonly StoredPrekey[]): Promise<boolean> {
    const { store, service, clock } = this.#ports
    store.save(prekeys)
    const done = await service.publishPrekeys(prekeys.map(({ prekey }) => prekey))
    if (done.ok) store.save(prekeys.map((key) => ({ ...key, publishedAt: clock.now() })))
    return done.ok
  }

  #make(kind: PrekeyKind, notAfter: UnixMs): StoredPrekey {
    const { account, random } = this.#ports
    const p256 = p256KeyPair(random(P256_SEED_LENGTH))
    const kemSeed = random(KEM_SEED_LENGTH)
    const kem = kemKeyPair(kemSeed)
    erase(kem.secret)
    const prekey = issuePrekey(
      {
        kind,
        id: this.#unusedId(kind),
        certHash: account.certificate.certHash,
        p256: p256.public,
        kem: kem.public,
        notAfter,
      },
      account.keys.device.secret,
    )
    return {
      kind,
      id: prekey.id,
      prekey: prekey.bytes,
      p256Secret: p256.secret,
      kemSeed,
      publishedAt: undefined,
      supersededAt: undefined,
      queueEmptied: false,
    }
  }

  /** Random, so that a number does not tell how many envelopes came before. */
  #unusedId(kind: PrekeyKind): number {
    const { store, random } = this.#ports
    for (;;) {
      const id = numberOf(random(4))
      if (store.find(kind, id) === undefined) return id
    }
  }

  #eraseDue(): void {
    const { store, clock } = this.#ports
    const now = clock.now()
    for (const kind of ['one-time', 'medium-term'] as const) {
      const due = store.all(kind).filter((key) => this.#isDue(key, now))
      if (due.length > 0)
        store.remove(
          kind,
          due.map(({ id }) => id),
        )
    }
  }

  #isDue({ prekey, supersededAt, queueEmptied }: StoredPrekey, now: UnixMs): boolean {
    const parsed = parsePrekey(prekey)
    // Of an earlier certificate: the service dropped its queue when the list changed.
    if (parsed === undefined || !this.#isCurrent(parsed)) return true
    if (now > parsed.notAfter + QUEUE_LIFE) return true
    return supersededAt !== undefined && queueEmptied && now >= supersededAt + SUPERSEDED_KEPT
  }

  #isCurrent({ certHash }: Pick<Prekey, 'certHash'>): boolean {
    return equalBytes(certHash, this.#ports.account.certificate.certHash)
  }
}

function numberOf(bytes: Bytes): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0)
}
