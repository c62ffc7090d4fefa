/** Each effect of the group machine, done. */
import { fromHex, toHex } from '../../src-shared/base/bytes.ts'
import { unreachable } from '../../src-shared/base/result.ts'
import { HOUR, type Ms, SECOND } from '../../src-shared/base/time.ts'
import { issueHead } from '../../src-shared/group/head.ts'
import type { Announcement, GroupEffect } from '../../src-shared/group/machine/effects.ts'
import { claimedName } from '../../src-shared/identity/display-name.ts'
import { encodeAnswered, encodeReply } from '../../src-shared/protocol/cancel.ts'
import { required } from '../calls/call-context.ts'
import type { GroupContext, GroupRunner } from './group-context.ts'
import { sendCancels, sendInvites } from './inviting.ts'
import * as keys from './keys.ts'
import { admitGuest, refuseGuest, sendKnock, withdrawLink } from './links.ts'
import { checkMember, invitePeople, makeJoin, prepare } from './people.ts'
import { openRoom, submit, submitChain } from './room.ts'
import { sendMessage, sendRecord } from './say.ts'
import { callBack, takeReturn } from './returning.ts'
import { sendUpgrade } from './upgrading.ts'

/** How long the link stays open after the end, so that what was said last still leaves. */
const LINGER: Ms = 0.3 * SECOND
/** `alone` while a link is out. */
const ALONE_WITH_LINK: Ms = HOUR

export class GroupEffects {
  readonly #runner: GroupRunner
  readonly #timers = new Map<string, () => void>()

  constructor(runner: GroupRunner) {
    this.#runner = runner
  }

  execute(context: GroupContext, effect: Exclude<GroupEffect, { kind: 'record' }>): void {
    const runner = this.#runner
    const { environment } = runner
    const { own, groupId, callId } = context
    switch (effect.kind) {
      case 'prepare':
        void prepare(runner, context)
        return
      case 'send-invites':
        void sendInvites(runner, context, effect.accounts)
        return
      case 'send-cancel':
        sendCancels(runner, context, effect.accounts)
        return
      case 'send-answered':
        for (const device of own.otherDevices) {
          void environment.mail.send(device, 'answered', encodeAnswered({ callId: groupId }))
        }
        return
      case 'send-reply': {
        const { invitation, caller } = context
        const inviter = invitation && toHex(invitation.inviterCertHash)
        const device = caller?.devices.find(({ certHash }) => toHex(certHash) === inviter)
        const reply = encodeReply({ callId: groupId, answer: effect.answer })
        if (device !== undefined) void environment.mail.send(device, 'reply', reply)
        return
      }
      case 'check-member':
        void checkMember(runner, context, effect.device, effect.join)
        return
      case 'open-room':
        openRoom(runner, context)
        return
      case 'make-join': {
        const join = makeJoin(runner, context)
        if (join === undefined) runner.dispatch({ kind: 'join-failed', groupId: callId })
        else runner.dispatch({ kind: 'join-made', groupId: callId, join })
        return
      }
      case 'send-join':
        sendMessage(context, undefined, { kind: 'join', join: required(context.join, 'Join').bytes })
        return
      case 'submit':
        submit(runner, context, effect.entries)
        return
      case 'submit-chain':
        submitChain(context, effect.from)
        return
      case 'send-head': {
        const head = issueHead(required(context.chain.roster, 'roster'), own, environment.clock.now())
        sendMessage(context, effect.to, { kind: 'head', head })
        return
      }
      case 'enter-epoch':
        keys.enterEpoch(runner, context, effect.epoch)
        return
      case 'make-member-key':
        keys.makeMemberKey(context, effect.epoch)
        return
      case 'send-member-key':
        keys.sendMemberKey(context, effect.epoch, effect.to)
        return
      case 'give-key':
        keys.giveKey(runner, context, effect)
        return
      case 'request-key':
        keys.sendMemberKey(context, effect.memberKey, effect.from)
        sendMessage(context, effect.from, { kind: 'key-request', epoch: effect.epoch })
        return
      case 'open-share':
        keys.openShare(runner, context, effect.share)
        return
      case 'drop-share':
        context.shares.take(effect.share)
        return
      case 'erase-receive-key':
        context.keys.eraseReceiveKey(effect.memberKey)
        return
      case 'erase-sender-key':
        context.keys.eraseSenderKey(effect.epoch)
        return
      case 'drop-epoch':
        keys.dropEpoch(runner, context, effect.epoch)
        return
      case 'send-with':
        keys.sendWith(runner, context, effect.epoch)
        return
      case 'stop-sending':
        context.sending = undefined
        return
      case 'send-state': {
        const { to } = effect
        sendRecord(context, { type: 'media', media: effect.media }, to)
        if (effect.profile) sendRecord(context, { type: 'profile', name: claimedName(own.name.reveal()) }, to)
        if (effect.hand) sendRecord(context, { type: 'hand', up: true }, to)
        for (const { idBytes, text } of context.conversation.toSayAgain(environment.clock.now())) {
          sendRecord(context, { type: 'chat', id: idBytes, text }, to)
        }
        return
      }
      case 'send-media':
        sendRecord(context, { type: 'media', media: effect.media })
        return
      case 'send-hand':
        sendRecord(context, { type: 'hand', up: effect.up })
        return
      case 'send-mute-request':
        sendRecord(context, { type: 'mute-request', certHash: fromHex(effect.device) })
        return
      case 'announce':
        this.#announce(context, effect.what)
        return
      case 'start-timer':
        this.#startTimer(context, effect)
        return
      case 'cancel-timer':
        this.#cancelTimers(nameOf(effect.groupId, effect.timer, effect.about))
        return
      case 'cancel-all-timers':
        this.#cancelTimers(`${callId}/`)
        return
      case 'release':
        this.#release(context)
        return
      case 'resolve-people':
        void invitePeople(runner, context, context.invited.take(effect.people))
        return
      case 'send-knock':
        void sendKnock(runner, context)
        return
      case 'admit-knock':
        admitGuest(runner, context, effect.knock)
        return
      case 'refuse-knock':
        refuseGuest(runner, context, effect.knock)
        return
      case 'send-upgrade':
        void sendUpgrade(runner, context, effect.callId)
        return
      case 'finish-one-to-one':
        context.oneToOne = undefined
        environment.oneToOne.moved(effect.callId)
        return
      case 'call-back':
        callBack(runner, context, effect.peer, effect.epoch)
        return
      case 'end-return': {
        const returning = takeReturn(context)
        if (returning !== undefined) environment.oneToOne.end(returning)
        return
      }
      case 'finish-return': {
        const returning = required(takeReturn(context), '1:1 call')
        context.silent = true
        // Its room closes with this device, or is nothing to come back to.
        environment.invitations.remove(groupId)
        environment.oneToOne.takePlace(returning)
        return
      }
      default:
        unreachable(effect)
    }
  }

