/**
 * All secrets of one stay in a group call (docs/protocol/group.md, section 2): the own receive keys and sender keys, and what the others
 * send with. Which of them exists when is the machine's decision; here they are made, used and erased.
 */
import { type Bytes, erase, toHex } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import type { EntrySigner } from '../../src-shared/group/entry.ts'
import { commonSuite, deriveSenderKeys, eraseSenderKeys, type SenderKeys } from '../../src-shared/group/group-keys.ts'
import { RecordReceiver, RecordSender } from '../../src-shared/group/group-record.ts'
import { type KeyShare, openKeyShare, SENDER_KEY_LENGTH, wrapSenderKey } from '../../src-shared/group/key-share.ts'
import { MEMBER_KEYS_KEPT } from '../../src-shared/group/machine/timers.ts'
import type { VerifiedMemberKey } from '../../src-shared/group/member-key.ts'
import { memberOf } from '../../src-shared/group/membership.ts'
import { createReceiveKey, eraseReceiveKey, type ReceiveKey } from '../../src-shared/group/receive-key.ts'
import { returnCallId } from '../../src-shared/group/return.ts'
import type { Roster } from '../../src-shared/group/roster.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'

/** Every device of version 1 has it. */
const COMMON: SuiteName = 'AES_256_CM_HMAC_SHA1_80'

interface OwnEpoch {
  readonly roster: Roster
  readonly suite: SuiteName
  readonly senderKey: Bytes
  readonly keys: SenderKeys
  readonly records: RecordSender
}

interface OthersKeys {
  readonly keys: SenderKeys
  readonly records: RecordReceiver
}

export class KeyRing {
  readonly #groupId: Bytes
  readonly #own: EntrySigner
  readonly #random: RandomBytes
  /** By the epoch that their MemberKey names. */
  readonly #receive = new Map<number, ReceiveKey>()
  readonly #sending = new Map<number, OwnEpoch>()
  /** Epoch → sender. */
  readonly #others = new Map<number, Map<string, OthersKeys>>()
  /** Device → what it announced, oldest first. */
  readonly #announced = new Map<string, readonly VerifiedMemberKey[]>()

  constructor(groupId: Bytes, own: EntrySigner, random: RandomBytes) {
    this.#groupId = groupId
    this.#own = own
    this.#random = random
  }

