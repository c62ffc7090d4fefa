/** One device, one event. What ends a call stands first; what does not fit the state changes nothing. */
import { unreachable } from '../../base/result.ts'
import * as changes from './changes.ts'
import * as epochs from './epochs.ts'
import type { GroupEvent, TimerEvent } from './events.ts'
import * as founding from './founding.ts'
import * as heads from './heads.ts'
import { rosterChanged as memberRosterChanged } from './inside.ts'
import * as invitation from './invitation.ts'
import * as inviting from './inviting.ts'
import * as joining from './joining.ts'
import { leave, rosterChanged as leavingRosterChanged } from './leaving.ts'
import * as members from './members.ts'
import * as back from './return.ts'
import * as room from './room.ts'
import { settle } from './settle.ts'
import { type GroupState, type Inside, occupies } from './state.ts'
import { end, endedUnseen, move, stay, type Transition } from './transition.ts'
import * as upgrade from './upgrade.ts'

/** About the device, or about a call that it may not know. */
const OF_DEVICE = ['invite', 'cancel', 'answered', 'user-found', 'user-join', 'user-knock', 'upgraded'] as const
type OfDevice = Extract<GroupEvent, { kind: (typeof OF_DEVICE)[number] }>
type OfCall = Exclude<GroupEvent, OfDevice | TimerEvent>

export function step(state: GroupState, event: GroupEvent): Transition {
  return settle(state, react(state, event), event.kind === 'timer' ? event : undefined)
}

function react(state: GroupState, event: GroupEvent): Transition {
  if (isOfDevice(event)) return ofDevice(state, event)
  const { call } = state
  // The rest is late news of a call that is over.
  if (call.kind === 'idle' || call.groupId !== event.groupId) return stay(state)
  return event.kind === 'timer' ? timerFired(state, event) : ofCall(state, event)
}

function isOfDevice(event: GroupEvent): event is OfDevice {
  return OF_DEVICE.some((kind) => kind === event.kind)
}

function ofDevice(state: GroupState, event: OfDevice): Transition {
  const { call } = state
  switch (event.kind) {
    case 'invite':
      return invitation.invited(state, event.invitation)
    case 'cancel':
      if (call.kind === 'ringing' && call.groupId === event.groupId) return end(state, 'cancelled')
      return endedUnseen(state, event.groupId, event.sentAt, 'cancelled')
    case 'answered':
      if (call.kind === 'ringing' && call.groupId === event.groupId) return end(state, 'answered-elsewhere')
      return endedUnseen(state, event.groupId, event.sentAt, 'answered-elsewhere')
    case 'user-found':
      return founding.found(state, event)
    case 'user-join':
      if (occupies(call)) return stay(state)
      return joining.enter(state, event.groupId, { local: event.media, sentAt: event.sentAt, upgrade: undefined })
    case 'user-knock':
      if (occupies(call)) return stay(state)
      return move(state, { kind: 'knocking', groupId: event.groupId, local: event.media }, [
        { kind: 'send-knock', groupId: event.groupId },
      ])
    case 'upgraded':
      return upgrade.joined(state, event)
    default:
      return unreachable(event)
  }
}

