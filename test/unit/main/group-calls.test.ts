/** What the runner of group calls makes of a room and of members that do not keep to the rules. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Chain } from '../../../src-main/group-calls/chain.ts'
import { createContext, type GroupContext, type GroupRunner } from '../../../src-main/group-calls/group-context.ts'
import { KeyRing } from '../../../src-main/group-calls/key-ring.ts'
import { giveKey } from '../../../src-main/group-calls/keys.ts'
import { messageArrived } from '../../../src-main/group-calls/messages.ts'
import type { GroupEnvironment } from '../../../src-main/group-calls/ports.ts'
import { toHex } from '../../../src-shared/base/bytes.ts'
import { SECOND } from '../../../src-shared/base/time.ts'
import { encodeGroupMessage } from '../../../src-shared/group/group-message.ts'
import { issueHead } from '../../../src-shared/group/head.ts'
import { parseKeyShare } from '../../../src-shared/group/key-share.ts'
import type { GroupEvent } from '../../../src-shared/group/machine/events.ts'
import { initialState } from '../../../src-shared/group/machine/state.ts'
import { memberAddress } from '../../../src-shared/protocol/relay-frame.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { ownIdentityOf } from '../../support/own-identity.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { TestChain } from '../../support/test-chain.ts'
import { NOW, testDevice, type TestDevice } from '../../support/test-device.ts'
import { change, signerOf, testMemberKey } from '../../support/test-group.ts'

const SUITES = ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'] as const
const ada = testDevice('ada')
const ben = testDevice('ben')
const mia = testDevice('mia')
const eve = testDevice('eve')
const random = seededRandom('group calls')

const addressOf = ({ certificate }: TestDevice): string => memberAddress(certificate.certHash)
const idOf = ({ certificate }: TestDevice): string => toHex(certificate.certHash)

/** Ada, Ben and Mia are in, in this order. */
function callOfThree(): TestChain {
  const chain = new TestChain(ada, new Uint8Array(16).fill(1))
  chain.add(ada, ben)
  chain.add(ada, mia)
  return chain
}

let call: TestChain
beforeAll(() => {
  call = callOfThree()
})

function taken(chain: TestChain): Chain {
  const own = new Chain()
  own.take(0, chain.entries)
  return own
}

describe('the chain', () => {
  it('takes pieces, what is known again, and nothing behind a gap', () => {
    const own = new Chain()
    expect(own.take(1, call.entries.slice(1))).toEqual({ changes: [], forked: false })
    expect(own.take(0, call.entries.slice(0, 2)).changes.map(({ kind }) => kind)).toEqual(['added', 'added'])
    expect(own.take(0, call.entries).changes).toMatchObject([{ kind: 'added', device: idOf(mia), by: idOf(ada) }])
    expect(own.take(0, call.entries)).toEqual({ changes: [], forked: false })
    expect(own.length).toBe(3)
    expect(own.inEpoch(2)?.members).toHaveLength(2)
    expect(own.inEpoch(9)).toBeUndefined()
  })

  it('keeps its own branch when the room shows another, and says so (R30)', () => {
    const own = taken(call)
    const other = new TestChain(ada, new Uint8Array(16).fill(1), 'hosts')
    other.add(ada, eve)
    expect(own.take(0, other.entries).forked).toBe(true)
    expect(own.roster?.head).toEqual(call.roster.head)
  })

  it('takes no entry that does not count: the service adds nobody', () => {
    const own = taken(call)
    const byOutsider = call.sign(eve, call.addition(eve))
    const byGuest = call.sign(ben, change.remove(mia, 'removed'))
    for (const entry of [byOutsider, byGuest]) expect(own.take(3, [entry])).toEqual({ changes: [], forked: true })
    expect(own.roster?.members).toHaveLength(3)
  })

  it('leaves out of a Submit what would not count', () => {
    const own = taken(call)
    const wanted = [
      { op: 'remove', device: idOf(ben), reason: 'removed' },
      { op: 'remove', device: idOf(ben), reason: 'lost' },
      { op: 'host', device: idOf(mia), on: true },
    ] as const
    const signed = own.sign(
      wanted,
      signerOf(ada),
      () => undefined,
      NOW,
      () => new Uint8Array(),
    )
    expect(signed).toHaveLength(2)
    expect(own.take(3, signed).changes.map(({ kind }) => kind)).toEqual(['removed', 'host'])
  })
})

