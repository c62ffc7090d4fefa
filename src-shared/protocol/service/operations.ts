/**
 * What a device asks of the service: one typed table of docs/protocol/service.md, section 4, from which the client
 * (`src-main/signaling`) and the service (`src-server`) derive both directions of every request. Nothing here checks
 * a signature; who receives a value does.
 */
import type { Bytes } from '../../base/bytes.ts'
import type { UnixMs } from '../../base/time.ts'
import { type Codec, bytes16, fixedBytes, flag, list8, nothing, number32, text16 } from './codec.ts'
import { GROUP_ID_LENGTH } from '../../group/member-key.ts'
import { CERTIFICATE_LENGTH } from '../../identity/certificate.ts'
import { DEVICES_MAX } from '../../identity/device-list.ts'
import { HANDLE_MAX } from '../../identity/handle.ts'
import { PREKEY_LENGTH } from '../prekey.ts'
import {
  ACCOUNT_KEY_LENGTH,
  CALL_ID_LENGTH,
  CERT_HASH_LENGTH,
  DEVICE_LIST_MAX,
  ENVELOPE_MAX,
  LINK_BLOB_MAX,
  LINK_ID_LENGTH,
  PREKEYS_PER_REQUEST,
  SDP_MAX,
  TICKET_MAX,
} from './limits.ts'

interface Exchange<Request, Reply> {
  readonly request: Request
  readonly reply: Reply
}

export interface Authentication {
  readonly certificate: Bytes
  /** `Sign(DSK, "service auth", nonce, host)` */
  readonly signature: Bytes
}

export interface Registration {
  readonly handle: string
  readonly certificate: Bytes
  readonly deviceList: Bytes
}

export interface DirectoryEntry {
  readonly accountPub: Bytes
  readonly deviceList: Bytes
  readonly certificates: readonly Bytes[]
}

export interface Push {
  readonly to: Bytes
  readonly expiresAt: UnixMs
  readonly envelope: Bytes
}

export interface TicketRequest {
  readonly callId: Bytes
  readonly peerAccountPub: Bytes
}

export interface GroupTicketRequest {
  readonly groupId: Bytes
  /** Whose devices the ticket is for. */
  readonly accountPub: Bytes
  /** The founder's seed, or a ticket of the own account for this group. */
  readonly authority: Bytes
}

export interface StoredLink {
  readonly linkId: Bytes
  /** Sealed under the link's secret (R38). */
  readonly blob: Bytes
  readonly expiresAt: UnixMs
}

export interface RelayOffer {
  readonly ticket: Bytes
  readonly offer: string
}

export interface Operations {
  /** The reply says whether the directory has this device in its account's list. */
  authenticate: Exchange<Authentication, boolean>
  /** The reply says whether the handle is free. */
  checkHandle: Exchange<string, boolean>
  register: Exchange<Registration, undefined>
  lookup: Exchange<string, DirectoryEntry>
  publishPrekeys: Exchange<readonly Bytes[], undefined>
  prekeyStock: Exchange<undefined, number>
  fetchPrekey: Exchange<Bytes, Bytes>
  push: Exchange<Push, undefined>
  /** The number of an Envelope that was dealt with for good. */
  acknowledge: Exchange<number, undefined>
  relayTicket: Exchange<TicketRequest, Bytes>
  relayConnect: Exchange<RelayOffer, string>
  groupTicket: Exchange<GroupTicketRequest, Bytes>
  putLink: Exchange<StoredLink, undefined>
  /** The link's id; the reply is its blob. */
  getLink: Exchange<Bytes, Bytes>
  removeLink: Exchange<Bytes, undefined>
  /** The reply is the UDP port where the service answers STUN, on the host that was dialled. */
  stunPort: Exchange<undefined, number>
}

export type OperationName = keyof Operations
export type RequestOf<Name extends OperationName> = Operations[Name]['request']
export type ReplyOf<Name extends OperationName> = Operations[Name]['reply']

export interface Operation<Request, Reply> {
  readonly type: number
  readonly request: Codec<Request>
  readonly reply: Codec<Reply>
}

