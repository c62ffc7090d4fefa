/**
 * Which timers run in a state, and for how long from the moment in which they begin to. A timer that ran out and still stands here
 * begins anew.
 */
import type { Ms } from '../../base/time.ts'
import { missingShares } from './key-state.ts'
import { callsBack } from './return.ts'
import { rankOf } from './roster.ts'
import type { GroupState, Inside } from './state.ts'
import {
  ALONE_RINGING,
  LOST_RANK_MAX,
  RANK_DELAY,
  REQUEST_SLOWLY,
  RETIRE_AFTER_REMOVE,
  RETURN_AFTER_LOSS,
  type Timer,
  TIMERS,
} from './timers.ts'

export interface RunningTimer extends Timer {
  readonly delay: Ms
}

export function runningTimers({ self, call }: GroupState): readonly RunningTimer[] {
  switch (call.kind) {
    case 'idle':
    case 'ended':
      return []
    case 'ringing':
      return [{ ...timer('ring'), delay: Math.min(call.remaining, TIMERS.ring) }]
    case 'knocking':
      return [timer('knock')]
    case 'founding':
      return [timer('set-up')]
    case 'joining':
      return [timer('join'), ...(call.stage === 'asking' ? [timer('repeat-join')] : [])]
    case 'inside':
      return insideTimers(self, call)
    case 'leaving':
      return [timer('leave')]
  }
}

function timer(name: Timer['name'], about?: string, delay: Ms = TIMERS[name]): RunningTimer {
  return { name, about, delay }
}

function insideTimers(self: string, call: Inside): RunningTimer[] {
  return [timer('heads'), ...roomTimers(self, call), ...keyTimers(call), ...peopleTimers(self, call)]
}

function roomTimers(self: string, call: Inside): RunningTimer[] {
  const { roomOpen, roster, present, people, confirmed, forked, invitees } = call
  if (!roomOpen) return [timer('reconnect')]
  if (people.length === 0) {
    const rings = invitees.some(({ answer }) => answer === 'none' || answer === 'ringing')
    return [timer('alone', undefined, rings ? ALONE_RINGING : TIMERS.alone)]
  }
  const running: RunningTimer[] = []
  const company = people.some(({ device }) => present.includes(device))
  if (company && confirmed) running.push(timer('confirm'))
  // Also where nobody is there and the room does not let this device say so.
  if (forked || !company || !confirmed) running.push(timer('unheard'))
  const rank = rankOf(roster, self, present)
  for (const { device } of people) {
    if (present.includes(device) || isBeingRemoved(call, device)) continue
    running.push(timer('lost', device, TIMERS.lost + Math.min(rank, LOST_RANK_MAX) * RANK_DELAY))
  }
  return running
}

/** The room's chain is a part of the own one. */
export function lacksEntries({ roomOpen, forked, roomLength, roster }: Inside): boolean {
  return roomOpen && !forked && roomLength < roster.length
}

function isBeingRemoved({ wanted }: Inside, device: string): boolean {
  return wanted.some((entry) => entry.op === 'remove' && entry.device === device)
}

function keyTimers(call: Inside): RunningTimer[] {
  const { own, using, held, early, answered, asked, roster } = call
  const running: RunningTimer[] = []
  if (own.at(-1)?.epoch !== using) running.push(timer('switch'))
  if (missingShares(call).length > 0) {
    running.push(timer('request', undefined, Math.min(TIMERS.request * 2 ** asked, REQUEST_SLOWLY)))
  }
  for (const device of answered) running.push(timer('answer', device))
  if (early.length > 0) running.push(timer('early'))
  for (const { epoch } of held) {
    if (epoch === roster.epoch) continue
    running.push(timer('expire', String(epoch)))
    const newer = held.filter((other) => other.epoch > epoch && other.got.length === other.from.length)
    if (newer.length === 0) continue
    const afterRemove = newer.some(({ removal }) => removal)
    running.push(timer('retire', String(epoch), afterRemove ? RETIRE_AFTER_REMOVE : TIMERS.retire))
  }
  return running
}

function peopleTimers(self: string, call: Inside): RunningTimer[] {
  const { joins, wanted, people, knocks, upgrade, roster, present } = call
  const running: RunningTimer[] = []
  if (joins.length > 0) {
    // Only the host who let somebody in by link can add them.
    const rank = joins.some(({ byLink }) => byLink) ? 0 : rankOf(roster, self, present)
    running.push(timer('gather', undefined, TIMERS.gather + rank * RANK_DELAY))
  }
  if (wanted.length > 0 || lacksEntries(call)) running.push(timer('submit-again'))
  if (people.some(({ trust }) => trust === 'unreachable')) running.push(timer('check-again'))
  if (people.some(({ trouble, claimed }) => trouble === 'none' && claimed > roster.length))
    running.push(timer('behind'))
  if (knocks.length > 0) running.push(timer('knock'))
  if (upgrade !== undefined) running.push(timer(upgrade.done ? 'upgrade-done' : 'upgrade'))
  running.push(...returnTimers(self, call))
  return running
}

function returnTimers(self: string, call: Inside): RunningTimer[] {
  const { returning, removal } = call
  if (returning === undefined) {
    const delay = removal === 'lost' ? RETURN_AFTER_LOSS : TIMERS.return
    return callsBack(self, call) ? [timer('return', undefined, delay)] : []
  }
  if (returning.stage === 'calling') return [timer('return-limit')]
  return [timer('return-done', undefined, TIMERS['return-done'] * (returning.caller ? 1 : 2))]
}