describe('the key ring', () => {
  const ring = (device: TestDevice): KeyRing => new KeyRing(call.groupId, signerOf(device), random)

  /** Ada gives Ben her key of the present epoch, wrapped for the key that Ben announced for it. */
  function given(sender = ring(ada), receiver = ring(ben)) {
    const announced = receiver.makeReceiveKey(2)
    sender.announced(idOf(ben), announced)
    sender.enterEpoch(call.roster, SUITES)
    const share = sender.wrap(call.roster.epoch, idOf(ben), 2)
    const parsed = share && parseKeyShare(share)
    if (parsed === undefined) throw new Error('no KeyShare')
    return { sender, receiver, share: parsed }
  }

  it('opens what was wrapped for it, once', () => {
    const { sender, receiver, share } = given()
    const opened = receiver.open(share, call.roster)
    expect(opened?.media.audio.key).toEqual(sender.ownKeys(call.roster.epoch)?.media.audio.key)
    expect(receiver.open(share, call.roster)).toBeUndefined()
  })

  it('opens nothing of another receiver, of another epoch, or with an erased key', () => {
    const { receiver, share } = given()
    expect(ring(mia).open(share, call.roster)).toBeUndefined()
    const later = call.copy()
    later.remove(ada, mia, 'removed')
    expect(receiver.open(share, later.roster)).toBeUndefined()
    receiver.eraseReceiveKey(2)
    expect(receiver.open(share, call.roster)).toBeUndefined()
  })

  it('draws one sender key for an epoch, and has none left of a stay that is over', () => {
    const { sender } = given()
    expect(() => {
      sender.enterEpoch(call.roster, SUITES)
    }).toThrow()
    const keys = sender.ownKeys(call.roster.epoch)
    sender.eraseStay()
    expect(keys?.media.audio.key.every((byte) => byte === 0)).toBe(true)
    expect(keys?.control.key.every((byte) => byte === 0)).toBe(true)
    expect(sender.ownKeys(call.roster.epoch)).toBeUndefined()
    expect(sender.wrap(call.roster.epoch, idOf(ben), 2)).toBeUndefined()
  })

  it('wraps for members of the epoch only', () => {
    const { sender } = given()
    expect(sender.wrap(call.roster.epoch, idOf(eve), 0)).toBeUndefined()
  })
})

const clock = new FakeClock(NOW)
const environment: Pick<GroupEnvironment, 'clock'> = { clock }

/** Ben's device, in the call. */
function listening(): {
  readonly context: GroupContext
  readonly events: GroupEvent[]
  readonly runner: GroupRunner
} {
  const context = createContext(
    {
      groupId: call.groupId,
      direction: 'incoming',
      startedAt: NOW,
      video: true,
      own: ownIdentityOf(ben, 'Ben'),
      seed: undefined,
      ticket: undefined,
      createHash: undefined,
      invitation: undefined,
      caller: undefined,
      wanted: [],
      local: { audio: true, video: true, screen: false },
    },
    random,
  )
  context.chain.take(0, call.entries)
  const events: GroupEvent[] = []
  const runner: GroupRunner = {
    // Nothing else of it is asked for here.
    environment: environment as GroupEnvironment,
    state: () => initialState(idOf(ben), 'account'),
    dispatch: (event) => void events.push(event),
    contexts: new Map(),
    add: () => undefined,
    keyOpened: () => undefined,
    changed: () => undefined,
  }
  return { context, events, runner }
}

