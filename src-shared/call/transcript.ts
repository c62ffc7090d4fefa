/**
 * The hashes that tie a call together (docs/protocol.md, section 3.3). Each covers the one before, so the last
 * covers everything: both identities, every share, the offer, the suite, the media, the commitment.
 */
import { type Bytes, erase } from '../base/bytes.ts'
import { expand, extract, hash, info } from '../crypto/hash.ts'

const BOX_KEY_LENGTH = 32

/** What the Invite carries, so that the caller cannot pick its nonce after it has seen the Accept. */
export function sasCommitment(callId: Bytes, nonce: Bytes): Uint8Array {
  return hash('sas commit', callId, nonce)
}

/** `acceptClear`: the Accept up to its box, as it travelled. */
export function transcript1(envDigest: Bytes, acceptClear: Bytes): Uint8Array {
  return hash('th1', envDigest, acceptClear)
}

/** `signed`: the box's plaintext without its signature. The callee signs this value. */
export function transcript2(th1: Bytes, signed: Bytes): Uint8Array {
  return hash('th2', th1, signed)
}

export function transcript3(th2: Bytes, signature: Bytes): Uint8Array {
  return hash('th3', th2, signature)
}

/** Kb, used for one box only: so its nonce may be fixed. */
export function acceptBoxKey(th1: Bytes, sharedSecret: Bytes): Uint8Array {
  const extracted = extract(th1, sharedSecret)
  const key = expand(extracted, info('accept box'), BOX_KEY_LENGTH)
  erase(extracted)
  return key
}

/** M1, the call's first chain key. */
export function firstChainKey(th3: Bytes, sharedSecret: Bytes): Uint8Array {
  return extract(th3, sharedSecret)
}
