/** Relay tickets: what the service issued it knows again, until they expire; nothing else passes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signAuthentication, verifyAuthentication } from '../../../src-shared/protocol/service/authentication.ts'
import { checkTicket, issueTicket } from '../../../src-shared/protocol/service/ticket.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, testDevice } from '../../support/test-device.ts'

const random = seededRandom('ticket')
const key = random(32)
const ticket = { callId: random(16), callerCertHash: random(32), calleeAccountPub: random(32), expiresAt: NOW + 1000 }
const issued = issueTicket(key, ticket)

describe('tickets', () => {
  it('come back as they were issued', () => {
    expect(issued).toHaveLength(121)
    expect(checkTicket(key, issued, NOW)).toEqual({ ok: true, value: ticket })
  })

  it('expire', () => {
    expect(checkTicket(key, issued, NOW + 999).ok).toBe(true)
    expect(checkTicket(key, issued, NOW + 1000)).toEqual({ ok: false, reason: 'expired' })
  })

  it('are of one service', () => {
    expect(checkTicket(random(32), issued, NOW)).toEqual({ ok: false, reason: 'forged' })
  })

  it('cannot be altered, cut or made up', () => {
    fc.assert(
      fc.property(foreignBytes(issued), (foreign) => {
        if (Buffer.compare(foreign, issued) === 0) return true
        return !checkTicket(key, foreign, NOW).ok
      }),
      { numRuns: 2000 },
    )
  })
})

describe('authentication', () => {
  const { keys } = testDevice('alice')
  const nonce = random(32)
  const signature = signAuthentication(keys.device.secret, nonce, 'calls.example:8440')

  it('holds for this nonce, this host and this device', () => {
    expect(verifyAuthentication(keys.device.public, signature, nonce, 'calls.example:8440')).toBe(true)
    expect(verifyAuthentication(keys.device.public, signature, random(32), 'calls.example:8440')).toBe(false)
    expect(verifyAuthentication(keys.device.public, signature, nonce, 'evil.example:8440')).toBe(false)
    expect(verifyAuthentication(keys.device.public, signature, nonce, 'calls.example')).toBe(false)
    const other = testDevice('bob').keys.device.public
    expect(verifyAuthentication(other, signature, nonce, 'calls.example:8440')).toBe(false)
  })
})
