/** Which Invite is the other member's (R40): what the runner makes of its callId. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createContext, type GroupContext, type GroupRunner } from '../../../src-main/group-calls/group-context.ts'
import { KeyRing } from '../../../src-main/group-calls/key-ring.ts'
import type { GroupEnvironment } from '../../../src-main/group-calls/ports.ts'
import { calledBack, KnownReturns } from '../../../src-main/group-calls/returning.ts'
import { type Bytes, toHex } from '../../../src-shared/base/bytes.ts'
import { Sensitive } from '../../../src-shared/base/sensitive.ts'
import { parseKeyShare } from '../../../src-shared/group/key-share.ts'
import type { GroupEvent } from '../../../src-shared/group/machine/events.ts'
import { type GroupState, initialState, type Inside } from '../../../src-shared/group/machine/state.ts'
import { returnCallId } from '../../../src-shared/group/return.ts'
import { ownIdentityOf } from '../../support/own-identity.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { TestChain } from '../../support/test-chain.ts'
import { NOW, testDevice, type TestDevice } from '../../support/test-device.ts'
import { signerOf } from '../../support/test-group.ts'
import { withAnn } from '../group/scenes/device.ts'

const SUITES = ['AES_256_CM_HMAC_SHA1_80'] as const
const ada = testDevice('ada')
const ben = testDevice('ben')
const mia = testDevice('mia')
const random = seededRandom('returning')
const certHashOf = ({ certificate }: TestDevice): Bytes => certificate.certHash
const idOf = (device: TestDevice): string => toHex(certHashOf(device))

let three: TestChain
let two: TestChain
beforeAll(() => {
  three = new TestChain(ada, new Uint8Array(16).fill(3))
  three.add(ada, ben)
  three.add(ada, mia)
  two = three.copy()
  two.remove(mia, mia, 'left')
})

/** Ben's device, with Ada's key of the epoch that `chain` ends in; and the callId under which Ada calls it. */
function withAdasKey(chain: TestChain) {
  const context = createContext(
    {
      groupId: chain.groupId,
      direction: 'incoming',
      startedAt: NOW,
      video: true,
      own: ownIdentityOf(ben, 'Ben'),
      seed: undefined,
      ticket: undefined,
      createHash: undefined,
      invitation: undefined,
      caller: {
        accountId: toHex(ada.certificate.accountPub),
        accountPub: ada.certificate.accountPub,
        handle: new Sensitive('ada'),
        name: 'Ada',
        verification: 'verified',
        inContacts: true,
        blocked: false,
        devices: [{ certificate: ada.certificate.bytes, certHash: certHashOf(ada) }],
      },
      wanted: [],
      local: { audio: false, video: true, screen: true },
    },
    random,
  )
  context.chain.take(0, chain.entries)
  const { roster } = chain
  const ring = new KeyRing(chain.groupId, signerOf(ada), random)
  ring.announced(idOf(ben), context.keys.makeReceiveKey(2))
  ring.enterEpoch(roster, SUITES)
  const wrapped = ring.wrap(roster.epoch, idOf(ben), 2)
  const share = wrapped && parseKeyShare(wrapped)
  const callId = ring.ownReturn(roster.epoch, certHashOf(ben))
  if (share === undefined || callId === undefined) throw new Error('no KeyShare')
  context.keys.open(share, roster)
  return { context, epoch: roster.epoch, callId: toHex(callId), ring }
}

/** The machine says yes to what it is asked, where `says`. */
function runnerIn(context: GroupContext, epoch: number, says = true) {
  const inside = withAnn().call as Inside
  let state: GroupState = {
    ...initialState(idOf(ben), 'b'),
    call: { ...inside, groupId: context.callId, roster: { ...inside.roster, epoch } },
  }
  const events: GroupEvent[] = []
  const runner: GroupRunner = {
    // Nothing of it is asked for here.
    environment: {} as GroupEnvironment,
    state: () => state,
    dispatch: (event) => {
      events.push(event)
      const { call } = state
      if (says && call.kind === 'inside') {
        state = { ...state, call: { ...call, returning: { caller: false, stage: 'calling' } } }
      }
    },
    contexts: new Map(),
    add: () => undefined,
    keyOpened: () => undefined,
    changed: () => undefined,
  }
  return { runner, events }
}

describe('the callId of a return', () => {
  it('is known to the two alone, names who calls whom, and is another in each epoch', () => {
    const { context, epoch, callId, ring } = withAdasKey(two)
    const known = new KnownReturns()
    known.note(context, epoch, idOf(ada))
    expect(known.find(callId, certHashOf(ada))).toEqual({ groupId: context.callId, caller: idOf(ada), epoch })
    expect(known.find(callId, certHashOf(mia))).toBeUndefined()
    expect(known.find('00'.repeat(16), certHashOf(ada))).toBeUndefined()
    expect(toHex(ring.ownReturn(epoch, certHashOf(mia)) ?? new Uint8Array())).not.toBe(callId)
    expect(withAdasKey(two).callId).not.toBe(callId)
  })

  it('is none where a third is in', () => {
    const { context, epoch, callId } = withAdasKey(three)
    const known = new KnownReturns()
    known.note(context, epoch, idOf(ada))
    expect(known.find(callId, certHashOf(ada))).toBeUndefined()
  })

  it('is gone with the keys, and still known for what comes late', () => {
    const { context, epoch, callId, ring } = withAdasKey(two)
    const known = new KnownReturns()
    known.note(context, epoch, idOf(ada))
    const keys = ring.ownKeys(epoch)
    ring.eraseStay()
    expect(keys?.oneToOne.every((byte) => byte === 0)).toBe(true)
    context.keys.eraseStay()
    expect(context.keys.returnOf(epoch, idOf(ada))).toBeUndefined()
    expect(known.find(callId, certHashOf(ada))).toBeDefined()
  })

  it('has 16 bytes', () => {
    expect(returnCallId({ oneToOne: new Uint8Array(32) }, certHashOf(ada))).toHaveLength(16)
  })
})

describe('an Invite with it', () => {
  it('is answered with what the group call had, but for the screen', () => {
    const { context, epoch, callId } = withAdasKey(two)
    const { runner, events } = runnerIn(context, epoch)
    const answer = calledBack(runner, context, { epoch, caller: idOf(ada) }, callId)
    expect(answer).toMatchObject({
      groupId: context.callId,
      peer: { certHash: certHashOf(ada) },
      media: { audio: false, video: true, screen: false },
      startedAt: NOW,
    })
    expect(events).toEqual([{ kind: 'called-back', groupId: context.callId }])
    expect(context.returning).toBe(callId)
    // A second one, however it came about.
    expect(calledBack(runner, context, { epoch, caller: idOf(ada) }, callId)).toBe('refused')
  })

  it('is refused in another epoch, out of the call, and where the machine has reasons', () => {
    const { context, epoch, callId } = withAdasKey(two)
    const known = { epoch, caller: idOf(ada) }
    const later = runnerIn(context, epoch + 1)
    expect(calledBack(later.runner, context, known, callId)).toBe('refused')
    expect(later.events).toEqual([])
    expect(calledBack(later.runner, undefined, known, callId)).toBe('refused')
    expect(calledBack(runnerIn(context, epoch, false).runner, context, known, callId)).toBe('refused')
    expect(context.returning).toBeUndefined()
  })

  it('is refused of somebody whom the directory has not confirmed', () => {
    const { context, epoch, callId } = withAdasKey(two)
    context.people.clear()
    expect(calledBack(runnerIn(context, epoch).runner, context, { epoch, caller: idOf(ada) }, callId)).toBe('refused')
  })
})
