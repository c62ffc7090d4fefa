/** Sizes of the service protocol, in bytes unless the name says otherwise (docs/protocol/service.md, section 2). */
import { HASH_LENGTH } from '../../identity/certificate.ts'
import { DEVICES_MAX } from '../../identity/device-list.ts'

export const SERVICE_PROTOCOL_VERSION = 1
export const NONCE_LENGTH = 32
export const CERT_HASH_LENGTH = HASH_LENGTH
export const CALL_ID_LENGTH = 16
export const GROUP_SEED_LENGTH = 16
export const LINK_ID_LENGTH = 16
export const ACCOUNT_KEY_LENGTH = 32
/** `ver | accountPub | version | issuedAt | count | certHash × 16 | signature` */
export const DEVICE_LIST_MAX = 1 + 32 + 4 + 8 + 1 + DEVICES_MAX * HASH_LENGTH + 64
/** Prekeys in one request; a client with more sends several requests. */
export const PREKEYS_PER_REQUEST = 32
export const ENVELOPE_MAX = 0xffff
/** Tickets of this version have 121; the protocol leaves room for later ones. */
export const TICKET_MAX = 512
/** What lies under a link: `SIV(handle, accountPub, title)`, at most 500 bytes, and room for a later version. */
export const LINK_BLOB_MAX = 1024
/** An offer or an answer with its candidates. */
export const SDP_MAX = 16 * 1024
/** No frame in either direction is longer; the WebSocket closes on one that is. */
export const FRAME_MAX = ENVELOPE_MAX + 1024
