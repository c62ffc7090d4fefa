/** Links to a call (docs/protocol/group.md, R38): the host's door, who knocks at it, and the way of a guest to it. */
import { type Bytes, equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { HOUR } from '../../src-shared/base/time.ts'
import { encodeKnock, type Knock, KNOCK_NONCE_LENGTH } from '../../src-shared/group/knock.ts'
import {
  formatLink,
  knockTag,
  LINK_SECRET_LENGTH,
  linkKeys,
  linkProof,
  linkTag,
  openLinkCard,
  parseLink,
  sealLinkCard,
  tagMatches,
} from '../../src-shared/group/link.ts'
import type { VerifiedJoin } from '../../src-shared/group/join.ts'
import { isHost } from '../../src-shared/group/machine/roster.ts'
import { claimedName, displayName } from '../../src-shared/identity/display-name.ts'
import type { KnockOutcome, LinkHours, LinkOutcome } from '../../src-shared/ipc/contract.ts'
import type { CallId, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import { encodeReply } from '../../src-shared/protocol/cancel.ts'
import type { Handle } from '../../src-shared/call/machine/events.ts'
import type { ReceivedMail } from '../calls/ports.ts'
import { createContext, type GroupContext, type GroupRunner, type Guest, isEngaged } from './group-context.ts'
import { sendInviteTo } from './inviting.ts'
import { tellGroupOnly } from './returning.ts'

/** The person asks, who must be a host. */
export async function askForLink(runner: GroupRunner, callId: CallId, hours: LinkHours): Promise<LinkOutcome> {
  const context = runner.contexts.get(callId)
  const { call, self } = runner.state()
  if (context === undefined || call.kind !== 'inside' || !isHost(call.roster, self)) return 'refused'
  return createLink(runner, context, hours)
}

/** Replaces the link that the call has: the old one opens nothing any more. */
export async function createLink(runner: GroupRunner, context: GroupContext, hours: number): Promise<LinkOutcome> {
  const { clock, random, links } = runner.environment
  const { own } = context
  const secret = random(LINK_SECRET_LENGTH)
  const keys = linkKeys(secret)
  const expiresAt = clock.now() + hours * HOUR
  const card = { hostHandle: own.handle.reveal(), accountPub: own.accountPub, title: claimedName(own.name.reveal()) }
  const put = await links.put(keys.linkId, sealLinkCard(keys, card), expiresAt)
  if (!put.ok) return put.reason
  if (context.released) {
    void links.remove(keys.linkId)
    return 'refused'
  }
  withdrawLink(runner, context)
  context.door = { keys, url: formatLink({ authority: links.authority, secret }), expiresAt }
  context.doorKeys.push(keys.linkKey)
  tellGroupOnly(runner, context)
  runner.changed()
  return 'made'
}

/** Who has knocked already can still be admitted. */
export function withdrawLink(runner: GroupRunner, context: GroupContext): void {
  const { door } = context
  if (door === undefined) return
  context.door = undefined
  // One that the service does not remove now expires; nobody answers at it.
  void runner.environment.links.remove(door.keys.linkId)
  tellGroupOnly(runner, context)
  runner.changed()
}

/** The envelope is genuine (R14). Who has no link to this call, or is not who it says, is not heard. */
export async function knockReceived(
  runner: GroupRunner,
  context: GroupContext,
  mail: ReceivedMail,
  { linkId, nonce, tag, handle, name }: Knock,
): Promise<void> {
  const { clock, directory } = runner.environment
  const { door } = context
  if (door === undefined || door.expiresAt <= clock.now() || !equalBytes(door.keys.linkId, linkId)) return
  if (!tagMatches(knockTag(door.keys.linkKey, mail.senderCertHash, nonce), tag)) return
  const found = await directory.find(handle)
  if (!found.ok || found.value.blocked || !equalBytes(found.value.accountPub, mail.senderAccountPub)) return
  const person = found.value
  const device = person.devices.find(({ certHash }) => equalBytes(certHash, mail.senderCertHash))
  const { call } = runner.state()
  if (device === undefined || context.released || call.kind !== 'inside') return
  // Who knocks again waits already, and takes nobody's place.
  if (call.knocks.some((other) => other.device === toHex(mail.senderCertHash))) return
  const knock = context.guests.put({ person, device, nonce, keys: door.keys, name: displayName(name) })
  context.people.set(person.accountId, person)
  runner.dispatch({
    kind: 'knock',
    groupId: context.callId,
    device: toHex(mail.senderCertHash),
    account: person.accountId,
    knock,
  })
}

export function admitGuest(runner: GroupRunner, context: GroupContext, knock: Handle): void {
  const { person, device, nonce, keys }: Guest = context.guests.take(knock)
  const createHash = context.chain.roster?.createHash
  if (createHash === undefined) return
  void sendInviteTo(runner, context, person, [device], linkProof(keys.linkKey, createHash, nonce))
}

export function refuseGuest({ environment }: GroupRunner, context: GroupContext, knock: Handle): void {
  const { device, keys }: Guest = context.guests.take(knock)
  void environment.mail.send(device, 'reply', encodeReply({ callId: keys.linkId, answer: 'declined' }))
}

/** Whether a Join comes from somebody who was let in by a link of this call. */
export function fitsLink(
  { doorKeys, groupId }: GroupContext,
  { linkTag: tag, certificate, nonce }: VerifiedJoin,
): boolean {
  const join = { groupId, certHash: certificate.certHash, nonce }
  return doorKeys.some((linkKey) => tagMatches(linkTag(linkKey, join), tag))
}

/** The guest's side: reads the card behind the link and knocks at its host. */
export async function knockAt(runner: GroupRunner, url: string, media: MediaChoice): Promise<KnockOutcome> {
  const { links, directory, identity, clock, random } = runner.environment
  const own = identity()
  const link = parseLink(url)
  if (link === undefined || own === undefined) return 'no-link'
  const keys = linkKeys(link.secret)
  const sealed = await links.get(keys.linkId)
  if (!sealed.ok) {
    if (sealed.reason === 'offline') return 'offline'
    return link.authority === links.authority ? 'gone' : 'not-here'
  }
  const card = openLinkCard(keys, sealed.value)
  if (card === undefined) return 'gone'
  const found = await directory.find(card.hostHandle)
  if (!found.ok) {
    if (found.reason === 'self') return 'own'
    return found.reason === 'offline' ? 'offline' : 'insecure'
  }
  const host = found.value
  // The service could have put another card in its place only with the secret; the account may still have changed hands.
  if (!equalBytes(host.accountPub, card.accountPub) || host.verification === 'key-changed') return 'insecure'
  const context = createContext(
    {
      groupId: keys.linkId,
      direction: 'outgoing',
      startedAt: clock.now(),
      video: media.video,
      own,
      seed: undefined,
      ticket: undefined,
      createHash: undefined,
      invitation: undefined,
      caller: host.inContacts ? host : { ...host, name: displayName(card.title) ?? host.name },
      wanted: [],
      local: media,
    },
    random,
  )
  context.knocking = { keys, nonce: random(KNOCK_NONCE_LENGTH) }
  if (isEngaged(runner)) return 'busy'
  runner.add(context)
  runner.dispatch({ kind: 'user-knock', groupId: context.callId, media })
  return 'started'
}

export async function sendKnock(runner: GroupRunner, context: GroupContext): Promise<void> {
  const { knocking, caller, own, callId } = context
  if (knocking === undefined || caller === undefined) throw new Error('a knock at no door')
  const { keys, nonce } = knocking
  const payload = encodeKnock({
    linkId: keys.linkId,
    nonce,
    tag: knockTag(keys.linkKey, own.certHash, nonce),
    handle: own.handle.reveal(),
    name: claimedName(own.name.reveal()),
  })
  const { mail } = runner.environment
  const sent = await Promise.all(caller.devices.map((device) => mail.send(device, 'knock', payload)))
  if (sent.some(({ ok }) => ok) || context.released) return
  runner.dispatch({ kind: 'set-up-failed', groupId: callId, reason: 'offline' })
}

/** R38: an invitation that answers the Knock of `context`, for the call whose link it is. */
export function answersKnock(
  { knocking, caller }: GroupContext,
  invite: { readonly createHash: Bytes; readonly linkProof: Bytes | undefined },
  mail: ReceivedMail,
): boolean {
  if (knocking === undefined || caller === undefined || !equalBytes(caller.accountPub, mail.senderAccountPub))
    return false
  return tagMatches(linkProof(knocking.keys.linkKey, invite.createHash, knocking.nonce), invite.linkProof)
}
