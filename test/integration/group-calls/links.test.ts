/** Links to a group call (R38): who has one knocks, and a host opens or does not. Devices without windows, real service. */
import { describe, expect, it } from 'vitest'
import type { Participant } from '../../participant/device.ts'
import { until } from '../service/harness.ts'
import { answer, BOTH, endReason, testPeople } from './people.ts'

const people = testPeople()

/** Ada is in a call with Ben; Gil is not. */
async function callWithLink() {
  const { ada, ben, gil } = await people.come('ada', 'ben', 'gil')
  ada.groups.start([ben.handle], BOTH)
  await answer(ben)
  await until(() => ada.group?.members.some(({ keyed }) => keyed) === true, 'Ben is in')
  const callId = ada.group?.callId ?? ''
  expect(await ada.groups.createLink(callId, 24)).toBe('made')
  await until(() => ada.group?.link !== undefined, 'there is a link')
  return { ada, ben, gil, callId, url: ada.group?.link?.url ?? '' }
}

async function knocks(host: Participant): Promise<string> {
  await until(() => host.group?.knocks.length === 1, 'somebody knocks')
  return host.group?.knocks[0]?.id ?? ''
}

describe('a link', () => {
  it('lets in whom the host admits, as an unverified guest with the keys of all', async () => {
    const { ada, ben, gil, callId, url } = await callWithLink()
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:[0-9]+\/j\/[\w-]{22}#[\w-]{43}$/)
    expect(await gil.groups.knock(url, BOTH)).toBe('started')
    expect(gil.group?.phase).toMatchObject({ kind: 'knocking', at: { handle: ada.handle } })
    const guest = await knocks(ada)
    expect(ada.group?.knocks[0]).toMatchObject({ handle: gil.handle, verification: 'unverified' })
    // Ben is no host and hears of nothing.
    expect(ben.group?.knocks).toEqual([])
    ada.groups.admit(callId, guest)
    await until(
      () =>
        [ada, ben, gil].every(({ group }) => group?.members.length === 2 && group.members.every(({ keyed }) => keyed)),
      'all are in one call',
    )
    expect(ada.group?.knocks).toEqual([])
    expect(ben.group?.members.find(({ id }) => id === guest)).toMatchObject({ guest: true })
    expect(ben.group?.members.find(({ id }) => id !== guest)).toMatchObject({ guest: false })
    expect(new Set([ada, ben, gil].map(({ group }) => group?.proof?.rosterDigest)).size).toBe(1)
  })

  it('brings nobody in whom the host refuses', async () => {
    const { ada, gil, callId, url } = await callWithLink()
    await gil.groups.knock(url, BOTH)
    ada.groups.refuse(callId, await knocks(ada))
    await until(() => gil.group?.phase.kind === 'ended', 'it is over for Gil')
    expect(endReason(gil)).toBe('declined')
    expect(ada.group?.members).toHaveLength(1)
    // And may knock again.
    gil.groups.dismiss(gil.group?.callId ?? '')
    expect(await gil.groups.knock(url, BOTH)).toBe('started')
    await knocks(ada)
  })

  it('opens nothing when it was withdrawn, replaced, or is not whole', async () => {
    const { ada, gil, callId, url } = await callWithLink()
    expect(await gil.groups.knock(`${url.slice(0, -1)}A`, BOTH)).toBe('no-link')
    expect(await gil.groups.knock(url.slice(0, url.indexOf('#')), BOTH)).toBe('no-link')
    expect(await gil.groups.knock('https://example.org/', BOTH)).toBe('no-link')
    expect(await ada.groups.createLink(callId, 1)).toBe('made')
    await until(() => ada.group?.link?.url !== url, 'there is another link')
    const newer = ada.group?.link?.url ?? ''
    await until(async () => (await gil.groups.knock(url, BOTH)) === 'gone', 'the old one is gone')
    ada.groups.withdrawLink(callId)
    await until(async () => (await gil.groups.knock(newer, BOTH)) === 'gone', 'the new one is gone, too')
    expect(gil.group).toBeUndefined()
  })

  it('is the host’s own, and ends with the call', async () => {
    const { ada, ben, gil, url } = await callWithLink()
    expect(await ben.groups.createLink(ben.group?.callId ?? '', 1)).toBe('refused')
    ada.groups.end(ada.group?.callId ?? '')
    await until(() => ada.group?.phase.kind === 'ended', 'Ada is out')
    expect(await ada.groups.knock(url, BOTH)).toBe('gone')
    expect(await gil.groups.knock(url, BOTH)).toBe('gone')
  })
})
