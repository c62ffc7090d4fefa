/**
 * Records (docs/protocol/group.md, section 3): what a member says to all in one epoch, sealed with a key that all members have and signed by
 * its device, which is what stops one from speaking for another. `epoch u32 | seq u64 | ct var16`.
 */
import { type Bytes, concatBytes, erase } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { failure, type Result, success } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'
import { GCM_TAG_LENGTH, gcmOpen, gcmSeal } from '../crypto/aead.ts'
import { hash } from '../crypto/hash.ts'
import type { ControlKey } from '../crypto/key-schedule.ts'
import { PORTABLE, type Primitives } from '../crypto/primitives.ts'
import { SIGNATURE_LENGTH } from '../crypto/signature.ts'
import type { SenderKeys } from './group-keys.ts'
import { encodeRecordContent, parseRecordContent, RECORD_CONTENT_MAX, type RecordContent } from './record-content.ts'

export interface GroupRecord {
  readonly epoch: number
  readonly seq: number
  readonly ciphertext: Bytes
}

export type RecordRefusal =
  | 'erased' /* the keys of its epoch are gone */
  | 'epoch' /* made with other keys */
  | 'repeated' /* taken before, or overtaken by one with a higher seq */
  | 'seal'
  | 'signature' /* another member made it */
  | 'content'

const LABEL = 'group record'

export function encodeGroupRecord({ epoch, seq, ciphertext }: GroupRecord): Uint8Array {
  return new ByteWriter().u32(epoch).u64(seq).var16(ciphertext).finish()
}

export function parseGroupRecord(bytes: Bytes): GroupRecord | undefined {
  return parse(bytes, (reader) => ({
    epoch: reader.u32(),
    seq: reader.u64(),
    ciphertext: reader.var16(RECORD_CONTENT_MAX + SIGNATURE_LENGTH + GCM_TAG_LENGTH),
  }))
}

/** The own records of one epoch, one object for each senderKey: a second would use its nonces again. Keeps a copy of the keys. */
export class RecordSender {
  readonly #channel: Channel
  readonly #signingSecret: Bytes
  readonly #primitives: Primitives
  #sent = 0

  constructor(keys: SenderKeys, signingSecret: Bytes, primitives: Primitives = PORTABLE) {
    this.#channel = channelOf(keys)
    this.#signingSecret = signingSecret
    this.#primitives = primitives
  }

  seal(content: RecordContent): Uint8Array {
    if (this.#channel.erased) throw new Error('the keys of this epoch were erased')
    const encoded = encodeRecordContent(content)
    if (encoded.length > RECORD_CONTENT_MAX) throw new RangeError('record too long')
    const seq = this.#sent++
    const { key, iv } = this.#channel.control
    const signature = this.#primitives.signDigest(this.#signingSecret, digestOf(this.#channel, seq, encoded))
    const plaintext = concatBytes(encoded, signature)
    const ciphertext = gcmSeal(key, nonceOf(iv, seq), placeOf(this.#channel, seq), plaintext)
    return encodeGroupRecord({ epoch: this.#channel.epoch, seq, ciphertext })
  }

  erase(): void {
    eraseChannel(this.#channel)
  }
}

/** One member's records of one epoch. Keeps a copy of the keys. */
export class RecordReceiver {
  readonly #channel: Channel
  readonly #devicePub: Bytes
  readonly #primitives: Primitives
  #expected = 0

  constructor(keys: SenderKeys, devicePub: Bytes, primitives: Primitives = PORTABLE) {
    this.#channel = channelOf(keys)
    this.#devicePub = devicePub
    this.#primitives = primitives
  }

  /** A refused record changes nothing. */
  open({ epoch, seq, ciphertext }: GroupRecord): Result<RecordContent, RecordRefusal> {
    if (this.#channel.erased) return failure('erased')
    if (epoch !== this.#channel.epoch) return failure('epoch')
    if (seq < this.#expected) return failure('repeated')
    const { key, iv } = this.#channel.control
    const plaintext = gcmOpen(key, nonceOf(iv, seq), placeOf(this.#channel, seq), ciphertext)
    if (plaintext === undefined || plaintext.length < SIGNATURE_LENGTH) return failure('seal')
    const encoded = plaintext.subarray(0, -SIGNATURE_LENGTH)
    const signature = plaintext.subarray(-SIGNATURE_LENGTH)
    const digest = digestOf(this.#channel, seq, encoded)
    if (!this.#primitives.verifyDigest(this.#devicePub, signature, digest)) return failure('signature')
    const content = parseRecordContent(encoded)
    if (content === undefined) return failure('content')
    this.#expected = seq + 1
    return success(content)
  }

  erase(): void {
    eraseChannel(this.#channel)
  }
}

interface Channel {
  readonly epoch: number
  readonly epochHash: Bytes
  readonly certHash: Bytes
  readonly control: ControlKey
  erased: boolean
}

function channelOf({ epoch, epochHash, certHash, control }: SenderKeys): Channel {
  return { epoch, epochHash, certHash, control: { key: control.key.slice(), iv: control.iv.slice() }, erased: false }
}

function eraseChannel(channel: Channel): void {
  channel.erased = true
  erase(channel.control.key, channel.control.iv)
}

/** iv XOR (0^4 ‖ seq) */
function nonceOf(iv: Bytes, seq: number): Uint8Array {
  const counter = new ByteWriter().u32(0).u64(seq).finish()
  return iv.map((byte, index) => byte ^ (counter[index] ?? 0))
}

/** epochHash ‖ certHash ‖ epoch ‖ seq */
function placeOf({ epoch, epochHash, certHash }: Channel, seq: number): Uint8Array {
  return new ByteWriter().raw(epochHash).raw(certHash).u32(epoch).u64(seq).finish()
}

function digestOf({ epoch, epochHash, certHash }: Channel, seq: number, content: Bytes): Uint8Array {
  return hash(LABEL, epochHash, certHash, new ByteWriter().u32(epoch).u64(seq).finish(), content)
}
