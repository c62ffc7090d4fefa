/** The codecs of the service: every frame of one side is understood by the other, and nothing else is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeFailure,
  encodePush,
  encodeReply,
  encodeRequest,
  parseReplyBody,
  parseRequestBody,
  parseRequestFrame,
  parseServerFrame,
  type ServerPush,
} from '../../../src-shared/protocol/service/frame.ts'
import { FRAME_MAX } from '../../../src-shared/protocol/service/limits.ts'
import {
  type OperationName,
  operationNames,
  operations,
  type ReplyOf,
  type RequestOf,
} from '../../../src-shared/protocol/service/operations.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const upTo = (length: number) => fc.uint8Array({ maxLength: length })
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const text = fc.string({ maxLength: 80 })

const requests: { [Name in OperationName]: fc.Arbitrary<RequestOf<Name>> } = {
  authenticate: fc.record({ certificate: bytes(1465), signature: bytes(64) }),
  checkHandle: text,
  register: fc.record({ handle: text, certificate: bytes(1465), deviceList: upTo(622) }),
  lookup: text,
  publishPrekeys: fc.array(bytes(1358), { minLength: 1, maxLength: 32 }),
  prekeyStock: fc.constant(undefined),
  fetchPrekey: bytes(32),
  push: fc.record({ to: bytes(32), expiresAt: number, envelope: upTo(3000) }),
  acknowledge: number,
  relayTicket: fc.record({ callId: bytes(16), peerAccountPub: bytes(32) }),
  relayConnect: fc.record({ ticket: upTo(512), offer: fc.string({ maxLength: 2000 }) }),
  groupTicket: fc.record({ groupId: bytes(16), accountPub: bytes(32), authority: upTo(512) }),
  putLink: fc.record({ linkId: bytes(16), blob: upTo(1024), expiresAt: number }),
  getLink: bytes(16),
  removeLink: bytes(16),
  stunPort: fc.constant(undefined),
}

const replies: { [Name in OperationName]: fc.Arbitrary<ReplyOf<Name>> } = {
  authenticate: fc.boolean(),
  checkHandle: fc.boolean(),
  register: fc.constant(undefined),
  lookup: fc.record({
    accountPub: bytes(32),
    deviceList: upTo(622),
    certificates: fc.array(bytes(1465), { maxLength: 16 }),
  }),
  publishPrekeys: fc.constant(undefined),
  prekeyStock: fc.integer({ min: 0, max: 0xffffffff }),
  fetchPrekey: bytes(1358),
  push: fc.constant(undefined),
  acknowledge: fc.constant(undefined),
  relayTicket: upTo(512),
  relayConnect: fc.string({ maxLength: 2000 }),
  groupTicket: upTo(512),
  putLink: fc.constant(undefined),
  getLink: upTo(1024),
  removeLink: fc.constant(undefined),
  stunPort: fc.integer({ min: 0, max: 0xffffffff }),
}

const pushes: fc.Arbitrary<ServerPush> = fc.oneof(
  fc.record({ kind: fc.constant('challenge' as const), nonce: bytes(32) }),
  fc.record({ kind: fc.constant('envelope' as const), queueId: number, envelope: upTo(3000) }),
  fc.record({ kind: fc.constant('queueEmpty' as const) }),
)

const id = fc.integer({ min: 1, max: 0xffffffff })

describe('requests and replies', () => {
  it.each(operationNames)('round-trips %s', (name) => {
    roundTripRequest(name, requests[name])
    roundTripReply(name, replies[name])
  })

  function roundTripRequest<Name extends OperationName>(name: Name, values: fc.Arbitrary<RequestOf<Name>>): void {
    fc.assert(
      fc.property(id, values, (number, request) => {
        const frame = parseRequestFrame(encodeRequest(number, name, request))
        expect(frame?.id).toBe(number)
        expect(frame?.name).toBe(name)
        expect(parseRequestBody(name, frame?.body ?? new Uint8Array())).toEqual({ request })
      }),
      { numRuns: 50 },
    )
  }

  function roundTripReply<Name extends OperationName>(name: Name, values: fc.Arbitrary<ReplyOf<Name>>): void {
    fc.assert(
      fc.property(id, values, (number, reply) => {
        const frame = parseServerFrame(encodeReply(number, name, reply))
        if (frame?.kind !== 'response') throw new Error('not a response')
        expect([frame.id, frame.status]).toEqual([number, 'ok'])
        expect(parseReplyBody(name, frame.body)).toEqual({ reply })
      }),
      { numRuns: 50 },
    )
  }

  it('gives every request a type of its own', () => {
    const types = operationNames.map((name) => operations[name].type)
    expect(types).toEqual([...new Set(types)])
  })

  it.each(operationNames)('reads no other bytes as %s', (name) => {
    expectOneSpelling(name, requests[name])
  })

  /** Whatever is accepted is exactly what the encoder makes of it. */
  function expectOneSpelling<Name extends OperationName>(name: Name, values: fc.Arbitrary<RequestOf<Name>>): void {
    const valid = fc.sample(values, { numRuns: 8, seed: 1 }).map((request) => encodeRequest(7, name, request))
    fc.assert(
      fc.property(foreignBytes(...valid), (foreign) => {
        const frame = parseRequestFrame(foreign)
        if (frame?.name !== name) return true
        const body = parseRequestBody(name, frame.body)
        return body === undefined || Buffer.compare(encodeRequest(frame.id, name, body.request), foreign) === 0
      }),
      { numRuns: 600 },
    )
  }
})

describe('frames of the service', () => {
  it('round-trips what it sends unasked', () => {
    fc.assert(
      fc.property(pushes, (push) => {
        expect(parseServerFrame(encodePush(push))).toEqual(push)
      }),
    )
  })

  it('round-trips failures, which have no body', () => {
    const refused = parseServerFrame(encodeFailure(9, 'rate-limited'))
    expect(refused).toMatchObject({ kind: 'response', id: 9, status: 'rate-limited' })
    expect(parseServerFrame(Uint8Array.of(...encodeFailure(9, 'taken'), 0))).toBeUndefined()
  })

  it('survives foreign bytes and reads one spelling only', () => {
    const valid = fc.sample(pushes, { numRuns: 20, seed: 2 }).map(encodePush)
    fc.assert(
      fc.property(foreignBytes(...valid), (foreign) => {
        const frame = parseServerFrame(foreign)
        if (frame === undefined || frame.kind === 'response') return true
        return Buffer.compare(encodePush(frame), foreign) === 0
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses unknown types, statuses, versions and frames beyond the limit', () => {
    expect(parseServerFrame(Uint8Array.of(0, 0, 0, 0, 9))).toBeUndefined()
    expect(parseServerFrame(Uint8Array.of(0, 0, 0, 1, 99))).toBeUndefined()
    const challenge = encodePush({ kind: 'challenge', nonce: new Uint8Array(32) })
    challenge[5] = 2
    expect(parseServerFrame(challenge)).toBeUndefined()
    expect(parseServerFrame(new Uint8Array(FRAME_MAX + 1))).toBeUndefined()
    expect(parseRequestFrame(new Uint8Array(FRAME_MAX + 1))).toBeUndefined()
    expect(parseRequestFrame(Uint8Array.of(0, 0, 0, 0, 2, 0, 0))).toBeUndefined()
  })
})
