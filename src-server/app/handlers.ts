/** What each request does: who may ask, how often, and which part of the service answers. */
import { type Bytes, equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { HOUR, type Ms } from '../../src-shared/base/time.ts'
import { groupIdOf } from '../../src-shared/group/roster.ts'
import { parseCertificate, type VerifiedCertificate, verifyCertificate } from '../../src-shared/identity/certificate.ts'
import { verifyAuthentication } from '../../src-shared/protocol/service/authentication.ts'
import type { FailureStatus } from '../../src-shared/protocol/service/frame.ts'
import type {
  Authentication,
  GroupTicketRequest,
  OperationName,
  Push,
  Registration,
  RelayOffer,
  ReplyOf,
  RequestOf,
} from '../../src-shared/protocol/service/operations.ts'
import { GROUP_SEED_LENGTH } from '../../src-shared/protocol/service/limits.ts'
import { checkTicket, issueTicket, type Ticket } from '../../src-shared/protocol/service/ticket.ts'
import type { RoomName } from '../relay/relay.ts'
import type { Caller } from './caller.ts'
import type { ServiceParts } from './parts.ts'
import type { RateName } from './rate-limits.ts'

/** Longer than any call without a pause; a ticket opens one room for the same few devices, or of one group, and nothing else. */
const TICKET_LIFE: Ms = 24 * HOUR

type Reply<Name extends OperationName> = Promise<Result<ReplyOf<Name>, FailureStatus>>

export type Handlers = {
  readonly [Name in OperationName]: (session: Caller, request: RequestOf<Name>) => Reply<Name>
}

/** What a session lacks for a request, if anything. */
export function permits(name: OperationName, session: Caller): 'unauthenticated' | 'unregistered' | undefined {
  if (name === 'authenticate' || name === 'checkHandle') return undefined
  if (session.certificate === undefined) return 'unauthenticated'
  return name === 'register' || session.listed ? undefined : 'unregistered'
}

export function createHandlers(parts: ServiceParts): Handlers {
  const { directory, prekeys, links } = parts
  const allow = (name: RateName, ...key: readonly string[]) => parts.rates.allow(name, key.join(' '))
  return {
    authenticate: (session, request) => authenticate(parts, session, request),

    async checkHandle(session, handle) {
      if (!(await allow('handles', session.origin.address))) return failure('rate-limited')
      return directory.isFree(handle)
    },

    register: (session, request) => register(parts, session, request),

    async lookup(session, handle) {
      if (!(await allow('lookups', deviceKey(session)))) return failure('rate-limited')
      if (!(await allow('lookupsOfAddress', session.origin.address))) return failure('rate-limited')
      return directory.lookup(handle)
    },

    async publishPrekeys(session, bytes) {
      if (!(await allow('prekeyPublications', deviceKey(session)))) return failure('rate-limited')
      return prekeys.publish(device(session), bytes, parts.now())
    },

    prekeyStock: async (session) => success(await prekeys.stock(device(session).certHash, parts.now())),

    async fetchPrekey(session, certHash) {
      const own = deviceKey(session)
      if (!(await allow('prekeys', own))) return failure('rate-limited')
      return prekeys.fetch(certHash, parts.now(), await allow('oneTimePrekeys', own, toHex(certHash)))
    },

    push: (session, request) => push(parts, session, request),

    async acknowledge(session, queueId) {
      await session.acknowledge(queueId)
      return success(undefined)
    },

    async relayTicket(session, { callId, peerAccountPub }) {
      if (!(await allow('relay', deviceKey(session)))) return failure('rate-limited')
      if (!(await directory.hasAccount(peerAccountPub))) return failure('unknown')
      const { certHash } = device(session)
      const expiresAt = parts.now() + TICKET_LIFE
      const ticket = { callId, callerCertHash: certHash, calleeAccountPub: peerAccountPub, expiresAt }
      return success(issueTicket(parts.ticketKeys, { kind: 'call', ...ticket }))
    },

    relayConnect: (session, request) => relayConnect(parts, session, request),

    groupTicket: (session, request) => groupTicket(parts, session, request),

    async putLink(session, link) {
      if (!(await allow('links', deviceKey(session)))) return failure('rate-limited')
      return links.put(device(session).accountPub, link, parts.now())
    },

    async getLink(session, linkId) {
      if (!(await allow('links', deviceKey(session)))) return failure('rate-limited')
      return links.get(linkId, parts.now())
    },

    async removeLink(session, linkId) {
      if (!(await allow('links', deviceKey(session)))) return failure('rate-limited')
      return links.remove(device(session).accountPub, linkId)
    },

    stunPort: () => Promise.resolve(success(parts.stun.port)),
  }
}

async function push(parts: ServiceParts, session: Caller, request: Push): Reply<'push'> {
  const own = deviceKey(session)
  if (!(await parts.rates.allow('envelopes', own))) return failure('rate-limited')
  if (!(await parts.rates.allow('envelopesToOne', `${own} ${toHex(request.to)}`))) return failure('rate-limited')
  const added = await parts.queue.add(request, parts.now())
  if (added.ok) parts.bus.publish(toHex(request.to), { kind: 'mail' })
  return added
}

async function relayConnect(parts: ServiceParts, session: Caller, request: RelayOffer): Reply<'relayConnect'> {
  if (!(await parts.rates.allow('relay', deviceKey(session)))) return failure('rate-limited')
  const { certHash, accountPub } = device(session)
  const ticket = checkTicket(parts.ticketKeys, request.ticket, parts.now())
  const room = ticket.ok ? roomOf(ticket.value, certHash, accountPub) : undefined
  if (room === undefined) return failure('ticket')
  return parts.relay.connect({
    room,
    certHash,
    accountPub,
    offer: request.offer,
    origin: session.origin.address,
    reachedAt: session.origin.localAddress,
  })
}

/** The room that a ticket opens to this device. */
function roomOf(ticket: Ticket, certHash: Bytes, accountPub: Bytes): RoomName | undefined {
  if (ticket.kind === 'group') {
    const { groupId, founderCertHash } = ticket
    return equalBytes(accountPub, ticket.accountPub) ? { kind: 'group', groupId, founderCertHash } : undefined
  }
  const { callId, callerCertHash, calleeAccountPub } = ticket
  const own = equalBytes(certHash, callerCertHash) || equalBytes(accountPub, calleeAccountPub)
  return own ? { kind: 'call', callId, callerCertHash, calleeAccountPub } : undefined
}

async function groupTicket(
  parts: ServiceParts,
  session: Caller,
  { groupId, accountPub, authority }: GroupTicketRequest,
): Reply<'groupTicket'> {
  if (!(await parts.rates.allow('groupTickets', deviceKey(session)))) return failure('rate-limited')
  const founderCertHash = founderBy(parts, device(session), groupId, authority)
  if (founderCertHash === undefined) return failure('ticket')
  if (!(await parts.directory.hasAccount(accountPub))) return failure('unknown')
  const expiresAt = parts.now() + TICKET_LIFE
  return success(issueTicket(parts.ticketKeys, { kind: 'group', groupId, founderCertHash, accountPub, expiresAt }))
}

/** The group's founder, if `authority` shows that `own` is it or was given a ticket. */
function founderBy(parts: ServiceParts, own: VerifiedCertificate, groupId: Bytes, authority: Bytes): Bytes | undefined {
  if (authority.length === GROUP_SEED_LENGTH) {
    return equalBytes(groupIdOf(own.certHash, authority), groupId) ? own.certHash : undefined
  }
  const ticket = checkTicket(parts.ticketKeys, authority, parts.now())
  if (!ticket.ok || ticket.value.kind !== 'group') return undefined
  const given = equalBytes(ticket.value.groupId, groupId) && equalBytes(ticket.value.accountPub, own.accountPub)
  return given ? ticket.value.founderCertHash : undefined
}

async function authenticate(parts: ServiceParts, session: Caller, request: Authentication): Reply<'authenticate'> {
  if (!(await parts.rates.allow('authentications', session.origin.address))) return failure('rate-limited')
  const nonce = session.takeNonce()
  if (nonce === undefined) return failure('unauthenticated')
  if (!parts.names.has(session.origin.host)) {
    parts.log.warn('refused a device that dialled a name which is not known as ours; SIGHTLINE_NAMES can name it')
    return failure('refused')
  }
  const certificate = parseCertificate(request.certificate)
  if (certificate === undefined) return failure('invalid')
  const verified = verifyCertificate(certificate, { accountPub: certificate.accountPub, now: parts.now() })
  if (!verified.ok) return failure('invalid')
  if (!verifyAuthentication(certificate.devicePub, request.signature, nonce, session.origin.host)) {
    return failure('unauthenticated')
  }
  // First, so that a revocation while the directory is asked reaches this session (R10).
  session.authenticated(verified.value)
  const listed = await parts.directory.lists(certificate.certHash)
  if (listed) session.becomeListed()
  return success(listed)
}

async function register(parts: ServiceParts, session: Caller, request: Registration): Reply<'register'> {
  const certificate = device(session)
  if (!equalBytes(request.certificate, certificate.bytes)) return failure('invalid')
  const known = await parts.directory.hasAccount(certificate.accountPub)
  if (!known && !(await parts.rates.allow('accounts', session.origin.address))) return failure('rate-limited')
  const registered = await parts.directory.register(request.handle, certificate, request.deviceList)
  if (!registered.ok) return registered
  for (const certHash of registered.value.revoked) revoke(parts, certHash)
  session.becomeListed()
  return success(undefined)
}

function revoke(parts: ServiceParts, certHash: Bytes): void {
  parts.bus.publish(toHex(certHash), { kind: 'revoked' })
  parts.relay.drop(toHex(certHash))
}

/** `permits` has seen to it that there is one. */
function device(session: Caller): VerifiedCertificate {
  if (session.certificate === undefined) throw new Error('a request of nobody')
  return session.certificate
}

function deviceKey(session: Caller): string {
  return toHex(device(session).certHash)
}
