/**
 * The keys of the running call: protects with the newest generation, opens with it and for a short while with the one
 * before (R39). Which key a packet is under stands in its SSRC (kind) and its MKI (generation).
 */
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import {
  createSrtpReceiver,
  createSrtpSender,
  type SrtpParameters,
  type SrtpReceiver,
  type SrtpSender,
  type UnprotectFailure,
} from '../../src-shared/crypto/srtp.ts'
import type { FromMain, StreamKey, StreamKeys } from '../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'
import { isRtcp } from '../../src-shared/media/rtp.ts'
import { kindOfSsrc, type MediaKind } from '../../src-shared/media/ssrc.ts'
import { eachStream, eraseKeys, eraseStreams, type PerKind } from './key-streams.ts'

export type GenerationOfKeys = Extract<FromMain, { kind: 'keys' }>
export type KeysAhead = Extract<FromMain, { kind: 'keys-ahead' }>

/** R39: how long packets of the generation before may still be under way. */
const OLD_GENERATION_MS = 2000

export interface Opened {
  readonly kind: MediaKind
  readonly rtcp: boolean
  readonly packet: Uint8Array<ArrayBuffer>
}

export type Refusal = UnprotectFailure | 'no-keys'

interface Receivers {
  readonly generation: number
  readonly streams: PerKind<SrtpReceiver>
}

export class Protection {
  #suite: SuiteName | undefined
  /** Also after the end. */
  #newest = -1
  #sending: PerKind<SrtpSender> | undefined
  /** The newest first; it may be one ahead of what is sent under. */
  #receiving: readonly Receivers[] = []

  get suite(): SuiteName | undefined {
    return this.#suite
  }

  get canSend(): boolean {
    return this.#sending !== undefined
  }

  /**
   * Takes over a generation and erases the message. Streams keep their SSRC and sequence numbers under the new master
   * key, so that the other side's buffers run on: R18 asks for a new SSRC within one master key only.
   * One that is here already, or is older, changes nothing: used anew, its nonces would come again.
   */
  install({ generation, suite, send, receive }: GenerationOfKeys): void {
    if (generation > this.#newest) this.#use(generation, suite, send, receive)
    for (const keys of [send, receive]) eraseKeys(keys)
  }

  /** The other side may send under this generation from now on; erases the message. */
  expect({ generation, suite, receive }: KeysAhead): void {
    if (generation > this.#newest) this.#admit(generation, suite, receive)
    eraseKeys(receive)
  }

  protectRtp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#sender(kind).protectRtp(packet)
  }

  protectRtcp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#sender(kind).protectRtcp(packet)
  }

  open(packet: Uint8Array): Result<Opened, Refusal> {
    const rtcp = isRtcp(packet)
    // RFC 3550: RTCP begins with the sender's SSRC after four bytes, RTP has it after eight. Its lowest byte tells the kind.
    const kind = kindOfSsrc(packet[rtcp ? 7 : 11] ?? 0)
    let reason: Refusal = 'no-keys'
    for (const { streams } of this.#receiving) {
      const receiver = streams[kind]
      const opened = rtcp ? receiver.unprotectRtcp(packet) : receiver.unprotectRtp(packet)
      if (opened.ok) return success({ kind, rtcp, packet: opened.value })
      reason = opened.reason
      if (reason !== 'unknown-mki') break
    }
    return failure(reason)
  }

  /** R21: at the end of the call. */
  erase(): void {
    eraseStreams(this.#sending)
    for (const { streams } of this.#receiving) eraseStreams(streams)
    this.#sending = undefined
    this.#receiving = []
  }

  #use(generation: number, suite: SuiteName, send: StreamKeys, receive: StreamKeys): void {
    this.#newest = generation
    eraseStreams(this.#sending)
    this.#suite = suite
    this.#sending = eachStream(send, (stream) => createSrtpSender(parametersOf(stream, suite, generation)))
    this.#admit(generation, suite, receive)
    const [present, before, ...older] = this.#receiving
    for (const { streams } of older) eraseStreams(streams)
    this.#receiving = [present, before].filter((receivers) => receivers !== undefined)
    if (before !== undefined) setTimeout(() => this.#retire(before), OLD_GENERATION_MS)
  }

  /** What came ahead stays as it is: it remembers what it has opened. */
  #admit(generation: number, suite: SuiteName, receive: StreamKeys): void {
    if (this.#receiving.some((receivers) => receivers.generation === generation)) return
    const streams = eachStream(receive, (stream) => createSrtpReceiver(parametersOf(stream, suite, generation)))
    this.#receiving = [{ generation, streams }, ...this.#receiving]
  }

  #sender(kind: MediaKind): SrtpSender {
    if (this.#sending === undefined) throw new Error('there are no keys to send with')
    return this.#sending[kind]
  }

  #retire(receivers: Receivers): void {
    eraseStreams(receivers.streams)
    this.#receiving = this.#receiving.filter((other) => other !== receivers)
  }
}

function parametersOf({ key, salt }: StreamKey, suite: SuiteName, generation: number): SrtpParameters {
  return { suite, key, salt, mki: Uint8Array.of(generation) }
}