  /** Draws a receive key. Its public half names `epoch`: it serves the one after (R31). */
  makeReceiveKey(epoch: number): VerifiedMemberKey {
    const owner = { groupId: this.#groupId, certHash: this.#own.certHash, epoch }
    const key = createReceiveKey(owner, this.#own.signingSecret, this.#random)
    this.eraseReceiveKey(epoch)
    this.#receive.set(epoch, key)
    return key.memberKey
  }

  /** The public half, while the private one exists. */
  ownMemberKey(epoch: number): VerifiedMemberKey | undefined {
    return this.#receive.get(epoch)?.memberKey
  }

  eraseReceiveKey(epoch: number): void {
    const key = this.#receive.get(epoch)
    if (key !== undefined) eraseReceiveKey(key)
    this.#receive.delete(epoch)
  }

  announced(device: string, key: VerifiedMemberKey): void {
    const before = this.#announced.get(device) ?? []
    const others = before.filter(({ epoch }) => epoch !== key.epoch)
    const all = [...others, key].sort((a, b) => a.epoch - b.epoch)
    this.#announced.set(device, all.slice(-MEMBER_KEYS_KEPT))
  }

  /** R32: one random senderKey for each epoch. */
  enterEpoch(roster: Roster, preference: readonly SuiteName[]): void {
    if (this.#sending.has(roster.epoch)) throw new Error('a second sender key for one epoch')
    const suite = commonSuite(roster, preference) ?? COMMON
    const senderKey = this.#random(SENDER_KEY_LENGTH)
    const keys = deriveSenderKeys(roster, { certHash: this.#own.certHash, suite }, senderKey)
    const records = new RecordSender(keys, this.#own.signingSecret)
    this.#sending.set(roster.epoch, { roster, suite, senderKey, keys, records })
  }

  ownKeys(epoch: number): SenderKeys | undefined {
    return this.#sending.get(epoch)?.keys
  }

  recordSender(epoch: number): RecordSender | undefined {
    return this.#sending.get(epoch)?.records
  }

  eraseSenderKey(epoch: number): void {
    const own = this.#sending.get(epoch)
    if (own === undefined) return
    erase(own.senderKey)
    eraseSenderKeys(own.keys)
    own.records.erase()
    this.#sending.delete(epoch)
  }

  /** KeyShare for a member, wrapped for its MemberKey that names `memberKey`. `undefined`: its keys are none (R3). */
  wrap(epoch: number, device: string, memberKey: number): Bytes | undefined {
    const own = this.#sending.get(epoch)
    const member = own?.roster.members.find(({ certHash }) => toHex(certHash) === device)
    if (own === undefined || member === undefined) return undefined
    const receiver =
      memberKey === 0 ? member.join.joinKey : this.#announced.get(device)?.find((key) => key.epoch === memberKey)
    if (receiver === undefined) return undefined
    const { roster, suite, senderKey } = own
    return wrapSenderKey({ epoch: roster, sender: this.#own, receiver, suite, senderKey }, this.#random)
  }

  /** R32. `undefined`: refused, or not the first of its sender. */
  open(share: KeyShare, roster: Roster): SenderKeys | undefined {
    const sender = toHex(share.sender)
    const others = this.#others.get(share.epoch) ?? new Map<string, OthersKeys>()
    if (others.has(sender)) return undefined
    const own = { certHash: this.#own.certHash, receiveKeys: [...this.#receive.values()] }
    const opened = openKeyShare(share, roster, own)
    if (!opened.ok) return undefined
    const member = memberOf(roster, share.sender)
    if (member === undefined) return undefined
    const { suite, senderKey } = opened.value
    const keys = deriveSenderKeys(roster, { certHash: share.sender, suite }, senderKey)
    erase(senderKey)
    others.set(sender, { keys, records: new RecordReceiver(keys, member.certificate.devicePub) })
    this.#others.set(share.epoch, others)
    return keys
  }

  recordReceiver(epoch: number, device: string): RecordReceiver | undefined {
    return this.#others.get(epoch)?.get(device)?.records
  }

  /** Whose media of this epoch can be opened. */
  hasKeysOf(epoch: number, device: string): boolean {
    return this.#others.get(epoch)?.has(device) === true
  }

  /** R40: of the 1:1 call to `device` that this device may make in `epoch`. */
  ownReturn(epoch: number, device: Bytes): Bytes | undefined {
    const keys = this.ownKeys(epoch)
    return keys && returnCallId(keys, device)
  }

  /** R40: of the 1:1 call to this device that `device` may make in `epoch`. */
  returnOf(epoch: number, device: string): Bytes | undefined {
    const keys = this.#others.get(epoch)?.get(device)?.keys
    return keys && returnCallId(keys, this.#own.certHash)
  }

  /** All keys of others in this epoch. Returns the oldest epoch that is left. */
  dropEpoch(epoch: number): number {
    for (const { keys, records } of this.#others.get(epoch)?.values() ?? []) {
      eraseSenderKeys(keys)
      records.erase()
    }
    this.#others.delete(epoch)
    return Math.min(epoch + 1, ...this.#others.keys())
  }

  /** Everything of this device's stay; what the others announced serves the next one too. */
  eraseStay(): void {
    for (const epoch of [...this.#receive.keys()]) this.eraseReceiveKey(epoch)
    for (const epoch of [...this.#sending.keys()]) this.eraseSenderKey(epoch)
    for (const epoch of [...this.#others.keys()]) this.dropEpoch(epoch)
  }
}
