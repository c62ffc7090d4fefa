/** A 1:1 call that goes on as a group call (R36). Devices without windows, real service. */
import { describe, expect, it } from 'vitest'
import type { Participant } from '../../participant/device.ts'
import { until } from '../service/harness.ts'
import { answer, BOTH, testPeople } from './people.ts'

const people = testPeople()

/** Ada and Ben are in a call. */
async function callOfTwo() {
  const { ada, ben, mia } = await people.come('ada', 'ben', 'mia')
  ada.calls.start(ben.handle, BOTH)
  await until(() => ben.incoming !== undefined, 'it rings')
  ben.calls.accept(ben.incoming?.callId ?? '', BOTH)
  await until(() => [ada, ben].every(({ call }) => call?.phase.kind === 'connected'), 'they are connected')
  return { ada, ben, mia, callId: ada.call?.callId ?? '' }
}

const keyed = ({ group }: Participant): string[] =>
  (group?.members ?? [])
    .filter((member) => member.keyed)
    .map(({ handle }) => handle)
    .sort()

describe('a call of two', () => {
  it('becomes one of three without an end, whoever of the two asks', async () => {
    const { ada, ben, mia, callId } = await callOfTwo()
    const since = ben.call?.connectedAt
    expect(ben.groups.upgrade(callId, [mia.handle])).toBe('started')
    // Nothing of the call is given up before each has the other's new keys.
    await until(() => {
      const bothKeyed = keyed(ada).includes(ben.handle) && keyed(ben).includes(ada.handle)
      if (!bothKeyed) expect([ada, ben].map(({ call }) => call?.phase.kind)).toEqual(['connected', 'connected'])
      return bothKeyed
    }, 'they have each other’s keys')
    await answer(mia)
    await until(() => [ada, ben, mia].every((device) => keyed(device).length === 2), 'all three are in')
    await until(() => ada.call === undefined && ben.call === undefined, 'the call of two is over')
    expect(new Set([ada, ben, mia].map(({ group }) => group?.proof?.rosterDigest)).size).toBe(1)
    expect(ben.group?.connectedAt).toBe(since)
    // One call for the person, one line in the history.
    expect([...ada.history, ...ben.history]).toEqual([])
    ben.groups.end(ben.group?.callId ?? '')
    await until(() => ben.history.length === 1, 'Ben’s history has the call')
    expect(ben.history[0]?.group?.map(({ handle }) => handle).sort()).toEqual([ada.handle, mia.handle].sort())
  })

  it('keeps a microphone off that was switched off meanwhile, and a screen that goes along', async () => {
    const { ada, ben, mia, callId } = await callOfTwo()
    ada.groups.upgrade(callId, [mia.handle])
    // As its page says when it captures the screen for the group as well.
    ada.groups.setMedia(ada.group?.callId ?? '', { ...BOTH, screen: true })
    const off = { audio: false, video: true, screen: true }
    ada.groups.oneToOneMedia(callId, off)
    ada.calls.setMedia(callId, off)
    await until(() => keyed(ben).includes(ada.handle) && ada.call === undefined, 'the group has taken over')
    expect(ada.group?.local).toEqual(off)
    await until(() => {
      const media = ben.group?.members[0]?.media
      return media?.audio === false && media.screen
    }, 'Ben sees both')
  })

  it('ends as a whole when one of the two hangs up meanwhile', async () => {
    const { ada, ben, mia, callId } = await callOfTwo()
    ada.groups.upgrade(callId, [mia.handle])
    await until(() => mia.incoming !== undefined, 'it rings at Mia’s')
    ada.groups.oneToOneOver(callId, true)
    ada.calls.end(callId)
    await until(() => ada.group === undefined && ada.call?.phase.kind === 'ended', 'it is over for Ada')
    await until(() => ben.call?.phase.kind !== 'connected', 'and the call with Ben')
    await until(() => mia.incoming === undefined, 'and it rings no longer')
  })

  it('stays what it is when the other side does not come', async () => {
    const { ada, ben, mia, callId } = await callOfTwo()
    expect(ada.groups.upgrade('00'.repeat(16), [mia.handle])).toBe('busy')
    const entry = new Uint8Array(3000)
    ben.groups.upgradeReceived(callId, { ticket: new Uint8Array(40), entry })
    expect(ben.group).toBeUndefined()
    expect(ben.call?.phase.kind).toBe('connected')
  })
})
