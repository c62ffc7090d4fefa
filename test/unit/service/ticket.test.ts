/** Relay tickets: what the service issued it knows again, until they expire; nothing else passes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signAuthentication, verifyAuthentication } from '../../../src-shared/protocol/service/authentication.ts'
import { checkTicket, issueTicket, type Ticket } from '../../../src-shared/protocol/service/ticket.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, testDevice } from '../../support/test-device.ts'

const random = seededRandom('ticket')
const keys = { call: random(32), group: random(32) }
const expiresAt = NOW + 1000
const tickets: readonly Ticket[] = [
  { kind: 'call', callId: random(16), callerCertHash: random(32), calleeAccountPub: random(32), expiresAt },
  { kind: 'group', groupId: random(16), founderCertHash: random(32), accountPub: random(32), expiresAt },
]

describe.each(tickets.map((ticket) => [ticket.kind, ticket, issueTicket(keys, ticket)] as const))(
  'tickets of a %s',
  (_, ticket, issued) => {
    it('come back as they were issued', () => {
      expect(issued).toHaveLength(121)
      expect(checkTicket(keys, issued, NOW)).toEqual({ ok: true, value: ticket })
    })

    it('expire', () => {
      expect(checkTicket(keys, issued, NOW + 999).ok).toBe(true)
      expect(checkTicket(keys, issued, NOW + 1000)).toEqual({ ok: false, reason: 'expired' })
    })

    it('are of one service and one kind', () => {
      const forged = { ok: false, reason: 'forged' }
      expect(checkTicket({ call: random(32), group: random(32) }, issued, NOW)).toEqual(forged)
      expect(checkTicket({ call: keys.group, group: keys.call }, issued, NOW)).toEqual(forged)
      const other = issued.slice()
      other[0] = 3 - (other[0] ?? 0)
      expect(checkTicket(keys, other, NOW)).toEqual(forged)
      // Also under one key: the label names the kind.
      const one = { call: keys.call, group: keys.call }
      const relabelled = issueTicket(one, ticket)
      relabelled[0] = 3 - (relabelled[0] ?? 0)
      expect(checkTicket(one, relabelled, NOW)).toEqual(forged)
    })

    it('cannot be altered, cut or made up', () => {
      fc.assert(
        fc.property(foreignBytes(issued), (foreign) => {
          if (Buffer.compare(foreign, issued) === 0) return true
          return !checkTicket(keys, foreign, NOW).ok
        }),
        { numRuns: 2000 },
      )
    })
  },
)

describe('authentication', () => {
  const { device } = testDevice('alice').keys
  const nonce = random(32)
  const signature = signAuthentication(device.secret, nonce, 'calls.example:8440')

  it('holds for this nonce, this host and this device', () => {
    expect(verifyAuthentication(device.public, signature, nonce, 'calls.example:8440')).toBe(true)
    expect(verifyAuthentication(device.public, signature, random(32), 'calls.example:8440')).toBe(false)
    expect(verifyAuthentication(device.public, signature, nonce, 'evil.example:8440')).toBe(false)
    expect(verifyAuthentication(device.public, signature, nonce, 'calls.example')).toBe(false)
    const other = testDevice('bob').keys.device.public
    expect(verifyAuthentication(other, signature, nonce, 'calls.example:8440')).toBe(false)
  })
})
