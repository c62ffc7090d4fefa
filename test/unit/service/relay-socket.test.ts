/** docs/protocol/service.md, section 5.3. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeSocketMessage,
  parseSocketAnswer,
  parseSocketMessage,
  socketAnswer,
} from '../../../src-shared/protocol/service/relay-socket.ts'

describe('the relay over a WebSocket', () => {
  it('is answered with a token, in the layout of the protocol', () => {
    const token = Uint8Array.from({ length: 16 }, (_, i) => i)
    expect(socketAnswer(token)).toBe('websocket AAECAwQFBgcICQoLDA0ODw')
    expect(parseSocketAnswer(socketAnswer(token))).toEqual(token)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `websocket ${rest}`),
        ),
        (answer) => {
          const parsed = parseSocketAnswer(answer)
          expect(parsed === undefined || socketAnswer(parsed) === answer).toBe(true)
        },
      ),
    )
  })

  it('carries frames and packets, and nothing else', () => {
    expect([...encodeSocketMessage('frame', Uint8Array.of(7))]).toEqual([0, 7])
    expect([...encodeSocketMessage('packet', Uint8Array.of(7))]).toEqual([1, 7])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const parsed = parseSocketMessage(bytes)
        if (parsed === undefined) expect(bytes[0] === 0 || bytes[0] === 1).toBe(false)
        else expect(encodeSocketMessage(parsed.kind, parsed.bytes)).toEqual(bytes)
      }),
    )
  })
})