function ofCall(state: GroupState, event: OfCall): Transition {
  const { call } = state
  const here = (react: (inside: Inside) => Transition): Transition =>
    call.kind === 'inside' ? react(call) : stay(state)
  switch (event.kind) {
    // Ends first
    case 'user-end':
      return hangUp(state)
    case 'user-decline':
      return call.kind === 'ringing' ? invitation.decline(state, call) : stay(state)
    case 'set-up-failed':
      return call.kind === 'founding' || call.kind === 'joining' || call.kind === 'knocking'
        ? end(state, event.reason)
        : stay(state)
    case 'join-failed':
      return call.kind === 'joining' ? end(state, 'failed') : stay(state)
    case 'room-refused':
      if (call.kind === 'founding') return end(state, 'failed')
      return call.kind === 'joining' || call.kind === 'inside' ? end(state, 'removed') : end(state, 'hung-up')
    case 'reply':
      if (call.kind === 'knocking') return event.answer === 'ringing' ? stay(state) : end(state, event.answer)
      return here((inside) => inviting.replied(state, inside, event.account, event.answer))
    // The room and the chain
    case 'room-entered':
      if (call.kind === 'founding') return founding.roomEntered(state, call, event)
      if (call.kind === 'joining') return joining.roomEntered(state, call, event)
      return here((inside) => room.roomEntered(state, inside, event))
    case 'room-lost':
      if (call.kind === 'joining') return joining.roomLost(state, call)
      if (call.kind === 'leaving') return end(state, call.reason)
      return here((inside) => room.roomLost(state, inside))
    case 'roster-changed':
      if (call.kind === 'founding') return founding.rosterChanged(state, call, event)
      if (call.kind === 'joining') return joining.rosterChanged(state, call, event)
      if (call.kind === 'leaving') return leavingRosterChanged(state, call, event.roster)
      return here((inside) =>
        back.isLeftFor(inside, event.roster) ? back.finished(state, inside) : memberRosterChanged(state, inside, event),
      )
    case 'room-length':
      return here((inside) => move(state, { ...inside, roomLength: event.length }))
    case 'room-forked':
      return here((inside) => room.forked(state, inside))
    case 'submit-refused':
      if (call.kind === 'founding' && !event.retry) return end(state, 'failed')
      return here((inside) => changes.refused(state, inside, event))
    case 'entered':
      if (call.kind === 'joining') {
        const present = [...call.present.filter((device) => device !== event.device), event.device]
        return move(state, { ...call, present })
      }
      return here((inside) => room.entered(state, inside, event.device))
    case 'left':
      if (call.kind === 'joining') {
        return move(state, { ...call, present: call.present.filter((device) => device !== event.device) })
      }
      return here((inside) => room.left(state, inside, event.device))
    // Members and their keys
    case 'join-made':
      return call.kind === 'joining' ? joining.joinMade(state, call, event) : stay(state)
    case 'join-arrived':
      return here((inside) => changes.joinArrived(state, inside, event))
    case 'member-checked':
      return here((inside) => members.checked(state, inside, event))
    case 'member-key': {
      if (call.kind !== 'joining' && call.kind !== 'inside') return stay(state)
      return move(state, { ...call, memberKeys: epochs.withMemberKey(call.memberKeys, event.device, event.epoch) })
    }
    case 'share-arrived':
      if (call.kind !== 'inside') {
        return { state, effects: [{ kind: 'drop-share', groupId: event.groupId, share: event.share }] }
      }
      return epochs.shareArrived(state, call, event)
    case 'share-opened':
      return here((inside) => epochs.shareOpened(state, inside, event.epoch, event.device))
    case 'key-given':
      return here((inside) => epochs.keyGiven(state, inside, event.epoch, event.device))
    case 'key-request':
      return here((inside) => epochs.keyRequested(state, inside, event.device, event.epoch))
    case 'head':
      return here((inside) => heads.headArrived(state, inside, event))
    case 'media-state':
      return here((inside) => members.showsMedia(state, inside, event))
    case 'hand':
      return here((inside) => members.raisesHand(state, inside, event))
    case 'mute-request':
      return here((inside) => members.asksToMute(state, inside, event))
    // What the person wants
    case 'prepared':
      return call.kind === 'founding' ? founding.prepared(state, call, event) : stay(state)
    case 'user-accept':
      return call.kind === 'ringing' ? invitation.accept(state, call, event.media) : stay(state)
    case 'user-dismiss':
      return call.kind === 'ended' ? move(state, { kind: 'idle' }) : stay(state)
    case 'user-invite':
      return here(() => ({
        state,
        effects: [{ kind: 'resolve-people', groupId: event.groupId, people: event.people }],
      }))
    case 'people-resolved':
      return here((inside) => inviting.invite(state, inside, event.accounts))
    case 'user-remove':
      return here((inside) => members.remove(state, inside, event.device))
    case 'user-host':
      return here((inside) => changes.want(state, inside, [{ op: 'host', device: event.device, on: event.on }]))
    case 'user-mute':
      return here((inside) => members.askToMute(state, inside, event.device))
    case 'knock':
      return here((inside) => inviting.knocked(state, inside, event))
    case 'user-admit':
      return here((inside) => inviting.admit(state, inside, event.device))
    case 'user-refuse':
      return here((inside) => inviting.refuse(state, inside, event.device))
    case 'user-media':
      if (call.kind === 'inside') return members.chooseMedia(state, call, event.media)
      return 'local' in call ? move(state, { ...call, local: event.media }) : stay(state)
    case 'user-hand':
      return here((inside) => members.raiseHand(state, inside, event.up))
    case 'one-to-one-ended':
      return call.kind === 'inside' && call.returning !== undefined ? back.failed(state, call) : upgrade.released(state)
    case 'called-back':
      return here((inside) => back.calledBack(state, inside))
    case 'one-to-one-connected':
      return here((inside) => back.connected(state, inside))
    case 'group-only':
      return here((inside) => move(state, { ...inside, groupOnly: event.on }))
    default:
      return unreachable(event)
  }
}

