/** A group call that goes on as a 1:1 call when two are left (R40). Devices without windows, real service. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Participant } from '../../participant/device.ts'
import { until } from '../service/harness.ts'
import { answer, BOTH, testPeople } from './people.ts'

const LONG = 60_000

const people = testPeople()

afterEach(() => {
  vi.restoreAllMocks()
})

const keyed = ({ group }: Participant): number => (group?.members ?? []).filter((member) => member.keyed).length

/** Ada has called Ben and Mia, and both are in. */
async function callOfThree() {
  const { ada, ben, mia } = await people.come('ada', 'ben', 'mia')
  ada.groups.start([ben.handle, mia.handle], BOTH)
  for (const device of [ben, mia]) {
    await answer(device)
    await until(() => keyed(device) > 0, 'it is in')
  }
  await until(() => [ada, ben, mia].every((device) => keyed(device) === 2), 'all three are in')
  return { ada, ben, mia, callId: ada.group?.callId ?? '' }
}

const isOfTwo = ({ call, group }: Participant): boolean =>
  call?.phase.kind === 'connected' && !call.behindGroup && group === undefined

describe('a call of three', () => {
  it.each([
    ['ada', 'ben', 'mia'],
    ['ben', 'ada', 'mia'],
    ['mia', 'ada', 'ben'],
  ] as const)(
    'becomes one of two without an end when %s leaves',
    async (leaving, first, second) => {
      const { callId, ...three } = await callOfThree()
      const [gone, one, other] = [three[leaving], three[first], three[second]]
      const since = one.group?.connectedAt
      gone.groups.end(callId)
      await until(() => {
        for (const { call, group } of [one, other]) {
          // Nobody is left without the other for a moment.
          const inGroup = group?.members.some((member) => member.keyed) === true
          expect(inGroup || call?.phase.kind === 'connected').toBe(true)
          // What is behind is not shown, and rings nowhere.
          if (call?.behindGroup === true) expect(inGroup).toBe(true)
        }
        expect([one.incoming, other.incoming]).toEqual([undefined, undefined])
        return isOfTwo(one) && isOfTwo(other)
      }, 'they are in a call of two')
      expect(one.call?.connectedAt).toBe(since)
      expect(one.call?.handle).toBe(other.handle)
      expect(one.call?.proof?.safetyWords).toEqual(other.call?.proof?.safetyWords)
      // One call for the person, one line in the history, and nothing to come back to.
      expect([...one.history, ...other.history]).toEqual([])
      await until(() => one.joinable.length + other.joinable.length === 0, 'the group is over for them')
      one.calls.end(one.call?.callId ?? '')
      await until(() => one.history.length === 1 && other.history.length === 1, 'it is over')
      const others = [gone.handle, other.handle].sort()
      expect(one.history[0]?.group?.map(({ handle }) => handle).sort()).toEqual(others)
      expect(one.history[0]?.startedAt).toBeLessThanOrEqual(since ?? 0)
      expect(other.call?.phase).toEqual({ kind: 'ended', reason: 'hung-up' })
    },
    LONG,
  )

  it(
    'keeps a microphone off, also one that is switched off on the way',
    async () => {
      const { ada, ben, mia, callId } = await callOfThree()
      const off = { audio: false, video: true, screen: false }
      ben.groups.setMedia(callId, off)
      mia.groups.end(callId)
      await until(() => ada.call !== undefined, 'Ada calls')
      ada.groups.setMedia(callId, off)
      await until(() => isOfTwo(ada) && isOfTwo(ben), 'they are in a call of two')
      expect([ada.call?.local, ben.call?.local]).toEqual([off, off])
      await until(() => ada.call?.remote.audio === false && ben.call?.remote.audio === false, 'both see it')
    },
    LONG,
  )

  it(
    'stays one when the third comes back meanwhile, and returns when it leaves again',
    async () => {
      const { ada, ben, mia, callId } = await callOfThree()
      const refuse = vi.spyOn(ben.groups, 'calledBack').mockReturnValue('refused')
      mia.groups.end(callId)
      await until(() => ada.call?.behindGroup === true && refuse.mock.calls.length > 0, 'Ada calls')
      expect(mia.groups.join(callId, BOTH)).toBe('started')
      await until(() => [ada, ben, mia].every((device) => keyed(device) === 2), 'all three are in')
      await until(() => ada.call === undefined, 'the call of two is given up')
      expect([...ada.history, ...ben.history]).toEqual([])
      expect(ada.group?.phase.kind).toBe('connected')
      refuse.mockRestore()
      mia.groups.end(callId)
      await until(() => isOfTwo(ada) && isOfTwo(ben), 'they are in a call of two')
    },
    LONG,
  )

  it(
    'ends as a whole when one of the two hangs up on the way',
    async () => {
      const { ada, ben, mia, callId } = await callOfThree()
      mia.groups.end(callId)
      await until(() => ada.call !== undefined && ben.call !== undefined, 'both calls are on')
      ada.groups.end(callId)
      await until(() => ada.group?.phase.kind === 'ended' && ada.call === undefined, 'it is over for Ada')
      await until(() => ada.history.length === 1, 'one call in her history')
      await until(() => ben.call === undefined || ben.call.phase.kind === 'ended', 'and the call with Ben')
    },
    LONG,
  )

  it(
    'stays one when something was written in it',
    async () => {
      const { ada, ben, mia, callId } = await callOfThree()
      ben.groups.say(callId, 'Where is the plan?')
      await until(() => ada.group?.chat.length === 1, 'Ada reads it')
      mia.groups.end(callId)
      await until(() => keyed(ada) === 1 && keyed(ben) === 1, 'two are left')
      await new Promise((resolve) => setTimeout(resolve, 7000))
      expect([ada.call, ben.call]).toEqual([undefined, undefined])
      expect(ada.group?.chat).toHaveLength(1)
    },
    LONG,
  )
})