const handle = text16(HANDLE_MAX)
const certificate = fixedBytes(CERTIFICATE_LENGTH)
const signature = fixedBytes(64)
const certHash = fixedBytes(CERT_HASH_LENGTH)
const accountPub = fixedBytes(ACCOUNT_KEY_LENGTH)
const deviceList = bytes16(DEVICE_LIST_MAX)
const certificates = list8(certificate, 0, DEVICES_MAX)
const envelope = bytes16(ENVELOPE_MAX)
const ticket = bytes16(TICKET_MAX)
const sdp = text16(SDP_MAX)
const callId = fixedBytes(CALL_ID_LENGTH)
const groupId = fixedBytes(GROUP_ID_LENGTH)
const linkId = fixedBytes(LINK_ID_LENGTH)
const linkBlob = bytes16(LINK_BLOB_MAX)
const number64: Codec<number> = { write: (writer, value) => writer.u64(value), read: (reader) => reader.u64() }

export const operations: { readonly [Name in OperationName]: Operation<RequestOf<Name>, ReplyOf<Name>> } = {
  authenticate: {
    type: 1,
    request: {
      write: (writer, value) => {
        certificate.write(writer, value.certificate)
        signature.write(writer, value.signature)
      },
      read: (reader) => ({ certificate: certificate.read(reader), signature: signature.read(reader) }),
    },
    reply: flag,
  },
  checkHandle: { type: 2, request: handle, reply: flag },
  register: {
    type: 3,
    request: {
      write: (writer, value) => {
        handle.write(writer, value.handle)
        certificate.write(writer, value.certificate)
        deviceList.write(writer, value.deviceList)
      },
      read: (reader) => ({
        handle: handle.read(reader),
        certificate: certificate.read(reader),
        deviceList: deviceList.read(reader),
      }),
    },
    reply: nothing,
  },
  lookup: {
    type: 4,
    request: handle,
    reply: {
      write: (writer, value) => {
        accountPub.write(writer, value.accountPub)
        deviceList.write(writer, value.deviceList)
        certificates.write(writer, value.certificates)
      },
      read: (reader) => ({
        accountPub: accountPub.read(reader),
        deviceList: deviceList.read(reader),
        certificates: certificates.read(reader),
      }),
    },
  },
  publishPrekeys: { type: 5, request: list8(fixedBytes(PREKEY_LENGTH), 1, PREKEYS_PER_REQUEST), reply: nothing },
  prekeyStock: { type: 6, request: nothing, reply: number32 },
  fetchPrekey: { type: 7, request: certHash, reply: fixedBytes(PREKEY_LENGTH) },
  push: {
    type: 8,
    request: {
      write: (writer, value) => {
        certHash.write(writer, value.to)
        number64.write(writer, value.expiresAt)
        envelope.write(writer, value.envelope)
      },
      read: (reader) => ({
        to: certHash.read(reader),
        expiresAt: number64.read(reader),
        envelope: envelope.read(reader),
      }),
    },
    reply: nothing,
  },
  acknowledge: { type: 9, request: number64, reply: nothing },
  relayTicket: {
    type: 10,
    request: {
      write: (writer, value) => {
        callId.write(writer, value.callId)
        accountPub.write(writer, value.peerAccountPub)
      },
      read: (reader) => ({ callId: callId.read(reader), peerAccountPub: accountPub.read(reader) }),
    },
    reply: ticket,
  },
  relayConnect: {
    type: 11,
    request: {
      write: (writer, value) => {
        ticket.write(writer, value.ticket)
        sdp.write(writer, value.offer)
      },
      read: (reader) => ({ ticket: ticket.read(reader), offer: sdp.read(reader) }),
    },
    reply: sdp,
  },
  groupTicket: {
    type: 12,
    request: {
      write: (writer, value) => {
        groupId.write(writer, value.groupId)
        accountPub.write(writer, value.accountPub)
        ticket.write(writer, value.authority)
      },
      read: (reader) => ({
        groupId: groupId.read(reader),
        accountPub: accountPub.read(reader),
        authority: ticket.read(reader),
      }),
    },
    reply: ticket,
  },
  putLink: {
    type: 13,
    request: {
      write: (writer, value) => {
        linkId.write(writer, value.linkId)
        linkBlob.write(writer, value.blob)
        number64.write(writer, value.expiresAt)
      },
      read: (reader) => ({
        linkId: linkId.read(reader),
        blob: linkBlob.read(reader),
        expiresAt: number64.read(reader),
      }),
    },
    reply: nothing,
  },
  getLink: { type: 14, request: linkId, reply: linkBlob },
  removeLink: { type: 15, request: linkId, reply: nothing },
  stunPort: { type: 16, request: nothing, reply: number32 },
}

// Object.keys is typed as string[]; the keys of a table that is typed by its names are its names.
export const operationNames = Object.keys(operations) as readonly OperationName[]