  #announce({ conversation }: GroupContext, what: Announcement): void {
    const now = this.#runner.environment.clock.now()
    switch (what.kind) {
      case 'added': {
        const before = conversation.happenings.some(({ who, kind }) => who === what.device && kind !== 'hand')
        conversation.happened(before ? 'returned' : 'joined', now, what.device)
        return
      }
      case 'removed':
        conversation.happened(what.reason, now, what.device, what.reason === 'removed' ? what.by : undefined)
        return
      case 'host':
        conversation.happened(what.on ? 'made-host' : 'no-host', now, what.device, what.by)
        return
      case 'checked':
        if (what.trust === 'refused') conversation.happened('trust-refused', now, what.device)
        return
      case 'trouble':
        conversation.happened(what.trouble, now, what.device)
        return
      case 'confirmed': {
        const wasNot = conversation.happenings.some(({ kind }) => kind === 'unconfirmed')
        if (!what.confirmed) conversation.happened('unconfirmed', now)
        else if (wasNot) conversation.happened('confirmed', now)
        return
      }
      case 'room-forked':
        conversation.happened('room-forked', now)
        return
      case 'mute-request':
        conversation.muteRequestBy = what.by
        return
      case 'knock':
        return
      default:
        unreachable(what)
    }
  }

  #startTimer(context: GroupContext, { groupId, timer, about, delay }: GroupEffect & { kind: 'start-timer' }): void {
    const name = nameOf(groupId, timer, about)
    this.#cancelTimers(name)
    const ranOut = (): void => {
      this.#timers.delete(name)
      this.#runner.dispatch({ kind: 'timer', groupId, timer, about })
    }
    const { clock } = this.#runner.environment
    const since = clock.now()
    const cancel = clock.after(delay, () => {
      // Whoever has passed on a link waits for others longer.
      const until = timer === 'alone' ? Math.min(context.door?.expiresAt ?? 0, since + ALONE_WITH_LINK) : 0
      if (until - clock.now() > SECOND) {
        this.#timers.set(name, clock.after(until - clock.now(), ranOut))
        return
      }
      ranOut()
    })
    this.#timers.set(name, cancel)
  }

  #cancelTimers(prefix: string): void {
    for (const [name, cancel] of this.#timers) {
      if (!name.startsWith(prefix)) continue
      cancel()
      this.#timers.delete(name)
    }
  }

  /** R21, for a group: nothing is left that could open anything. */
  #release(context: GroupContext): void {
    const { clock, mediaPorts } = this.#runner.environment
    context.released = true
    context.sending = undefined
    withdrawLink(this.#runner, context)
    context.flow?.stop()
    mediaPorts.close(context.callId)
    context.keys.eraseStay()
    const { link } = context
    clock.after(LINGER, () => link?.close())
  }
}

/** Ends with a mark: the timer about one device is no other's. */
function nameOf(groupId: string, timer: string, about: string | undefined): string {
  return `${groupId}/${timer}/${about ?? ''}/`
}
