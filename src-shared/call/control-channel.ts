/**
 * The control channel between the two devices of a call (docs/protocol.md, section 3.5). It is pure: records in, records out.
 *
 * Records travel on every open path, so each may arrive twice; the receiver opens each seq once and hands on in order (R16).
 * What the peer has not acknowledged is kept as it was sealed, for sending again when a path opens. A sealed record never
 * changes, so no nonce is used twice for different content (R17).
 *
 * Around a rekey the streams meet at a known place: the callee's RekeyAnswer is its last record of the old generation, and the
 * caller seals nothing but KeepAlive and End between its RekeyOffer and the answer. Later records of an old generation
 * carry nothing that is missed, and are ignored.
 */
import { type Bytes, erase } from '../base/bytes.ts'
import { ByteWriter } from '../base/writer.ts'
import { gcmOpen, gcmSeal } from '../crypto/aead.ts'
import { type ControlKey, type Direction, DIRECTION_CODE } from '../crypto/key-schedule.ts'
import {
  type ControlMessage,
  type ControlRecord,
  encodeControlMessage,
  encodeControlRecord,
  parseControlMessage,
  parseControlRecord,
  type RekeyAnswer,
} from '../protocol/control-record.ts'
import { type CallSession, type CallRole, receivingDirection, sendingDirection } from './session.ts'

/** A sender holds back new messages while so many records are unacknowledged. */
export const CONTROL_SEND_WINDOW = 256
/** A receiver keeps so many records that came before their turn; a record further ahead is a violation. */
export const CONTROL_RECEIVE_WINDOW = 512

export type ControlViolation =
  | 'malformed'
  | 'generation' /* one that the sender cannot have keys for */
  | 'window' /* further ahead than a sender may be */
  | 'seal' /* not sealed by the peer, in its direction, for this place */
  | 'content' /* opened, but says nothing that this peer may say here */

export type ControlReceipt =
  | {
      readonly kind: 'opened'
      /** What is due now, in order; empty while an earlier record is missing. */
      readonly messages: readonly ControlMessage[]
      /** Of this record. The callee's media senders switch to a new generation when it shows here for the first time (R39). */
      readonly generation: number
      /** Records of own messages that had to wait and can go now, for every open path. */
      readonly released: readonly Bytes[]
    }
  | { readonly kind: 'ignored' /* a repetition, of a generation whose answer is awaited, or the channel is erased */ }
  /** R16: on the relay's reliable stream the call ends as attacked; on the direct path the record is dropped. Nothing has changed here. */
  | { readonly kind: 'violation'; readonly reason: ControlViolation }

interface Stream {
  readonly generation: number
  readonly transcript: Bytes
  readonly direction: Direction
  readonly key: ControlKey
}

interface SealedRecord {
  readonly generation: number
  readonly seq: number
  readonly bytes: Bytes
}

export class ControlChannel {
  readonly #role: CallRole
  #sending: Stream
  #sent = 0
  #receiving: Stream
  /** The callee's, between its RekeyAnswer and the caller's first record of the new generation. */
  #nextReceiving: Stream | undefined
  #expected = 0
  readonly #early = new Map<number, ControlMessage>()
  #unacknowledged: SealedRecord[] = []
  readonly #waiting: ControlMessage[] = []
  /** The caller's, from RekeyOffer to RekeyAnswer. */
  #holding = false
  #erased = false

  constructor(session: CallSession) {
    this.#role = session.role
    this.#sending = streamOf(session, sendingDirection(session.role))
    this.#receiving = streamOf(session, receivingDirection(session.role))
  }

