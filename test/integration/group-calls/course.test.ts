/** Group calls between devices without windows: real accounts, mail, service, relay and DTLS on loopback. */
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-shared/base/bytes.ts'
import type { GroupView } from '../../../src-shared/ipc/group-view.ts'
import type { FromMain } from '../../../src-shared/ipc/media-port.ts'
import type { Participant } from '../../participant/device.ts'
import { until } from '../service/harness.ts'
import { answer, BOTH, endReason, rings, testPeople } from './people.ts'

const people = testPeople()

const groupOf = ({ group }: Participant): GroupView => {
  if (group === undefined) throw new Error('there is no group call')
  return group
}
const phase = ({ group }: Participant): string => group?.phase.kind ?? 'none'

/** All of them are in one call with each other and nobody else, and hold one another's keys of one epoch. */
async function together(...devices: readonly Participant[]): Promise<void> {
  const isTogether = (): boolean => {
    const digests = new Set(devices.map(({ group }) => group?.proof?.rosterDigest ?? Math.random()))
    const epochs = new Set(devices.map(({ group }) => group?.proof?.epoch ?? Math.random()))
    const full = devices.every(
      ({ group }) =>
        group?.members.length === devices.length - 1 &&
        group.members.every(({ keyed, trust }) => keyed && trust === 'trusted') &&
        group.paused === undefined,
    )
    return full && digests.size === 1 && epochs.size === 1
  }
  await until(isTogether, 'all are in one call')
}

async function meet(...devices: readonly [Participant, ...Participant[]]): Promise<void> {
  const [founder, ...others] = devices
  founder.groups.start(
    others.map((other) => other.handle),
    BOTH,
  )
  await Promise.all(others.map(answer))
  await together(...devices)
}

async function three(): Promise<[Participant, Participant, Participant]> {
  const { ada, ben, mia } = await people.come('ada', 'ben', 'mia')
  return [ada, ben, mia]
}

const sendingKeys = ({ media }: Participant) => media.filter((message) => message.kind === 'sending-keys')
const memberKeys = ({ media }: Participant) => media.filter((message) => message.kind === 'member-keys')
/** Whether `device` was ever given the key under which `sender` sends in this epoch. */
const holds = (device: Participant, sender: Participant, epoch: number): boolean => {
  const sent = sendingKeys(sender).find((message) => message.epoch === epoch)
  return memberKeys(device).some(
    (message) => sent !== undefined && toHex(message.keys.audio.key) === toHex(sent.keys.audio.key),
  )
}
const last = (messages: readonly (FromMain & { kind: 'sending-keys' })[]): number => messages.at(-1)?.epoch ?? -1

