/** Who is who in a group call: lookups of whom the person wants, and R35, the directory's word about each member. */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import type { DeviceId } from '../../src-shared/call/machine/events.ts'
import { type Join, issueJoin, JOIN_NONCE_LENGTH, verifyJoin } from '../../src-shared/group/join.ts'
import { linkTag } from '../../src-shared/group/link.ts'
import type { JoinId } from '../../src-shared/group/machine/roster.ts'
import type { GroupEndReason } from '../../src-shared/group/machine/state.ts'
import { parseCertificate } from '../../src-shared/identity/certificate.ts'
import { required } from '../calls/call-context.ts'
import type { LookupFailure, Person } from '../calls/ports.ts'
import { type GroupContext, type GroupRunner, memberById, type Wanted } from './group-context.ts'

const AS_END_REASON: Readonly<Record<LookupFailure | 'refused', GroupEndReason>> = {
  'unknown-handle': 'unknown-handle',
  offline: 'offline',
  'key-changed': 'key-changed',
  'no-devices': 'no-devices',
  insecure: 'insecure',
  self: 'failed',
  refused: 'failed',
}

/** For a call that is founded: the way into the room, those whom it begins with, and the own Join. */
export async function prepare(runner: GroupRunner, context: GroupContext): Promise<void> {
  const { environment } = runner
  const { groupId, own, seed, callId } = context
  const [ticket, failures] = await Promise.all([
    environment.groupTicket(groupId, own.accountPub, required(seed, 'seed')),
    lookUp(runner, context, context.wanted),
  ])
  if (context.released) return
  const fail = (reason: GroupEndReason): void => runner.dispatch({ kind: 'set-up-failed', groupId: callId, reason })
  if (!ticket.ok) {
    fail(AS_END_REASON[ticket.reason])
    return
  }
  const accounts = [...context.people.keys()]
  const [why] = failures
  if (accounts.length === 0 && why !== undefined) {
    fail(AS_END_REASON[why])
    return
  }
  context.ticket = ticket.value
  const join = makeJoin(runner, context)
  if (join === undefined) fail('failed')
  else runner.dispatch({ kind: 'prepared', groupId: callId, accounts, join })
}

/** More people for a running call. */
export async function invitePeople(
  runner: GroupRunner,
  context: GroupContext,
  wanted: readonly Wanted[],
): Promise<void> {
  await lookUp(runner, context, wanted)
  if (context.released) return
  const accounts = wanted.flatMap(({ person }) => (person === undefined ? [] : [person.accountId]))
  runner.dispatch({ kind: 'people-resolved', groupId: context.callId, accounts })
  runner.changed()
}

async function lookUp(
  { environment }: GroupRunner,
  { people }: GroupContext,
  wanted: readonly Wanted[],
): Promise<readonly LookupFailure[]> {
  const failures: LookupFailure[] = []
  await Promise.all(
    wanted.map(async (one) => {
      const found = await environment.directory.find(one.handle.reveal())
      const reason = found.ok ? refusalOf(found.value) : found.reason
      if (found.ok && reason === undefined) {
        one.person = found.value
        people.set(found.value.accountId, found.value)
      } else if (reason !== undefined) {
        one.failed = reason
        failures.push(reason)
      }
    }),
  )
  return failures
}

/** R7: the person decides about a new key before any call. */
function refusalOf({ verification, devices }: Person): LookupFailure | undefined {
  if (verification === 'key-changed') return 'key-changed'
  return devices.length === 0 ? 'no-devices' : undefined
}

/** A new Join with a receive key of its own; nothing of an earlier stay is left. `undefined`: the own certificate is none. */
export function makeJoin({ environment }: GroupRunner, context: GroupContext): JoinId | undefined {
  const { groupId, own, chain, keys, linkKey } = context
  const certificate = parseCertificate(own.certificate)
  if (certificate === undefined) return undefined
  keys.eraseStay()
  const nonce = environment.random(JOIN_NONCE_LENGTH)
  const fields: Omit<Join, 'bytes' | 'signature'> = {
    groupId,
    certificate,
    handle: own.handle.reveal(),
    nonce,
    fromSeq: chain.length,
    joinKey: keys.makeReceiveKey(0),
    linkTag: linkKey && linkTag(linkKey, { groupId, certHash: own.certHash, nonce }),
  }
  const join = verifyJoin(issueJoin(fields, own.signingSecret), groupId)
  if (!join.ok) return undefined
  context.join = join.value
  return toHex(join.value.nonce)
}

/** R35: its certificate by R4 to R7, under the handle that its Join names. */
export async function checkMember(
  runner: GroupRunner,
  context: GroupContext,
  device: DeviceId,
  join: JoinId,
): Promise<void> {
  const member = memberById(context, device)
  if (member === undefined) return
  const { certHash, certificate, handle } = member
  const found = await runner.environment.directory.find(handle)
  if (context.released) return
  const result = ((): 'trusted' | 'refused' | 'unreachable' => {
    if (!found.ok) {
      if (found.reason === 'offline') return 'unreachable'
      const isOwn = context.own.otherDevices.some((other) => equalBytes(other.certHash, certHash))
      return found.reason === 'self' && isOwn ? 'trusted' : 'refused'
    }
    const person = found.value
    if (!equalBytes(person.accountPub, certificate.accountPub)) return 'refused'
    context.people.set(person.accountId, person)
    const isListed = person.devices.some((other) => equalBytes(other.certHash, certHash))
    return isListed && person.verification !== 'key-changed' ? 'trusted' : 'refused'
  })()
  runner.dispatch({ kind: 'member-checked', groupId: context.callId, device, join, result })
  runner.changed()
}
