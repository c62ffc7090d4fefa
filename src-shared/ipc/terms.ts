/** Words that all parts of the snapshot, and the requests, use. */

/** Lower-case hexadecimal of an account key: the stable name of a person; not secret. */
export type AccountId = string
/** Lower-case hexadecimal, 16 bytes. */
export type CallId = string

export type Verification = 'verified' | 'unverified' | 'key-changed'

export type EndReason =
  | 'hung-up'
  | 'declined'
  | 'busy'
  | 'no-answer'
  | 'cancelled'
  | 'answered-elsewhere'
  | 'connection-lost'
  | 'failed' /* could not be set up */
  | 'insecure' /* refused: something stood between the two */
  | 'offline'
  | 'unknown-handle'
  | 'key-changed'
  | 'no-devices'
  /* of group calls only */
  | 'removed' /* a host put this device out */
  | 'everyone-left'
  | 'not-admitted' /* nobody let this device in */

export interface PersonName {
  readonly name: string
  readonly handle: string
}

export type SuiteName = 'AES_256_CM_HMAC_SHA1_80' | 'AEAD_AES_256_GCM'

/** What a side sends, or is to send. */
export interface MediaChoice {
  readonly audio: boolean
  readonly video: boolean
  /** Shared only within a call: nobody begins or answers one with it. */
  readonly screen: boolean
}
