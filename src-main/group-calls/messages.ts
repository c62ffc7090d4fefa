/** What members say through the room: read, verified by the core, and handed to the machine. What does not verify is dropped without a word. */
import { type Bytes, equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { unreachable } from '../../src-shared/base/result.ts'
import type { DeviceId } from '../../src-shared/call/machine/events.ts'
import { parseGroupMessage } from '../../src-shared/group/group-message.ts'
import { parseGroupRecord } from '../../src-shared/group/group-record.ts'
import { compareHead, parseHead, verifyHead } from '../../src-shared/group/head.ts'
import { parseJoin, verifyJoin } from '../../src-shared/group/join.ts'
import { parseKeyShare } from '../../src-shared/group/key-share.ts'
import { parseMemberKey, verifyMemberKey } from '../../src-shared/group/member-key.ts'
import { type Member, memberOf, refusalOf } from '../../src-shared/group/membership.ts'
import type { RecordContent } from '../../src-shared/group/record-content.ts'
import { type MemberAddress, memberAddress } from '../../src-shared/protocol/relay-frame.ts'
import { REACTION_SHOWN } from './conversation.ts'
import { type GroupContext, type GroupRunner, keepJoin } from './group-context.ts'
import { fitsLink } from './links.ts'
import { identified } from './presence.ts'
import { tellGroupOnly } from './returning.ts'
import { wordsSaid } from './words.ts'

/** The relay vouches for the address that it came from, and for nothing else. */
export function messageArrived(runner: GroupRunner, context: GroupContext, from: MemberAddress, bytes: Bytes): void {
  const message = parseGroupMessage(bytes)
  if (message === undefined) return
  if (message.kind === 'join') {
    joinArrived(runner, context, from, message.join)
    return
  }
  const member = context.chain.roster?.members.find(({ certHash }) => memberAddress(certHash) === from)
  if (member === undefined) return
  switch (message.kind) {
    case 'member-key':
      memberKeyArrived(runner, context, member, message.memberKey)
      return
    case 'key-share':
      shareArrived(runner, context, member, message.keyShare)
      return
    case 'head':
      headArrived(runner, context, member, message.head)
      return
    case 'key-request':
      runner.dispatch({ kind: 'key-request', groupId: context.callId, device: idOf(member), epoch: message.epoch })
      return
    case 'record':
      recordArrived(runner, context, member, message.record)
      return
    default:
      unreachable(message)
  }
}

function joinArrived(runner: GroupRunner, context: GroupContext, from: MemberAddress, bytes: Bytes): void {
  const { chain, groupId, own, callId } = context
  const { roster } = chain
  const parsed = parseJoin(bytes)
  if (parsed === undefined || roster === undefined || memberAddress(parsed.certificate.certHash) !== from) return
  const join = verifyJoin(parsed, groupId)
  if (!join.ok) return
  keepJoin(context, join.value)
  const device = toHex(join.value.certificate.certHash)
  identified(runner, context, device)
  const self = memberOf(roster, own.certHash)
  const byLink = join.value.linkTag !== undefined
  if (self === undefined || (byLink && !fitsLink(context, join.value))) return
  if (refusalOf(roster, { op: 'add', join: join.value }, self, chain.length) !== undefined) return
  const account = toHex(join.value.certificate.accountPub)
  runner.dispatch({
    kind: 'join-arrived',
    groupId: callId,
    device,
    account,
    join: toHex(join.value.nonce),
    byLink,
  })
}

function memberKeyArrived(runner: GroupRunner, context: GroupContext, member: Member, bytes: Bytes): void {
  const parsed = parseMemberKey(bytes)
  const key = parsed && verifyMemberKey(parsed, ownerOf(context, member))
  if (key?.ok !== true) return
  context.keys.announced(idOf(member), key.value)
  runner.dispatch({ kind: 'member-key', groupId: context.callId, device: idOf(member), epoch: key.value.epoch })
}

function shareArrived(runner: GroupRunner, context: GroupContext, member: Member, bytes: Bytes): void {
  const share = parseKeyShare(bytes)
  if (share === undefined || !equalBytes(share.sender, member.certHash)) return
  if (!equalBytes(share.receiver, context.own.certHash)) return
  const handle = context.shares.put(share)
  runner.dispatch({ kind: 'share-arrived', groupId: context.callId, epoch: share.epoch, share: handle })
}

function headArrived(runner: GroupRunner, context: GroupContext, member: Member, bytes: Bytes): void {
  const { roster } = context.chain
  const parsed = parseHead(bytes)
  const head = parsed && verifyHead(parsed, ownerOf(context, member))
  if (head?.ok !== true || roster === undefined) return
  const relation = compareHead(roster, head.value)
  const freshness = context.heads.take(head.value, runner.environment.clock.now())
  // R34: an old one confirms nothing; another branch is one however old.
  if (freshness !== 'fresh' && relation !== 'fork') return
  runner.dispatch({
    kind: 'head',
    groupId: context.callId,
    device: idOf(member),
    relation,
    length: head.value.seq + 1,
  })
}

function recordArrived(runner: GroupRunner, context: GroupContext, member: Member, bytes: Bytes): void {
  const record = parseGroupRecord(bytes)
  const device = idOf(member)
  const content = record && context.keys.recordReceiver(record.epoch, device)?.open(record)
  if (content?.ok === true) said(runner, context, device, content.value)
}

function said(runner: GroupRunner, context: GroupContext, device: DeviceId, content: RecordContent): void {
  const { callId: groupId, conversation } = context
  const now = runner.environment.clock.now()
  switch (content.type) {
    case 'media':
      runner.dispatch({ kind: 'media-state', groupId, device, media: content.media })
      return
    case 'profile':
      context.claimedNames.set(device, content.name)
      break
    case 'chat':
      if (!conversation.said(device, content.id, content.text, now)) return
      tellGroupOnly(runner, context)
      break
    case 'reaction':
      conversation.reacted(device, content.emoji, now)
      runner.environment.clock.after(REACTION_SHOWN, runner.changed)
      break
    case 'hand':
      if (content.up && !context.handsSince.has(device)) context.handsSince.set(device, now)
      if (!content.up) context.handsSince.delete(device)
      runner.dispatch({ kind: 'hand', groupId, device, up: content.up })
      return
    case 'mute-request':
      runner.dispatch({ kind: 'mute-request', groupId, device, about: toHex(content.certHash) })
      return
    case 'words-commit':
    case 'words-reveal':
      wordsSaid(runner, context, device, content)
      break
    default:
      unreachable(content)
  }
  runner.changed()
}

function idOf({ certHash }: Member): DeviceId {
  return toHex(certHash)
}

function ownerOf({ groupId }: GroupContext, { certHash, certificate }: Member) {
  return { groupId, certHash, devicePub: certificate.devicePub }
}
