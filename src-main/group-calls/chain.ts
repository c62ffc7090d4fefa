/** The roster's chain as this device holds it: entries, what they say, and what is new in them, in the words of the machine. */
import { type Bytes, fromHex, toHex } from '../../src-shared/base/bytes.ts'
import { unreachable } from '../../src-shared/base/result.ts'
import { type Entry, type EntrySigner, parseEntry } from '../../src-shared/group/entry.ts'
import type { VerifiedJoin } from '../../src-shared/group/join.ts'
import type { Change, EntryToMake, Roster as MachineRoster } from '../../src-shared/group/machine/roster.ts'
import { memberOf } from '../../src-shared/group/membership.ts'
import { applyEntry, foundingEntry, nextEntry, type Roster } from '../../src-shared/group/roster.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'

/** Rosters of earlier epochs: as many as can have keys at one time, and more. */
const EPOCHS_KEPT = 16

export interface Taken {
  readonly changes: readonly Change[]
  /** R30, or an entry that does not count: what the room has is not this chain. */
  readonly forked: boolean
}

export class Chain {
  #entries: Bytes[] = []
  #roster: Roster | undefined
  #epochs: readonly Roster[] = []
  /** All who were ever members. */
  readonly #ever = new Set<string>()

  get roster(): Roster | undefined {
    return this.#roster
  }

  get length(): number {
    return this.#entries.length
  }

  /** As it was when this epoch began. */
  inEpoch(epoch: number): Roster | undefined {
    return this.#epochs.find((roster) => roster.epoch === epoch)
  }

  everHad(certHash: Bytes): boolean {
    return this.#ever.has(toHex(certHash))
  }

  /** A piece of the room's chain that begins with number `first`. What is known already changes nothing. */
  take(first: number, entries: readonly Bytes[]): Taken {
    const changes: Change[] = []
    if (first > this.#entries.length) return { changes, forked: false }
    for (const bytes of entries) {
      const before = this.#roster
      const applied = applyEntry(before, bytes)
      if (!applied.ok) {
        if (applied.reason === 'known') continue
        return { changes, forked: true }
      }
      this.#grow(bytes, applied.value)
      const entry = parseEntry(bytes)
      if (entry !== undefined) changes.push(this.#changeOf(entry, before))
    }
    return { changes, forked: false }
  }

  from(seq: number): readonly Bytes[] {
    return this.#entries.slice(seq)
  }

  /** Signed entries behind this chain's end, in their order; what would not count is left out. */
  sign(
    wanted: readonly EntryToMake[],
    own: EntrySigner,
    joins: (id: string) => VerifiedJoin | undefined,
    at: UnixMs,
    create: () => Bytes,
  ): Bytes[] {
    const signed: Bytes[] = []
    let roster = this.#roster
    for (const entry of wanted) {
      const bytes = entry.op === 'create' ? create() : roster && signNext(roster, entry, own, joins, at)
      const applied = bytes && applyEntry(roster, bytes)
      if (bytes === undefined || applied?.ok !== true) continue
      signed.push(bytes)
      roster = applied.value
    }
    return signed
  }

  #grow(bytes: Bytes, roster: Roster): void {
    this.#entries.push(bytes)
    if (roster.epoch !== this.#roster?.epoch) this.#epochs = [...this.#epochs, roster].slice(-EPOCHS_KEPT)
    this.#roster = roster
    for (const { certHash } of roster.members) this.#ever.add(toHex(certHash))
  }

  #changeOf({ change, actor }: Entry, before: Roster | undefined): Change {
    const by = toHex(actor)
    switch (change.op) {
      case 'create':
      case 'add': {
        const { certificate, nonce } = change.join
        const [device, account] = [toHex(certificate.certHash), toHex(certificate.accountPub)]
        return { kind: 'added', device, account, join: toHex(nonce), by }
      }
      case 'remove': {
        const member = before && memberOf(before, change.certHash)
        const account = member === undefined ? '' : toHex(member.certificate.accountPub)
        return { kind: 'removed', device: toHex(change.certHash), account, reason: change.reason, by }
      }
      case 'invite':
        return { kind: 'invited', account: toHex(change.accountPub), by }
      case 'host':
        return { kind: 'host', device: toHex(change.certHash), on: change.on, by }
      default:
        return unreachable(change)
    }
  }
}

/** The first entry, which founds the call. */
/** `tag`: of an upgrade (R36). */
export function createEntry(join: VerifiedJoin, own: EntrySigner, at: UnixMs, tag: Bytes | undefined): Bytes {
  return foundingEntry({ join, addPolicy: 'all', upgradeTag: tag }, own, at)
}

function signNext(
  roster: Roster,
  entry: Exclude<EntryToMake, { op: 'create' }>,
  own: EntrySigner,
  joins: (id: string) => VerifiedJoin | undefined,
  at: UnixMs,
): Bytes | undefined {
  switch (entry.op) {
    case 'invite':
      return nextEntry(roster, { op: 'invite', accountPub: fromHex(entry.account) }, own, at)
    case 'add': {
      const join = joins(entry.join)
      return join && nextEntry(roster, { op: 'add', join }, own, at)
    }
    case 'remove':
      return nextEntry(roster, { op: 'remove', certHash: fromHex(entry.device), reason: entry.reason }, own, at)
    case 'host':
      return nextEntry(roster, { op: 'host', certHash: fromHex(entry.device), on: entry.on }, own, at)
    default:
      return unreachable(entry)
  }
}

export function machineRoster({ hashes, epoch, members, invited, addPolicy }: Roster): MachineRoster {
  return {
    length: hashes.length,
    epoch,
    members: members.map(({ certHash, certificate, host, join, firstEpoch }) => ({
      device: toHex(certHash),
      account: toHex(certificate.accountPub),
      host,
      join: toHex(join.nonce),
      firstEpoch,
    })),
    invited: [...invited],
    addPolicy,
  }
}