describe('messages of members', () => {
  const headOf = (device: TestDevice, at: number, roster = call.roster): Uint8Array =>
    encodeGroupMessage({ kind: 'head', head: issueHead(roster, signerOf(device), at) })

  it('count from their own address only, whoever signed them', () => {
    const { context, events, runner } = listening()
    messageArrived(runner, context, addressOf(mia), headOf(ada, NOW))
    const key = encodeGroupMessage({
      kind: 'member-key',
      memberKey: testMemberKey(ada, 3, call.groupId).memberKey.bytes,
    })
    messageArrived(runner, context, addressOf(mia), key)
    const join = encodeGroupMessage({ kind: 'join', join: call.joinOf(eve, 3).bytes })
    messageArrived(runner, context, addressOf(mia), join)
    expect(events).toEqual([])
    messageArrived(runner, context, addressOf(ada), headOf(ada, NOW))
    messageArrived(runner, context, addressOf(ada), key)
    expect(events).toMatchObject([
      { kind: 'head', device: idOf(ada), relation: 'same' },
      { kind: 'member-key', device: idOf(ada), epoch: 3 },
    ])
  })

  it('of nobody who is a member are heard, but for a Join', () => {
    const { context, events, runner } = listening()
    messageArrived(runner, context, addressOf(eve), headOf(eve, NOW))
    messageArrived(runner, context, addressOf(eve), encodeGroupMessage({ kind: 'key-request', epoch: 3 }))
    messageArrived(runner, context, addressOf(eve), new Uint8Array([9, 9, 9]))
    expect(events).toEqual([])
  })

  it('a Head that is repeated or late confirms nothing; one of another branch is one however old (R34)', () => {
    const { context, events, runner } = listening()
    messageArrived(runner, context, addressOf(ada), headOf(ada, NOW))
    messageArrived(runner, context, addressOf(ada), headOf(ada, NOW))
    clock.advance(20 * SECOND)
    messageArrived(runner, context, addressOf(ada), headOf(ada, NOW + 1))
    expect(events).toHaveLength(1)
    const other = callOfThree()
    other.remove(ada, mia, 'removed')
    const mine = context.chain
    mine.take(3, [call.sign(ada, change.host(mia, true))])
    messageArrived(runner, context, addressOf(ada), headOf(ada, NOW + 2, other.roster))
    expect(events.at(-1)).toMatchObject({ kind: 'head', relation: 'fork' })
  })

  it('a KeyShare for somebody else is not even looked at', () => {
    const { context, events, runner } = listening()
    const sender = new KeyRing(call.groupId, signerOf(ada), random)
    sender.enterEpoch(call.roster, SUITES)
    const forMia = sender.wrap(call.roster.epoch, idOf(mia), 0)
    if (forMia === undefined) throw new Error('no KeyShare')
    messageArrived(runner, context, addressOf(ada), encodeGroupMessage({ kind: 'key-share', keyShare: forMia }))
    expect(events).toEqual([])
  })
})

describe('own keys that are due', () => {
  function due() {
    const device = listening()
    device.context.keys.enterEpoch(call.roster, SUITES)
    const { epoch } = call.roster
    const give = (to: TestDevice): void =>
      giveKey(device.runner, device.context, {
        kind: 'give-key',
        groupId: device.context.callId,
        epoch,
        to: idOf(to),
        memberKey: 0,
      })
    return { ...device, epoch, give }
  }

  it('are given one a turn of the event loop: media pass between them', () => {
    const { events, give } = due()
    const given: number[] = []
    give(ada)
    give(mia)
    clock.after(0, () => given.push(events.length))
    clock.advance(0)
    expect(given).toEqual([1])
    expect(events).toMatchObject([
      { kind: 'key-given', device: idOf(ada) },
      { kind: 'key-given', device: idOf(mia) },
    ])
  })

  it('of an epoch that is over are given to nobody, and hold up no others (R33)', () => {
    const { context, events, epoch, give } = due()
    give(ada)
    context.keys.eraseSenderKey(epoch)
    clock.advance(0)
    expect(events).toEqual([])
    context.keys.enterEpoch(call.roster, SUITES)
    give(mia)
    clock.advance(0)
    expect(events).toMatchObject([{ kind: 'key-given', device: idOf(mia) }])
  })
})
