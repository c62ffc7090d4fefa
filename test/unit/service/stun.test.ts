import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bindingResponse } from '../../../src-server/stun/binding.ts'
import { startStun } from '../../../src-server/stun/stun-server.ts'

const TRANSACTION = 'b7e7a701bc34d686fa87dfae'
const request = (attributes = '', type = '0001') => {
  const length = (attributes.length / 2).toString(16).padStart(4, '0')
  return Buffer.from(`${type}${length}2112a442${TRANSACTION}${attributes}`, 'hex')
}
const attributeOf = (response: Buffer | undefined) => response?.subarray(20).toString('hex')

describe('a Binding request', () => {
  test('is answered with the addresses of RFC 5769 sections 2.2 and 2.3', () => {
    const ipv4 = bindingResponse(request(), { address: '192.0.2.1', port: 32853 })
    expect(ipv4?.subarray(0, 20).toString('hex')).toBe(`0101000c2112a442${TRANSACTION}`)
    expect(attributeOf(ipv4)).toBe('002000080001a147e112a643')
    const ipv6 = bindingResponse(request(), { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 })
    expect(attributeOf(ipv6)).toBe('002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9')
  })

  test('from an IPv4 address at an IPv6 socket is answered as from an IPv4 address', () => {
    const mapped = bindingResponse(request(), { address: '::ffff:192.0.2.1', port: 32853 })
    expect(attributeOf(mapped)).toBe('002000080001a147e112a643')
  })

  test('may carry what need not be understood, and nothing else', () => {
    const origin = { address: '192.0.2.1', port: 1 }
    // SOFTWARE of three bytes, padded; FINGERPRINT.
    expect(bindingResponse(request('8022000361626300' + '8028000412345678'), origin)).toBeDefined()
    // USERNAME; MESSAGE-INTEGRITY.
    expect(bindingResponse(request('0006000461626364'), origin)).toBeUndefined()
    expect(bindingResponse(request(`00080014${'00'.repeat(20)}`), origin)).toBeUndefined()
  })

  test.each([
    ['a response', request('', '0101')],
    ['another method', request('', '0003')],
    ['another cookie', Buffer.from(`000100002112a443${TRANSACTION}`, 'hex')],
    ['a wrong length', Buffer.from(`000100042112a442${TRANSACTION}`, 'hex')],
    ['an attribute beyond the end', request('8022000800000000')],
    ['half a header', request().subarray(0, 16)],
    ['nothing', Buffer.alloc(0)],
  ])('%s gets no answer', (_, message) => {
    expect(bindingResponse(message, { address: '192.0.2.1', port: 1 })).toBeUndefined()
  })

  test('whatever comes in, an answer is at most 24 bytes longer', () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.uint8Array({ maxLength: 60 }).map((tail) => Buffer.concat([request(), tail])),
    )
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())
    fc.assert(
      fc.property(message, address, fc.integer({ min: 0, max: 0xffff }), (bytes, from, port) => {
        const response = bindingResponse(Buffer.from(bytes), { address: from, port })
        expect(response?.length ?? 0).toBeLessThanOrEqual(bytes.length + 24)
      }),
      { numRuns: 2000 },
    )
  })
})

test('the server tells who asks which address and port it sees, and nothing to noise', async () => {
  const server = await startStun({ port: 0, host: '127.0.0.1' })
  const socket = createSocket('udp4')
  try {
    socket.bind({ address: '127.0.0.1', port: 0 })
    await once(socket, 'listening')
    socket.send(Buffer.from('noise'), server.port, '127.0.0.1')
    socket.send(request(), server.port, '127.0.0.1')
    const [answer] = (await once(socket, 'message')) as [Buffer]
    expect(answer).toEqual(bindingResponse(request(), { address: '127.0.0.1', port: socket.address().port }))
  } finally {
    socket.close()
    await server.stop()
  }
})

test('a taken port is said to be taken', async () => {
  const server = await startStun({ port: 0, host: '127.0.0.1' })
  try {
    await expect(startStun({ port: server.port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  } finally {
    await server.stop()
  }
})