function hangUp(state: GroupState): Transition {
  const { call } = state
  switch (call.kind) {
    case 'ringing':
      return invitation.decline(state, call)
    case 'knocking':
    case 'founding':
    case 'joining':
      return end(state, 'cancelled')
    case 'inside':
      return leave(state, call, 'hung-up')
    case 'idle':
    case 'leaving':
    case 'ended':
      return stay(state)
  }
}

function timerFired(state: GroupState, { timer, about }: TimerEvent): Transition {
  const { call } = state
  const here = (react: (inside: Inside) => Transition): Transition =>
    call.kind === 'inside' ? react(call) : stay(state)
  switch (timer) {
    case 'set-up':
      return call.kind === 'founding' ? end(state, 'offline') : stay(state)
    case 'ring':
      return call.kind === 'ringing' ? end(state, 'no-answer') : stay(state)
    case 'join':
      return call.kind === 'joining' ? joining.gaveUp(state, call) : stay(state)
    case 'repeat-join':
      return call.kind === 'joining' ? joining.repeatJoin(state, call) : stay(state)
    case 'leave':
      return call.kind === 'leaving' ? end(state, call.reason) : stay(state)
    case 'knock':
      if (call.kind === 'knocking') return end(state, 'no-answer')
      return here((inside) => move(state, { ...inside, knocks: [] }))
    case 'reconnect':
      return here((inside) => (inside.roomOpen ? stay(state) : leave(state, inside, 'connection-lost')))
    case 'alone':
      return here((inside) => leave(state, inside, inside.met ? 'everyone-left' : 'no-answer'))
    case 'gather':
      return here((inside) => changes.addGathered(state, inside))
    case 'submit-again':
      return here((inside) => changes.submitAgain(state, inside))
    case 'lost':
      return here((inside) => room.removeLost(state, inside, about))
    case 'heads':
      return here((inside) => room.sendHead(state, inside))
    case 'confirm':
      return here((inside) => heads.nobodyConfirms(state, inside))
    case 'unheard':
      return here((inside) => heads.nobodyIsHeard(state, inside))
    case 'behind':
      return here((inside) => heads.entriesAreWithheld(state, inside))
    case 'switch':
      return here((inside) => epochs.switchNow(state, inside))
    case 'request':
      return here((inside) => epochs.requestKeys(state, inside))
    case 'answer':
      return here((inside) => epochs.mayAnswerAgain(state, inside, about))
    case 'expire':
    case 'retire':
      return here((inside) => epochs.expired(state, inside, about))
    case 'early':
      return here((inside) => epochs.dropEarly(state, inside))
    case 'check-again':
      return here((inside) => members.checkAgain(state, inside))
    case 'upgrade':
      return here((inside) => upgrade.failed(state, inside))
    case 'upgrade-done':
      return here((inside) => upgrade.finished(state, inside))
    case 'return':
      return here((inside) => back.callBack(state, inside))
    case 'return-limit':
      return here((inside) => back.failed(state, inside))
    case 'return-done':
      return here((inside) => back.finished(state, inside))
    default:
      return unreachable(timer)
  }
}