  /** Records to send on every open path; none if the message waits for a rekey or for acknowledgements: then a later call brings it. */
  seal(message: ControlMessage): readonly Bytes[] {
    if (this.#erased) return []
    if (message.type === 'end') return [this.#sealNow(message)]
    this.#waiting.push(message)
    return this.#release()
  }

  /** An acknowledgement of all that was handed on. None while the window is full: the peer is away. */
  keepAlive(): readonly Bytes[] {
    if (this.#erased || this.#unacknowledged.length >= CONTROL_SEND_WINDOW) return []
    const stale = this.#receiving.generation < this.#sending.generation
    return [this.#sealNow({ type: 'keep-alive', received: stale ? 0 : this.#expected })]
  }

  receive(bytes: Bytes): ControlReceipt {
    if (this.#erased) return { kind: 'ignored' }
    const record = parseControlRecord(bytes)
    if (record === undefined) return violation('malformed')
    if (record.generation < this.#receiving.generation) return { kind: 'ignored' }
    const stream = [this.#receiving, this.#nextReceiving].find((known) => known?.generation === record.generation)
    if (stream === undefined) {
      // The answer to this side's offer may lack something that comes before it. What the peer seals after it comes again.
      const awaited = this.#holding && record.generation === this.#sending.generation + 1
      return awaited ? { kind: 'ignored' } : violation('generation')
    }
    const expected = stream === this.#receiving ? this.#expected : 0
    if (record.seq >= expected + CONTROL_RECEIVE_WINDOW) return violation('window')
    const repeated = stream === this.#receiving && this.#early.has(record.seq)
    if (record.seq < expected || repeated) return { kind: 'ignored' }
    const plaintext = gcmOpen(
      stream.key.key,
      nonceOf(stream, record.seq),
      placeOf(stream, record.seq),
      record.ciphertext,
    )
    if (plaintext === undefined) return violation('seal')
    const message = parseControlMessage(plaintext)
    if (message === undefined || !this.#maySay(record, message)) return violation('content')
    if (stream === this.#nextReceiving) this.#beginReceiving(stream)
    this.#early.set(record.seq, message)
    if (message.type === 'keep-alive') this.#acknowledge(record.generation, message.received)
    return { kind: 'opened', messages: this.#due(), generation: record.generation, released: this.#release() }
  }

  /** The callee: `answer` goes as the last record of the old generation, everything after it under `next`. */
  answerRekey(answer: RekeyAnswer, next: CallSession): readonly Bytes[] {
    const last = this.#sealNow({ type: 'rekey-answer', answer })
    this.#beginSending(next)
    this.#nextReceiving = streamOf(next, receivingDirection(this.#role))
    return [last, ...this.#release()]
  }

  /** The caller, when the answer was handed on. The first record under `next` tells the callee that the answer has arrived. */
  finishRekey(next: CallSession): readonly Bytes[] {
    // The answer is the peer's last record of its generation, and it followed the offer: everything up to that was received.
    this.#unacknowledged = []
    this.#beginSending(next)
    this.#beginReceiving(streamOf(next, receivingDirection(this.#role)))
    this.#holding = false
    return [...this.keepAlive(), ...this.#release()]
  }

  /** In the order of sealing: to be sent again when a path opens, and when the peer stays behind. */
  unacknowledged(): readonly Bytes[] {
    return this.#unacknowledged.map(({ bytes }) => bytes)
  }

  /** At the end of the call (R21). Afterwards nothing is sealed, and what comes is ignored. */
  erase(): void {
    this.#erased = true
    for (const stream of [this.#sending, this.#receiving, this.#nextReceiving]) if (stream) eraseStream(stream)
    this.#early.clear()
    this.#waiting.length = 0
    this.#unacknowledged = []
  }

  #release(): Bytes[] {
    const released: Bytes[] = []
    while (!this.#holding && this.#unacknowledged.length < CONTROL_SEND_WINDOW) {
      const message = this.#waiting.shift()
      if (message === undefined) break
      released.push(this.#sealNow(message))
      this.#holding = message.type === 'rekey-offer'
    }
    return released
  }

  #sealNow(message: ControlMessage): Bytes {
    const { generation, key } = this.#sending
    const seq = this.#sent++
    const place = placeOf(this.#sending, seq)
    const ciphertext = gcmSeal(key.key, nonceOf(this.#sending, seq), place, encodeControlMessage(message))
    const bytes = encodeControlRecord({ generation, seq, ciphertext })
    this.#unacknowledged.push({ generation, seq, bytes })
    return bytes
  }

  /** What only one side says, and Confirm's one place: the caller's record 0 of generation 0. */
  #maySay({ generation, seq }: ControlRecord, message: ControlMessage): boolean {
    const fromCaller = this.#role === 'callee'
    const confirmPlace = fromCaller && generation === 0 && seq === 0
    if (confirmPlace !== (message.type === 'confirm')) return false
    switch (message.type) {
      case 'rekey-offer':
      case 'cancel':
        return fromCaller
      case 'rekey-answer':
      case 'rekey-request':
      case 'profile':
        return !fromCaller
      case 'keep-alive':
        // Nobody can have received what was not sent. Of an older own generation everything was sent long ago.
        return generation !== this.#sending.generation || message.received <= this.#sent
      default:
        return true
    }
  }

  #due(): ControlMessage[] {
    const due: ControlMessage[] = []
    for (;;) {
      const message = this.#early.get(this.#expected)
      if (message === undefined) return due
      this.#early.delete(this.#expected++)
      due.push(message)
    }
  }

  #acknowledge(generation: number, received: number): void {
    this.#unacknowledged = this.#unacknowledged.filter(
      (record) => record.generation !== generation || record.seq >= received,
    )
  }

  #beginSending(next: CallSession): void {
    eraseStream(this.#sending)
    this.#sending = streamOf(next, sendingDirection(this.#role))
    this.#sent = 0
  }

  #beginReceiving(stream: Stream): void {
    eraseStream(this.#receiving)
    this.#receiving = stream
    this.#nextReceiving = undefined
    this.#expected = 0
    this.#early.clear()
    // Whoever sends in this generation has handed on everything of the one before.
    this.#unacknowledged = this.#unacknowledged.filter(({ generation }) => generation >= stream.generation)
  }
}

/** A copy of the keys: the session's own are erased when its media no longer need them, which may be sooner. */
function streamOf({ keys, transcript }: CallSession, direction: Direction): Stream {
  const { key, iv } = keys.control[direction]
  return { generation: keys.generation, transcript, direction, key: { key: key.slice(), iv: iv.slice() } }
}

function eraseStream({ key }: Stream): void {
  erase(key.key, key.iv)
}

/** iv XOR (0^4 ‖ seq) */
function nonceOf({ key }: Stream, seq: number): Uint8Array {
  const counter = new ByteWriter().u32(0).u64(seq).finish()
  return key.iv.map((byte, index) => byte ^ (counter[index] ?? 0))
}

/** TH ‖ dir ‖ gen ‖ seq: a record opens at its place only. */
function placeOf({ transcript, direction, generation }: Stream, seq: number): Uint8Array {
  return new ByteWriter().raw(transcript).u8(DIRECTION_CODE[direction]).u8(generation).u64(seq).finish()
}

function violation(reason: ControlViolation): ControlReceipt {
  return { kind: 'violation', reason }
}
