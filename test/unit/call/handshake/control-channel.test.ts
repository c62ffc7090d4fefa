/** The control channel under repetition, reordering, loss, reflection and forgery, and across a rekey (R16, R17, R39). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONTROL_RECEIVE_WINDOW,
  CONTROL_SEND_WINDOW,
  ControlChannel,
  type ControlReceipt,
} from '../../../../src-shared/call/control-channel.ts'
import { answerRekey, finishRekey, startRekey } from '../../../../src-shared/call/rekey.ts'
import type { CallSession } from '../../../../src-shared/call/session.ts'
import { gcmSeal } from '../../../../src-shared/crypto/aead.ts'
import { DIRECTION_CODE } from '../../../../src-shared/crypto/key-schedule.ts'
import { ByteWriter } from '../../../../src-shared/base/writer.ts'
import {
  type ControlMessage,
  encodeControlMessage,
  encodeControlRecord,
  parseControlRecord,
} from '../../../../src-shared/protocol/control-record.ts'
import { foreignBytes } from '../../../support/foreign-bytes.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { testSessions } from '../../../support/test-call.ts'
import { valueOf } from '../../../support/test-device.ts'

const random = seededRandom('control')
const sessions = testSessions()
const confirm: ControlMessage = { type: 'confirm', nonce: sessions.offer.confirmNonce }
const removal = (pathId: number): ControlMessage => ({ type: 'path-remove', pathId })

/** Two channels; the caller has said Confirm and the callee has heard it. */
function channels() {
  const pair = { caller: new ControlChannel(sessions.caller), callee: new ControlChannel(sessions.callee) }
  for (const record of pair.caller.seal(confirm)) pair.callee.receive(record)
  return pair
}

function one(records: readonly Uint8Array[]): Uint8Array {
  const [record] = records
  if (record === undefined || records.length !== 1) throw new Error(`${String(records.length)} records`)
  return record
}

function messages(receipt: ControlReceipt): readonly ControlMessage[] {
  if (receipt.kind !== 'opened') throw new Error(receipt.kind === 'violation' ? receipt.reason : receipt.kind)
  return receipt.messages
}
const idsOf = (receipt: ControlReceipt) =>
  messages(receipt).map((message) => (message.type === 'path-remove' ? message.pathId : message.type))
const refusal = (receipt: ControlReceipt) => (receipt.kind === 'violation' ? receipt.reason : receipt.kind)

describe('order and repetition (R16)', () => {
  it('hands on each message once and in order, however the records come', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 12 }, (_, i) => i),
          { minLength: 12 },
        ),
        fc.array(fc.nat(11), { maxLength: 12 }),
        (order, repeated) => {
          const { caller, callee } = channels()
          const records = Array.from({ length: 12 }, (_, i) => one(caller.seal(removal(i))))
          const heard = [...order, ...repeated, ...order].flatMap((index) => {
            const record = records[index]
            const receipt = record && callee.receive(record)
            return receipt?.kind === 'opened' ? idsOf(receipt) : []
          })
          expect(heard).toEqual(records.map((_, i) => i))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('keeps a message until those before it have come, and ignores repetitions', () => {
    const { caller, callee } = channels()
    const [first, second] = [one(caller.seal(removal(1))), one(caller.seal(removal(2)))]
    expect(idsOf(callee.receive(second))).toEqual([])
    expect(callee.receive(second).kind).toBe('ignored')
    expect(idsOf(callee.receive(first))).toEqual([1, 2])
    expect(callee.receive(first).kind).toBe('ignored')
  })

  it('has a bounded memory for what comes early', () => {
    const { caller, callee } = channels()
    // An honest sender stops long before; this one does not wait for acknowledgements.
    for (let i = 0; i < CONTROL_RECEIVE_WINDOW; i++) caller.seal({ type: 'end', reason: 'hung-up' })
    const records = caller.unacknowledged().slice(1)
    expect(callee.receive(records.at(-2) ?? new Uint8Array()).kind).toBe('opened')
    const beyond = one(caller.seal({ type: 'end', reason: 'hung-up' }))
    expect(refusal(callee.receive(beyond))).toBe('window')
  })
})

