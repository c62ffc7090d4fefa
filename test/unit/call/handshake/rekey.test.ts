import { describe, expect, it } from 'vitest'
import { pathProof, type ProvenPath, verifyPathProof } from '../../../../src-shared/call/path-proof.ts'
import { answerRekey, finishRekey, startRekey } from '../../../../src-shared/call/rekey.ts'
import type { CallSession } from '../../../../src-shared/call/session.ts'
import { LAST_GENERATION } from '../../../../src-shared/crypto/key-schedule.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { testSessions } from '../../../support/test-call.ts'
import { valueOf } from '../../../support/test-device.ts'

const random = seededRandom('rekey')

function pendingOf(session: CallSession) {
  const pending = startRekey(session, random)
  if (pending === undefined) throw new Error('no generation left')
  return pending
}

describe('rekey (section 5, R39)', () => {
  it('gives both sides the same new keys, none of them an old one', () => {
    const { caller, callee } = testSessions()
    const before = [caller.keys.path, caller.keys.media['caller-to-callee'].audio.key].map((key) => key.slice())
    const pending = pendingOf(caller)
    const answered = valueOf(answerRekey(callee, pending.offer, random))
    const next = valueOf(finishRekey(caller, pending, answered.answer))
    expect(answered.session).toEqual({ ...next, role: 'callee' })
    expect(next.keys.generation).toBe(1)
    expect([next.keys.path, next.keys.media['caller-to-callee'].audio.key]).not.toEqual(before)
  })

  it('erases the way back: ephemeral secrets and the base that the new keys came from', () => {
    const { caller, callee } = testSessions()
    const pending = pendingOf(caller)
    const answered = valueOf(answerRekey(callee, pending.offer, random))
    valueOf(finishRekey(caller, pending, answered.answer))
    const secrets = [pending.x25519.secret, pending.kem.secret, caller.keys.rekeyBase, callee.keys.rekeyBase]
    for (const secret of secrets) expect(secret.every((byte) => byte === 0)).toBe(true)
    // The old generation's media keys stay for the packets under way.
    expect(caller.keys.media['caller-to-callee'].audio.key.some((byte) => byte !== 0)).toBe(true)
  })

  it('needs the generation before: the same exchange in another call leads elsewhere', () => {
    const [one, other] = [testSessions(), testSessions()]
    const pending = pendingOf(one.caller)
    const answered = valueOf(answerRekey(other.callee, pending.offer, random))
    const next = valueOf(finishRekey(one.caller, pending, answered.answer))
    expect(next.keys.path).not.toEqual(answered.session.keys.path)
  })

  it('refuses a generation that is not the next, and shares that are none (R3)', () => {
    const { caller, callee } = testSessions()
    const pending = pendingOf(caller)
    const { offer } = pending
    for (const generation of [0, 2, 255]) {
      expect(answerRekey(callee, { ...offer, generation }, random)).toEqual({ ok: false, reason: 'generation' })
    }
    const share = { ok: false, reason: 'share' }
    expect(answerRekey(callee, { ...offer, x25519: new Uint8Array(32) }, random)).toEqual(share)
    expect(answerRekey(callee, { ...offer, kemEk: new Uint8Array(1184).fill(0xff) }, random)).toEqual(share)
    const { answer } = valueOf(answerRekey(callee, offer, random))
    expect(finishRekey(caller, pending, { ...answer, x25519: new Uint8Array(32) })).toEqual(share)
    expect(finishRekey(caller, pending, { ...answer, generation: 2 })).toEqual({ ok: false, reason: 'generation' })
    expect(finishRekey(caller, pending, answer).ok).toBe(true)
  })

  it('is answered once in a generation: a second offer finds no base to build on', () => {
    const { caller, callee } = testSessions()
    valueOf(answerRekey(callee, pendingOf(caller).offer, random))
    expect(answerRekey(callee, pendingOf(caller).offer, random)).toEqual({ ok: false, reason: 'generation' })
  })

  it('ends with generation 254', () => {
    const { caller, callee } = testSessions()
    const at = (session: CallSession, generation: number) => ({ ...session, keys: { ...session.keys, generation } })
    expect(startRekey(at(caller, LAST_GENERATION - 1), random)).toBeDefined()
    expect(startRekey(at(caller, LAST_GENERATION), random)).toBeUndefined()
    const { offer } = pendingOf(caller)
    const beyond = { ...offer, generation: LAST_GENERATION + 1 }
    expect(answerRekey(at(callee, LAST_GENERATION), beyond, random)).toEqual({ ok: false, reason: 'generation' })
  })
})

describe('path proof (R26)', () => {
  const { caller, callee } = testSessions()
  const path: ProvenPath = { pathId: 4, callerFingerprint: random(32), calleeFingerprint: random(32) }

  it('convinces the other side of this call, this path and these certificates', () => {
    expect(verifyPathProof(callee, path, pathProof(caller, path))).toBe(true)
    expect(verifyPathProof(caller, path, pathProof(callee, path))).toBe(true)
  })

  it('does not convince of another path, certificate, call or direction', () => {
    const proof = pathProof(caller, path)
    expect(verifyPathProof(callee, { ...path, pathId: 5 }, proof)).toBe(false)
    expect(verifyPathProof(callee, { ...path, callerFingerprint: random(32) }, proof)).toBe(false)
    expect(verifyPathProof(callee, { ...path, calleeFingerprint: random(32) }, proof)).toBe(false)
    expect(verifyPathProof(testSessions().callee, path, proof)).toBe(false)
    expect(verifyPathProof(caller, path, proof)).toBe(false)
    expect(verifyPathProof(callee, path, proof.subarray(1))).toBe(false)
  })
})
