/** The key work that the machine asks for, and what of it goes to the media worker (docs/protocol/group.md, sections 2 and 7). */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import type { Epoch } from '../../src-shared/group/machine/roster.ts'
import type { GroupMember, StreamKeys } from '../../src-shared/ipc/media-port.ts'
import { memberOf } from '../../src-shared/group/membership.ts'
import { required } from '../calls/call-context.ts'
import { PacketFlow } from '../calls/packet-flow.ts'
import type { GiveKey, GroupContext, GroupRunner } from './group-context.ts'
import { askForKeyframes, passRequests } from './pictures.ts'
import { sendMessage } from './say.ts'

export function enterEpoch({ environment }: GroupRunner, { chain, keys }: GroupContext, epoch: Epoch): void {
  keys.enterEpoch(required(chain.inEpoch(epoch), 'roster of the epoch'), environment.preferences().suites)
}

export function makeMemberKey(context: GroupContext, epoch: Epoch): void {
  const { bytes } = context.keys.makeReceiveKey(epoch)
  sendMessage(context, undefined, { kind: 'member-key', memberKey: bytes })
}

/** That of a Join is in the chain. */
export function sendMemberKey(context: GroupContext, epoch: Epoch, to: string | undefined): void {
  const key = epoch === 0 ? undefined : context.keys.ownMemberKey(epoch)
  if (key !== undefined) sendMessage(context, to, { kind: 'member-key', memberKey: key.bytes })
}

/** One KeyShare takes milliseconds, and a full call needs 32: between two, the process does what else there is to do. */
export function giveKey(runner: GroupRunner, context: GroupContext, due: GiveKey): void {
  context.keysDue.push(due)
  if (context.keysDue.length === 1) giveNext(runner, context)
}

/** Each begins the next one's timer: timers that fall due together would run without anything between them. */
function giveNext(runner: GroupRunner, context: GroupContext): void {
  const { keysDue, callId } = context
  runner.environment.clock.after(0, () => {
    const { released, keys } = context
    // R33: once another epoch has begun, the key of this one is not given to anybody any more.
    const first = released ? -1 : keysDue.findIndex(({ epoch }) => keys.ownKeys(epoch) !== undefined)
    const due = keysDue[first]
    keysDue.splice(0, first < 0 ? keysDue.length : first + 1)
    if (keysDue.length > 0) giveNext(runner, context)
    const keyShare = due && keys.wrap(due.epoch, due.to, due.memberKey)
    if (due === undefined || keyShare === undefined) return
    sendMessage(context, due.to, { kind: 'key-share', keyShare })
    runner.dispatch({ kind: 'key-given', groupId: callId, epoch: due.epoch, device: due.to })
  })
}

export function openShare(runner: GroupRunner, context: GroupContext, handle: number): void {
  const { chain, keys, shares, callId } = context
  const share = shares.take(handle)
  const roster = chain.inEpoch(share.epoch)
  const opened = roster && keys.open(share, roster)
  if (opened === undefined) return
  const { suite, media, epoch } = opened
  const member = toHex(opened.certHash)
  runner.keyOpened(context, epoch, member)
  runner.environment.mediaPorts.send(callId, { kind: 'member-keys', member, epoch, suite, keys: copyOf(media) })
  runner.dispatch({ kind: 'share-opened', groupId: callId, epoch, device: member })
}

export function dropEpoch(runner: GroupRunner, { keys, callId }: GroupContext, epoch: Epoch): void {
  const before = keys.dropEpoch(epoch)
  runner.environment.mediaPorts.send(callId, { kind: 'drop-epochs', before })
}

/** The machine chose the moment (R33), so the worker need not wait. */
export function sendWith(runner: GroupRunner, context: GroupContext, epoch: Epoch): void {
  const { keys, callId } = context
  const { mediaPorts, clock } = runner.environment
  context.sending = epoch
  if (context.mediaEpoch === epoch) {
    // Nothing left for a while, and the same key goes on: whoever watches has lost the thread.
    askForKeyframes(runner, context)
    return
  }
  context.mediaEpoch = epoch
  context.keysSince = clock.now()
  const { suite, media } = required(keys.ownKeys(epoch), 'own keys of the epoch')
  mediaPorts.send(callId, { kind: 'sending-keys', epoch, suite, keys: copyOf(media), afterMs: 0 })
}

/** This device is in: its media begin, with SSRCs of this stay. */
export function beginStay(runner: GroupRunner, context: GroupContext): void {
  const { environment, state } = runner
  const { callId } = context
  if (context.stay > 0) environment.mediaPorts.close(callId)
  context.stay += 1
  context.mediaEpoch = undefined
  context.sending = undefined
  context.flow?.stop()
  passRequests(runner, context)
  context.flow = new PacketFlow(environment.clock, environment.mediaPorts, callId, {
    sendingPath: () => (context.sending === undefined ? undefined : 'relay'),
    takes: () => state().call.kind === 'inside',
    send: (_path, packet) => context.link?.sendPacket(packet),
  })
}

/** Before any key of theirs: who is in, and what they send. */
export function tellMembers(runner: GroupRunner, context: GroupContext): void {
  const { call } = runner.state()
  const { chain, own, callId } = context
  const self = chain.roster && memberOf(chain.roster, own.certHash)
  if (call.kind !== 'inside' || self === undefined) return
  const others = (chain.roster?.members ?? [])
    .filter(({ certHash }) => !equalBytes(certHash, own.certHash))
    .map((member): GroupMember => {
      const id = toHex(member.certHash)
      const media = call.people.find(({ device }) => device === id)?.media ?? {
        audio: false,
        video: false,
        screen: false,
      }
      return { id, ssrcPrefix: member.ssrcPrefix, media }
    })
  const told = JSON.stringify([context.stay, others])
  if (told === context.toldMembers) return
  context.toldMembers = told
  runner.environment.mediaPorts.send(callId, { kind: 'members', ownSsrcPrefix: self.ssrcPrefix, others })
}

/** The port may keep the keys for a page that comes later; the ring's own are erased when the machine says so. */
function copyOf({ audio, video, screen, screenSound }: StreamKeys): StreamKeys {
  const copy = ({ key, salt }: StreamKeys['audio']): StreamKeys['audio'] => ({ key: key.slice(), salt: salt.slice() })
  return { audio: copy(audio), video: copy(video), screen: copy(screen), screenSound: copy(screenSound) }
}
