/**
 * The own keys of a group: those of one epoch protect, those of the next wait for their moment (R33). The roll-over
 * counter of every stream begins at 0 in each epoch, and is told in each packet: the relay lets through only parts of a stream.
 */
import { createSrtpSender, type SrtpSender } from '../../src-shared/crypto/srtp.ts'
import type { FromMain } from '../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'
import { stampRollover } from '../../src-shared/media/forwarding.ts'
import type { MediaKind } from '../../src-shared/media/ssrc.ts'
import { eachStream, eraseKeys, eraseStreams, type PerKind } from './key-streams.ts'

export type SendingKeys = Extract<FromMain, { kind: 'sending-keys' }>

/** 7.2: the MKI is the epoch modulo 65536, in 2 bytes. */
export function mkiOf(epoch: number): Uint8Array {
  return Uint8Array.of((epoch >> 8) & 0xff, epoch & 0xff)
}

interface Epoch {
  readonly suite: SuiteName
  readonly streams: PerKind<SrtpSender>
}

export class SendingEpochs {
  /** Also after the end: no epoch's keys are used anew, their nonces would come again. */
  #newest = 0
  #current: Epoch | undefined
  #next: Epoch | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  get suite(): SuiteName | undefined {
    return this.#current?.suite
  }

  get canSend(): boolean {
    return this.#current !== undefined
  }

  /** Takes the keys over and erases the message. */
  install({ epoch, suite, keys, afterMs }: SendingKeys): void {
    if (epoch > this.#newest) {
      this.#newest = epoch
      const mki = mkiOf(epoch)
      this.#forgetNext()
      this.#next = { suite, streams: eachStream(keys, ({ key, salt }) => createSrtpSender({ suite, key, salt, mki })) }
      if (afterMs > 0 && this.canSend) this.#timer = setTimeout(() => this.#begin(), afterMs)
      else this.#begin()
    }
    eraseKeys(keys)
  }

  /** Writes the roll-over counter into `packet` first. */
  protectRtp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer> {
    const sender = this.#sender(kind)
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
    stampRollover(packet, sender.rolloverOf(view.getUint32(8), view.getUint16(2)))
    return sender.protectRtp(packet)
  }

  protectRtcp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#sender(kind).protectRtcp(packet)
  }

  erase(): void {
    this.#forgetNext()
    eraseStreams(this.#current?.streams)
    this.#current = undefined
  }

  #begin(): void {
    eraseStreams(this.#current?.streams)
    this.#current = this.#next
    this.#next = undefined
  }

  #forgetNext(): void {
    clearTimeout(this.#timer)
    eraseStreams(this.#next?.streams)
    this.#next = undefined
  }

  #sender(kind: MediaKind): SrtpSender {
    if (this.#current === undefined) throw new Error('there are no keys to send with')
    return this.#current.streams[kind]
  }
}
