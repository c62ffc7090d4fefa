/**
 * What one member sends with in one epoch (docs/protocol/group.md, section 2): SRTP keys for each kind, a key for its records and one for the
 * callId of R40, all from its senderKey and the chain's epochHash. R1: the labels occur here and nowhere else.
 */
import { type Bytes, erase } from '../base/bytes.ts'
import { ByteWriter } from '../base/writer.ts'
import { GCM_KEY_LENGTH, GCM_NONCE_LENGTH } from '../crypto/aead.ts'
import { expand, extract, info } from '../crypto/hash.ts'
import { type ControlKey, eraseStreamKeys, MEDIA_KIND_CODE, type MediaKind } from '../crypto/key-schedule.ts'
import { suiteOf } from '../crypto/suites.ts'
import { HASH_LENGTH } from '../identity/certificate.ts'
import type { StreamKey, StreamKeys } from '../ipc/media-port.ts'
import type { SuiteName } from '../ipc/snapshot.ts'
import type { Epoch } from './key-share.ts'
import { GROUP_ID_LENGTH } from './member-key.ts'
import type { Membership } from './membership.ts'

export interface SenderKeys extends Epoch {
  /** Whose they are. */
  readonly certHash: Bytes
  readonly suite: SuiteName
  readonly media: StreamKeys
  readonly control: ControlKey
  /** Names the 1:1 call that this member returns to (R40). */
  readonly oneToOne: Bytes
}

/** R32: the caller erases `senderKey` when nobody can ask for it any more; a receiver at once. */
export function deriveSenderKeys(
  { groupId, epoch, epochHash }: Epoch,
  sender: { readonly certHash: Bytes; readonly suite: SuiteName },
  senderKey: Bytes,
): SenderKeys {
  const { certHash, suite } = sender
  const { id, keyLength, saltLength } = suiteOf(suite)
  const main = extract(epochHash, senderKey)
  const derive = (label: string, length: number, kind?: MediaKind): Uint8Array => {
    const context = new ByteWriter()
      .fixed(groupId, GROUP_ID_LENGTH)
      .u32(epoch)
      .fixed(certHash, HASH_LENGTH)
      .u16(id)
      .u8(kind === undefined ? 0 : MEDIA_KIND_CODE[kind])
      .finish()
    return expand(main, info(label, context), length)
  }
  const stream = (kind: MediaKind): StreamKey => ({
    key: derive('group srtp key', keyLength, kind),
    salt: derive('group srtp salt', saltLength, kind),
  })
  const media = {
    audio: stream('audio'),
    video: stream('video'),
    screen: stream('screen'),
    screenSound: stream('screenSound'),
  }
  const control = {
    key: derive('group control', GCM_KEY_LENGTH),
    iv: derive('group control iv', GCM_NONCE_LENGTH),
  }
  const oneToOne = derive('group one-to-one', 32)
  erase(main)
  return { groupId, epoch, epochHash, certHash, suite, media, control, oneToOne }
}

/** R33: when an epoch is over. */
export function eraseSenderKeys({ media, control, oneToOne }: SenderKeys): void {
  eraseStreamKeys(media)
  erase(control.key, control.iv, oneToOne)
}

/** The sender's suite in an epoch: the first of its preference that every member's certificate has. */
export function commonSuite({ members }: Membership, preference: readonly SuiteName[]): SuiteName | undefined {
  return preference.find((name) => members.every(({ certificate }) => (certificate.suites & suiteOf(name).bit) !== 0))
}

/** Section 7.2: MKI of SRTP and SRTCP, 2 bytes. */
export function epochMki(epoch: number): Uint8Array {
  return new ByteWriter().u16(epoch % 0x1_0000).finish()
}
