/**
 * The keys of a group call (docs/protocol/group.md, section 7.2): the own ones of the epoch that is sent in, and of each
 * member those of the epochs whose packets may still come. A packet's SSRC says whose it is, and only that member's keys
 * are tried: nobody can speak for another.
 */
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import type { Ms } from '../../src-shared/base/time.ts'
import { createSrtpReceiver, type SrtpReceiver } from '../../src-shared/crypto/srtp.ts'
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { FromMain } from '../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'
import { withoutDeparture } from '../../src-shared/media/departure.ts'
import { parseForwarding } from '../../src-shared/media/forwarding.ts'
import { isRtcp } from '../../src-shared/media/rtp.ts'
import { kindOfSsrc, type MediaKind, prefixOfSsrc } from '../../src-shared/media/ssrc.ts'
import { eachStream, eraseKeys, eraseStreams, type PerKind } from './key-streams.ts'
import type { Opened, Refusal } from './protection.ts'
import { mkiOf, SendingEpochs, type SendingKeys } from './sending-epochs.ts'
import { WaitingRoom } from './waiting-room.ts'

export type MemberKeys = Extract<FromMain, { kind: 'member-keys' }>

export interface OpenedInGroup extends Opened {
  readonly from: MemberId
}

interface MemberEpochs {
  readonly prefix: number
  /** By epoch, the newest last. */
  readonly epochs: Map<number, PerKind<SrtpReceiver>>
}

export class GroupProtection {
  readonly #sending = new SendingEpochs()
  readonly #members = new Map<MemberId, MemberEpochs>()
  readonly #byPrefix = new Map<number, MemberId>()
  readonly #waiting = new WaitingRoom()
  /** Epochs before this one were dropped. */
  #oldest = 0

  get suite(): SuiteName | undefined {
    return this.#sending.suite
  }

  get canSend(): boolean {
    return this.#sending.canSend
  }

  /** Packets that waited in vain. */
  get expired(): number {
    return this.#waiting.dropped
  }

  /** Who is in from now on; the keys of everybody else are erased. */
  setMembers(members: readonly { readonly id: MemberId; readonly ssrcPrefix: number }[]): void {
    const prefixes = new Map(members.map(({ id, ssrcPrefix }) => [id, ssrcPrefix]))
    for (const [id, { prefix, epochs }] of this.#members) {
      if (prefixes.get(id) === prefix) continue
      for (const streams of epochs.values()) eraseStreams(streams)
      this.#members.delete(id)
      this.#byPrefix.delete(prefix)
    }
    for (const [id, prefix] of prefixes) {
      if (!this.#members.has(id)) this.#members.set(id, { prefix, epochs: new Map() })
      this.#byPrefix.set(prefix, id)
    }
  }

  useToSend(keys: SendingKeys): void {
    this.#sending.install(keys)
  }

  /**
   * Takes a member's keys over and erases the message. The packets that waited for them come back, to be opened now.
   * Keys that are here already change nothing: begun anew, they would take in again what was received.
   */
  useToReceive({ member, epoch, suite, keys }: MemberKeys, now: Ms): Uint8Array<ArrayBuffer>[] {
    const known = this.#members.get(member)
    const isNew = known !== undefined && epoch >= this.#oldest && !known.epochs.has(epoch)
    if (isNew) {
      const mki = mkiOf(epoch)
      const streams = eachStream(keys, ({ key, salt }) => createSrtpReceiver({ suite, key, salt, mki }))
      known.epochs.set(epoch, streams)
    }
    eraseKeys(keys)
    return isNew ? this.#waiting.take(known.prefix, now) : []
  }

  dropEpochs(before: number): void {
    this.#oldest = Math.max(this.#oldest, before)
    for (const { epochs } of this.#members.values()) {
      for (const [epoch, streams] of epochs) {
        if (epoch >= before) continue
        eraseStreams(streams)
        epochs.delete(epoch)
      }
    }
  }

  protectRtp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#sending.protectRtp(kind, packet)
  }

  protectRtcp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#sending.protectRtcp(kind, packet)
  }

  /** `waiting`: it is kept until its key comes. */
  open(arrived: Uint8Array, now: Ms): Result<OpenedInGroup, Refusal | 'unknown-source' | 'waiting'> {
    const rtcp = isRtcp(arrived)
    const packet = rtcp ? arrived : withoutDeparture(arrived)
    const ssrcAt = rtcp ? 4 : 8
    if (packet.length < ssrcAt + 4) return failure('malformed')
    const ssrc = new DataView(packet.buffer, packet.byteOffset).getUint32(ssrcAt)
    const kind = kindOfSsrc(ssrc)
    const prefix = prefixOfSsrc(ssrc)
    const from = this.#byPrefix.get(prefix)
    if (from === undefined) return failure('unknown-source')
    const rollover = rtcp ? undefined : parseForwarding(packet)?.rollover
    if (!rtcp && rollover === undefined) return failure('malformed')
    // The newest first: nearly all packets are of it.
    for (const streams of [...(this.#members.get(from)?.epochs.values() ?? [])].reverse()) {
      const receiver = streams[kind]
      const opened = rtcp ? receiver.unprotectRtcp(packet) : receiver.unprotectRtp(packet, rollover)
      if (opened.ok) return success({ from, kind, rtcp, packet: opened.value })
      if (opened.reason !== 'unknown-mki') return opened
    }
    this.#waiting.add(prefix, packet, now)
    return failure('waiting')
  }

  /** R21: at the end of the call. */
  erase(): void {
    this.#sending.erase()
    this.setMembers([])
    this.#waiting.clear()
  }
}
