/** What a request's handler knows of who asks and may do to their session. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { VerifiedCertificate } from '../../src-shared/identity/certificate.ts'

export interface CallerOrigin {
  /** Unique within this service. */
  readonly connection: string
  /** The Host header of the upgrade request. */
  readonly host: string
  /** For rate limits. */
  readonly address: string
  /** The own address that the device reached. */
  readonly localAddress: string | undefined
}

export interface Caller {
  readonly origin: CallerOrigin
  /** Whose it is, once that is proven. */
  readonly certificate: VerifiedCertificate | undefined
  /** The directory has this device in its account's list. */
  readonly listed: boolean
  /** The nonce of this connection, once: a second attempt needs a second connection. */
  takeNonce(): Bytes | undefined
  /** From now on it hears what concerns this device. */
  authenticated(certificate: VerifiedCertificate): void
  becomeListed(): void
  acknowledge(queueId: number): Promise<void>
}
