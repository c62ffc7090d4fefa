/** A group's chain with its bytes, as a device keeps it, of a group that is named after its founder and a seed. */
import type { AddPolicy } from '../../src-shared/group/entry.ts'
import { issueJoin } from '../../src-shared/group/join.ts'
import type { VerifiedMemberKey } from '../../src-shared/group/member-key.ts'
import { memberOf } from '../../src-shared/group/membership.ts'
import { applyEntry, foundingEntry, groupIdOf, nextEntry, type Roster } from '../../src-shared/group/roster.ts'
import { groupSsrc, type MediaKind } from '../../src-shared/media/ssrc.ts'
import { NOW, type TestDevice, valueOf } from './test-device.ts'
import { change, type LaterChange, signerOf, testMemberKey } from './test-group.ts'

export class TestChain {
  readonly founder: TestDevice
  readonly seed: Uint8Array
  readonly groupId: Uint8Array
  readonly entries: Uint8Array[] = []
  roster: Roster
  /** Making one is most of the work. */
  readonly #firstKeys = new Map<TestDevice, VerifiedMemberKey>()

  /** `from`: what another device's chain has by now. */
  constructor(founder: TestDevice, seed: Uint8Array, addPolicy: AddPolicy = 'hosts', from?: TestChain) {
    this.founder = founder
    this.seed = seed
    this.groupId = groupIdOf(founder.certificate.certHash, seed)
    const first =
      from?.entries[0] ??
      foundingEntry({ join: this.joinOf(founder, 0), addPolicy, upgradeTag: undefined }, signerOf(founder), NOW)
    this.entries.push(first)
    this.roster = valueOf(applyEntry(undefined, first))
    for (const entry of from?.entries.slice(1) ?? []) this.take(entry)
  }

  copy(): TestChain {
    return new TestChain(this.founder, this.seed, 'hosts', this)
  }

  take(entry: Uint8Array): void {
    this.roster = valueOf(applyEntry(this.roster, entry))
    this.entries.push(entry)
  }

  /** Appends what counts and gives its bytes. */
  append(actor: TestDevice, what: LaterChange): Uint8Array {
    const entry = this.sign(actor, what)
    this.take(entry)
    return entry
  }

  /** The next entry, whether it counts or not. */
  sign(actor: TestDevice, what: LaterChange): Uint8Array {
    return nextEntry(this.roster, what, signerOf(actor), NOW)
  }

  invite(actor: TestDevice, who: TestDevice): Uint8Array {
    return this.append(actor, change.invite(who))
  }

  add(actor: TestDevice, who: TestDevice): Uint8Array {
    return this.append(actor, this.addition(who))
  }

  addition(who: TestDevice): LaterChange {
    return change.add(this.joinOf(who, this.entries.length))
  }

  remove(actor: TestDevice, who: TestDevice, reason: 'removed' | 'left' | 'lost'): Uint8Array {
    return this.append(actor, change.remove(who, reason))
  }

  joinOf(device: TestDevice, fromSeq: number) {
    const memberKey = this.#firstKeys.get(device) ?? testMemberKey(device, 0, this.groupId).memberKey
    this.#firstKeys.set(device, memberKey)
    const fields = { groupId: this.groupId, certificate: device.certificate, handle: 'someone@example.org' }
    const nonce = Uint8Array.from({ length: 16 }, (_, place) => fromSeq >> (8 * (place % 2)))
    const join = { ...fields, nonce, fromSeq, joinKey: memberKey, linkTag: undefined }
    return issueJoin(join, device.keys.device.secret)
  }

  /** An SSRC of a member's video. */
  /** Without `kind` of a stream that the relay forwards to everybody. */
  ssrcOf(device: TestDevice, stream = 0, kind: MediaKind = 'screen'): number {
    const member = memberOf(this.roster, device.certificate.certHash)
    if (member === undefined) throw new Error('no member')
    return groupSsrc(member.ssrcPrefix, stream, kind)
  }
}