describe('a group call', () => {
  it('rings everybody, lets in who says yes, and gives each the keys of each', async () => {
    const [ada, ben, mia] = await three()
    await meet(ada, ben, mia)
    const epoch = groupOf(ada).proof?.epoch ?? 0
    for (const device of [ada, ben, mia]) {
      for (const sender of [ada, ben, mia]) {
        if (device !== sender) expect(holds(device, sender, epoch)).toBe(true)
      }
    }
    expect(
      groupOf(ben)
        .members.map(({ name }) => name)
        .sort(),
    ).toEqual([ada.handle, mia.handle].sort())
    expect(groupOf(ada).host).toBe(true)
    expect(groupOf(ben).host).toBe(false)
  })

  it('carries records and words to everybody', async () => {
    const [ada, ben, mia] = await three()
    await meet(ada, ben, mia)
    const { callId } = groupOf(ada)
    expect(ada.groups.say(callId, 'Hello both')).toBe('sent')
    ben.groups.raiseHand(callId, true)
    mia.groups.react(callId, '🎉')
    mia.groups.setMedia(callId, { audio: true, video: false, screen: false })
    await until(() => groupOf(ben).chat.length === 1 && groupOf(mia).chat.length === 1, 'both read it')
    expect(groupOf(ben).chat[0]?.text).toBe('Hello both')
    await until(() => groupOf(ada).members.some(({ hand }) => hand), 'the hand is seen')
    await until(() => groupOf(ada).reactions.length === 1, 'the reaction is seen')
    await until(() => groupOf(ada).members.some(({ media }) => !media.video), 'the camera is seen to be off')
    ada.groups.compareWords(callId)
    const words = (device: Participant): string => JSON.stringify(groupOf(device).proof?.words)
    await until(() => [ada, ben, mia].every((device) => words(device).includes('"words":[')), 'all have words')
    expect(new Set([ada, ben, mia].map(words)).size).toBe(1)
  })

  it('gives who comes later no earlier key, and who left no later one', async () => {
    const { ada, ben, mia, leo } = await people.come('ada', 'ben', 'mia', 'leo')
    await meet(ada, ben, mia)
    const before = groupOf(ada).proof?.epoch ?? 0
    ada.groups.invite(groupOf(ada).callId, [leo.handle])
    await answer(leo)
    await together(ada, ben, mia, leo)
    for (const sender of [ada, ben, mia]) expect(holds(leo, sender, before)).toBe(false)
    ben.groups.end(groupOf(ben).callId)
    await together(ada, mia, leo)
    await until(() => phase(ben) === 'ended', 'who left is out')
    expect(endReason(ben)).toBe('hung-up')
    const after = groupOf(ada).proof?.epoch ?? 0
    for (const sender of [ada, mia, leo]) expect(holds(ben, sender, after)).toBe(false)
    expect(groupOf(ada).events.map(({ kind }) => kind)).toContain('left')
  })

  it('puts out whom a host removes, who may return only when a host invites again', async () => {
    const [ada, ben, mia] = await three()
    await meet(ada, ben, mia)
    const { callId } = groupOf(ada)
    ben.groups.remove(callId, groupOf(mia).me)
    ada.groups.remove(callId, groupOf(ben).me)
    await until(() => phase(ben) === 'ended', 'who was removed is out')
    expect(endReason(ben)).toBe('removed')
    await together(ada, mia)
    expect(ben.joinable).toEqual([])
    const epoch = last(sendingKeys(ada))
    expect(holds(ben, ada, epoch)).toBe(false)
    ada.groups.invite(callId, [ben.handle])
    await answer(ben)
    await together(ada, ben, mia)
  })

  it('lets who left come back, with a stay of its own', async () => {
    const [ada, ben, mia] = await three()
    await meet(ada, ben, mia)
    const { callId } = groupOf(ben)
    ben.groups.end(callId)
    await together(ada, mia)
    await until(() => ben.joinable.length === 1 && phase(ben) === 'ended', 'it may be joined again')
    expect(ben.groups.join(callId, BOTH)).toBe('started')
    await together(ada, ben, mia)
    expect(ben.history.length).toBe(1)
  })

  it('numbers the media of a page that was loaded again anew, also if nobody saw the end between', async () => {
    const [ada, ben, mia] = await three()
    await meet(ada, ben, mia)
    const { callId } = groupOf(ben)
    expect(groupOf(ben).stay).toBe(1)
    for (const stay of [2, 3]) {
      const before = groupOf(ada).proof?.epoch ?? 0
      expect(ben.groups.mediaRestarted(callId)).toBe(true)
      await until(
        () => (groupOf(ada).proof?.epoch ?? 0) > before && groupOf(ben).phase.kind === 'connected',
        'it is back',
      )
      await together(ada, ben, mia)
      expect(groupOf(ben).stay).toBe(stay)
    }
    expect(ben.groups.mediaRestarted('00'.repeat(16))).toBe(false)
  })

  it('removes who is gone without a word', { timeout: 60_000 }, async () => {
    const [ada, ben, mia] = await three()
    await meet(ada, ben, mia)
    mia.kill()
    await until(() => groupOf(ada).members.some(({ present }) => !present), 'it is seen to be gone')
    await new Promise((resolve) => setTimeout(resolve, 25_000))
    await until(() => groupOf(ada).members.length === 1, 'it is removed')
    await together(ada, ben)
    expect(groupOf(ben).events.map(({ kind }) => kind)).toContain('lost')
  })

  it('tells the founder who says no, and ends when nobody is left to wait for', async () => {
    const [ada, ben, mia] = await three()
    ada.groups.start([ben.handle, mia.handle], BOTH)
    await rings(ben)
    await rings(mia)
    ben.groups.decline(ben.incoming?.callId ?? '')
    await until(() => groupOf(ada).invitees.some(({ state }) => state === 'declined'), 'the no is heard')
    mia.groups.decline(mia.incoming?.callId ?? '')
    await until(() => phase(ada) === 'ended', 'there is nobody to wait for')
    expect(endReason(ada)).toBe('declined')
    expect(ben.incoming).toBeUndefined()
  })

  it('stops ringing when it is withdrawn', async () => {
    const [ada, ben] = await three()
    ada.groups.start([ben.handle], BOTH)
    await rings(ben)
    ada.groups.end(groupOf(ada).callId)
    await until(() => ben.incoming === undefined, 'it rings no more')
    expect(ben.history).toMatchObject([{ reason: 'cancelled', unseen: true }])
    expect(ben.joinable).toEqual([])
  })

  it('says that somebody cannot be found, and goes on with the others', async () => {
    const [ada, ben] = await three()
    ada.groups.start([ben.handle, 'nobody-of-this-name'], BOTH)
    await answer(ben)
    await together(ada, ben)
    expect(groupOf(ada).invitees).toMatchObject([{ handle: 'nobody-of-this-name', state: 'not-found' }])
  })

  it('is busy to other calls, of either kind', async () => {
    const [ada, ben, mia] = await three()
    await meet(ada, ben)
    expect(ada.calls.start(mia.handle, BOTH)).toBeUndefined()
    expect(ada.groups.start([mia.handle], BOTH)).toBe('busy')
    mia.calls.start(ben.handle, BOTH)
    await until(() => ben.history.some((entry) => entry.reason === 'busy'), 'it is noted as missed')
    expect(ben.incoming).toBeUndefined()
    mia.calls.end(mia.call?.callId ?? '')
  })

  it('takes in whose network lets no UDP through', async () => {
    const [ada, ben] = [await people.comesAlone('ada'), await people.comesAlone('ben', undefined, 'blocked')]
    ada.groups.start([ben.handle], BOTH)
    await answer(ben)
    await together(ada, ben)
    const packet = new Uint8Array(60).fill(9)
    const members = ben.media.find((message) => message.kind === 'members')
    const prefix = members?.kind === 'members' ? members.ownSsrcPrefix : 0
    packet.set([0x80, 111, 0, 1, 0, 0, 0, 1, prefix >> 16, (prefix >> 8) & 0xff, prefix & 0xff, 3])
    ben.send(packet)
    await until(() => ada.packets().length === 1, 'a packet has come over TCP')
  })
})