describe('acknowledgement', () => {
  it('drops what the peer has, keeps the rest for sending again', () => {
    const { caller, callee } = channels()
    const records = [1, 2, 3].map((id) => one(caller.seal(removal(id))))
    for (const record of records.slice(0, 2)) callee.receive(record)
    caller.receive(one(callee.keepAlive()))
    expect(caller.unacknowledged()).toEqual(records.slice(2))
    // The relay lost the third: it goes again as it was.
    for (const record of caller.unacknowledged()) expect(idsOf(callee.receive(record))).toEqual([3])
    caller.receive(one(callee.keepAlive()))
    expect(caller.unacknowledged()).toEqual([])
    callee.receive(one(caller.keepAlive()))
    expect(callee.unacknowledged()).toEqual([])
  })

  it('stops sealing while nothing is acknowledged, and goes on where it stopped', () => {
    const { caller, callee } = channels()
    const sent: Uint8Array[] = []
    for (let id = 0; id < CONTROL_SEND_WINDOW + 5; id++) sent.push(...caller.seal(removal(id)))
    // Confirm stands in the window too.
    expect(sent).toHaveLength(CONTROL_SEND_WINDOW - 1)
    expect(caller.keepAlive()).toEqual([])
    const heard = sent.flatMap((record) => idsOf(callee.receive(record)))
    const receipt = caller.receive(one(callee.keepAlive()))
    if (receipt.kind !== 'opened') throw new Error(receipt.kind)
    for (const record of receipt.released) heard.push(...idsOf(callee.receive(record)))
    expect(heard).toEqual(Array.from({ length: CONTROL_SEND_WINDOW + 5 }, (_, id) => id))
  })

  it('of something that was never sent is a violation', () => {
    const { caller, callee } = channels()
    const forged = sealAs(sessions.caller, 1, { type: 'keep-alive', received: 5 })
    expect(refusal(callee.receive(forged))).toBe('content')
    expect(caller.unacknowledged()).toHaveLength(1)
  })
})

/** A record with the caller's own keys, for content that `ControlChannel` would not send. */
function sealAs(session: CallSession, seq: number, message: ControlMessage): Uint8Array {
  const direction = session.role === 'caller' ? 'caller-to-callee' : 'callee-to-caller'
  const { key, iv } = session.keys.control[direction]
  const generation = session.keys.generation
  const counter = new ByteWriter().u32(0).u64(seq).finish()
  const nonce = iv.map((byte, i) => byte ^ (counter[i] ?? 0))
  const place = new ByteWriter().raw(session.transcript).u8(DIRECTION_CODE[direction]).u8(generation).u64(seq).finish()
  return encodeControlRecord({ generation, seq, ciphertext: gcmSeal(key, nonce, place, encodeControlMessage(message)) })
}

