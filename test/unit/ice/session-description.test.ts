import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkedCandidate,
  checkedCredentials,
  describe as describeSession,
  readDescription,
  withoutCandidates,
} from '../../../src-main/ice/session-description.ts'

const iceText = (minLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'z', 'A', 'Z', '0', '9', '+', '/'), minLength, maxLength: 40 })
const credentials = fc.record({
  fingerprint: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  iceUfrag: iceText(4),
  icePwd: iceText(22),
})

describe('session descriptions', () => {
  test('hold what they were written from', () => {
    fc.assert(
      fc.property(credentials, fc.constantFrom('actpass', 'active', 'passive'), (values, setup) => {
        expect(readDescription(describeSession(values, setup))).toEqual({ ...values, setup, candidates: [] })
      }),
    )
  })

  test('have one media section and one for messages', () => {
    fc.assert(
      fc.property(credentials, (values) => {
        expect(describeSession(values, 'actpass').match(/^m=\w+/gm)).toEqual(['m=video', 'm=application'])
      }),
    )
  })

  test('reading survives anything', () => {
    const valid = describeSession(
      { fingerprint: new Uint8Array(32), iceUfrag: 'abcd', icePwd: 'A'.repeat(22) },
      'active',
    )
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => readDescription(text) === undefined))
    fc.assert(
      fc.property(fc.nat(valid.length), fc.nat(30), fc.string({ maxLength: 20 }), (at, cut, insertion) => {
        const changed = readDescription(valid.slice(0, at) + insertion + valid.slice(at + cut))
        if (changed !== undefined) expect(checkedCredentials(changed)).toBeDefined()
      }),
      { numRuns: 3000 },
    )
    expect(readDescription(valid + 'a=x\r\n'.repeat(10_000))).toBeUndefined()
  })

  test('lose their candidates, and only these', () => {
    const sdp = 'v=0\r\na=candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\na=mid:m\r\na=end-of-candidates\r\n'
    expect(withoutCandidates(sdp)).toBe('v=0\r\na=mid:m\r\n')
  })
})

describe('candidates', () => {
  test.each([
    ['candidate:1 1 UDP 2114977791 127.0.0.1 41971 typ host', 'candidate:1 1 UDP 2114977791 127.0.0.1 41971 typ host'],
    [
      'candidate:2 1 udp 5 2001:db8::1 9 typ srflx raddr 10.0.0.1 rport 7',
      'candidate:2 1 UDP 5 2001:db8::1 9 typ srflx',
    ],
  ])('%s passes', (text, canonical) => {
    expect(checkedCandidate(text)).toBe(canonical)
    expect(checkedCandidate(canonical)).toBe(canonical)
  })

  test.each([
    'candidate:1 1 TCP 1 192.0.2.1 9 typ host tcptype active',
    'candidate:1 1 UDP 1 peer.example.org 9 typ host',
    'candidate:1 1 UDP 1 4ba5e2a3-2f6f-4d3b.local 9 typ host',
    'candidate:1 1 UDP 1 192.0.2.1 0 typ host',
    'candidate:1 1 UDP 1 192.0.2.1 65536 typ host',
    'candidate:1 1 UDP 4294967296 192.0.2.1 9 typ host',
    'candidate:1 3 UDP 1 192.0.2.1 9 typ host',
    'candidate:1 1 UDP 1 192.0.2.1 9 typ other',
    'candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\na=setup:passive',
    'a=candidate:1 1 UDP 1 192.0.2.1 9 typ host',
    '',
  ])('%j does not', (text) => {
    expect(checkedCandidate(text)).toBeUndefined()
  })

  test('never hold a second line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const checked = checkedCandidate(`candidate:1 1 UDP 1 192.0.2.1 9 typ host ${text}`)
        if (checked !== undefined) expect(checked).toMatch(/^[\x20-\x7e]+$/)
      }),
    )
  })
})