describe('forgery (R16, R17)', () => {
  it('a record that is sent back to its sender does not open', () => {
    const { caller, callee } = channels()
    const fromCaller = one(caller.seal(removal(1)))
    expect(refusal(caller.receive(fromCaller))).toBe('seal')
    const fromCallee = one(callee.seal(removal(1)))
    expect(refusal(callee.receive(new Uint8Array(fromCallee)))).not.toBe('opened')
    expect(idsOf(caller.receive(fromCallee))).toEqual([1])
  })

  it('a record opens at its own place only', () => {
    const { caller, callee } = channels()
    const record = parseControlRecord(one(caller.seal(removal(1))))
    if (record === undefined) throw new Error('malformed')
    expect(refusal(callee.receive(encodeControlRecord({ ...record, seq: 2 })))).toBe('seal')
    expect(refusal(callee.receive(encodeControlRecord({ ...record, generation: 1 })))).toBe('generation')
    expect(idsOf(callee.receive(encodeControlRecord(record)))).toEqual([1])
  })

  it('a record of another call does not open', () => {
    const { callee } = channels()
    const other = testSessions()
    expect(refusal(callee.receive(sealAs(other.caller, 1, removal(1))))).toBe('seal')
  })

  it('leaves the channel as it was: afterwards the true record opens', () => {
    const { caller, callee } = channels()
    const record = one(caller.seal(removal(1)))
    fc.assert(
      fc.property(foreignBytes(record), (bytes) => {
        // Two changes may cancel each other out.
        fc.pre(Buffer.compare(bytes, record) !== 0)
        const receipt = callee.receive(bytes)
        return receipt.kind === 'violation' || receipt.kind === 'ignored'
      }),
      { numRuns: 2000 },
    )
    expect(idsOf(callee.receive(record))).toEqual([1])
  })

  it('what only the other side may say, or only at another place, is a violation', () => {
    const fresh = () => ({ caller: new ControlChannel(sessions.caller), callee: new ControlChannel(sessions.callee) })
    const rekeyOffer: ControlMessage = {
      type: 'rekey-offer',
      offer: { generation: 1, x25519: random(32), kemEk: random(1184) },
    }
    const rekeyAnswer: ControlMessage = {
      type: 'rekey-answer',
      answer: { generation: 1, x25519: random(32), kemCt: random(1088) },
    }
    // Confirm is record 0 of the caller, and record 0 of the caller is Confirm (R23).
    expect(refusal(fresh().callee.receive(sealAs(sessions.caller, 0, removal(1))))).toBe('content')
    expect(refusal(channels().callee.receive(sealAs(sessions.caller, 1, confirm)))).toBe('content')
    expect(refusal(fresh().caller.receive(sealAs(sessions.callee, 0, confirm)))).toBe('content')
    expect(refusal(fresh().caller.receive(sealAs(sessions.callee, 0, rekeyOffer)))).toBe('content')
    expect(refusal(channels().callee.receive(sealAs(sessions.caller, 1, rekeyAnswer)))).toBe('content')
    const profile: ControlMessage = { type: 'profile', name: 'x' }
    expect(refusal(channels().callee.receive(sealAs(sessions.caller, 1, profile)))).toBe('content')
    expect(refusal(fresh().caller.receive(sealAs(sessions.callee, 0, profile)))).toBe('opened')
    const request: ControlMessage = { type: 'rekey-request' }
    expect(refusal(channels().callee.receive(sealAs(sessions.caller, 1, request)))).toBe('content')
    expect(refusal(fresh().caller.receive(sealAs(sessions.callee, 0, request)))).toBe('opened')
    expect(refusal(fresh().caller.receive(sealAs(sessions.callee, 0, removal(1))))).toBe('opened')
  })
})

function atGeneration(session: CallSession, generation: number): CallSession {
  return { ...session, keys: { ...session.keys, generation } }
}

/** One rekey between two channels; answers what each side sent on the way. */
function rekey(pair: ReturnType<typeof channels>, caller: CallSession, callee: CallSession) {
  const pending = startRekey(caller, random)
  if (pending === undefined) throw new Error('no generation left')
  const offer = one(pair.caller.seal({ type: 'rekey-offer', offer: pending.offer }))
  expect(messages(pair.callee.receive(offer))).toMatchObject([{ type: 'rekey-offer' }])
  const answered = valueOf(answerRekey(callee, pending.offer, random))
  const answer = one(pair.callee.answerRekey(answered.answer, answered.session))
  return {
    answer,
    callee: answered.session,
    finish: () => {
      expect(messages(pair.caller.receive(answer))).toMatchObject([{ type: 'rekey-answer' }])
      const next = valueOf(finishRekey(caller, pending, answered.answer))
      return { caller: next, records: pair.caller.finishRekey(next) }
    },
  }
}

/** Sessions that a test may rekey: that erases their rekeyBase. */
function rekeyable() {
  const { caller, callee, offer } = testSessions()
  const pair = { caller: new ControlChannel(caller), callee: new ControlChannel(callee) }
  for (const record of pair.caller.seal({ type: 'confirm', nonce: offer.confirmNonce })) pair.callee.receive(record)
  return { pair, caller, callee }
}

describe('across a rekey (R39)', () => {
  it('both sides go on under the new generation, and the old records are known to have arrived', () => {
    const { pair, caller, callee } = rekeyable()
    pair.callee.seal(removal(9))
    const step = rekey(pair, caller, callee)
    // The caller missed record 0 of the callee: the answer waits for it.
    for (const record of pair.callee.unacknowledged().slice(0, 1)) pair.caller.receive(record)
    const done = step.finish()
    expect(pair.caller.unacknowledged()).toEqual(done.records)
    const receipt = pair.callee.receive(one(done.records))
    expect(receipt).toMatchObject({ kind: 'opened', generation: 1, messages: [{ type: 'keep-alive', received: 0 }] })
    expect(pair.callee.unacknowledged()).toEqual([])
    expect(idsOf(pair.caller.receive(one(pair.callee.seal(removal(3)))))).toEqual([3])
    expect(idsOf(pair.callee.receive(one(pair.caller.seal(removal(4)))))).toEqual([4])
  })

  it('the caller holds its messages back until the answer is there, all but End and KeepAlive', () => {
    const { pair, caller, callee } = rekeyable()
    const pending = rekey(pair, caller, callee)
    expect(pair.caller.seal(removal(5))).toEqual([])
    expect(pair.caller.keepAlive()).toHaveLength(1)
    expect(pair.caller.seal({ type: 'end', reason: 'failed' })).toHaveLength(1)
    const { records } = pending.finish()
    expect(records).toHaveLength(2)
    const heard = records.flatMap((record) => messages(pair.callee.receive(record)))
    expect(heard).toMatchObject([{ type: 'keep-alive' }, removal(5)])
  })

  it('records of the old generation are ignored once the new one began', () => {
    const { pair, caller, callee } = rekeyable()
    const old = one(pair.caller.keepAlive())
    for (const record of [old]) pair.callee.receive(record)
    const step = rekey(pair, caller, callee)
    const late = one(pair.caller.keepAlive())
    const { records } = step.finish()
    pair.callee.receive(one(records))
    for (const record of [old, late]) expect(pair.callee.receive(record).kind).toBe('ignored')
    expect(pair.caller.receive(step.answer).kind).toBe('ignored')
  })

  it('works many times over, also when records are sent twice', () => {
    const { pair, ...first } = rekeyable()
    let now = first
    for (let generation = 1; generation <= 5; generation++) {
      const step = rekey(pair, now.caller, now.callee)
      const { caller, records } = step.finish()
      for (const record of [...records, ...pair.caller.unacknowledged()]) pair.callee.receive(record)
      now = { caller, callee: step.callee }
      expect(now.caller.keys).toEqual(now.callee.keys)
      expect(now.caller.keys.generation).toBe(generation)
      pair.caller.receive(one(pair.callee.keepAlive()))
      expect(idsOf(pair.caller.receive(one(pair.callee.seal(removal(generation)))))).toEqual([generation])
    }
  })

  it('the callee’s new records may overtake what comes before its answer: they are passed over, and come again', () => {
    const { pair, caller, callee } = rekeyable()
    const lost = one(pair.callee.seal(removal(1)))
    const step = rekey(pair, caller, callee)
    const early = one(pair.callee.seal(removal(2)))
    expect(pair.caller.receive(early).kind).toBe('ignored')
    expect(refusal(pair.caller.receive(sealAs(atGeneration(callee, 2), 0, removal(3))))).toBe('generation')
    expect(idsOf(pair.caller.receive(lost))).toEqual([1])
    step.finish()
    expect(pair.callee.unacknowledged()).toContain(early)
    expect(idsOf(pair.caller.receive(early))).toEqual([2])
  })

  it('a generation that nobody agreed on is a violation', () => {
    const { pair, caller, callee } = rekeyable()
    expect(refusal(pair.callee.receive(sealAs(atGeneration(caller, 1), 0, removal(1))))).toBe('generation')
    expect(refusal(pair.caller.receive(sealAs(atGeneration(callee, 1), 0, removal(1))))).toBe('generation')
  })
})

it('seals and opens nothing after it was erased (R21)', () => {
  const { caller, callee } = channels()
  const record = one(caller.seal(removal(1)))
  callee.erase()
  expect(callee.receive(record).kind).toBe('ignored')
  expect(callee.seal({ type: 'end', reason: 'hung-up' })).toEqual([])
  expect(callee.keepAlive()).toEqual([])
  caller.erase()
  expect(caller.unacknowledged()).toEqual([])
})
