import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCall } from '../../../src-main/keychain/dbus-call.ts'
import { decodeReply, messageLength } from '../../../src-main/keychain/dbus-reply.ts'
import { socketPaths } from '../../../src-main/keychain/session-bus.ts'
import { fromHex, toHex } from '../../../src-shared/base/bytes.ts'

// Written down from a session of dbus-daemon 1.14 and gnome-keyring-daemon 42.
const NAME =
  '6c02010109000000010000003d00000006017300040000003a312e32000000000501750001000000080167000173000007017300140000006f72672e667265656465736b746f702e4442757300000000040000003a312e3200'
const SIGNAL =
  '6c04010109000000020000008d00000001016f00150000002f6f72672f667265656465736b746f702f4442757300000002017300140000006f72672e667265656465736b746f702e4442757300000000030173000c0000004e616d6541637175697265640000000006017300040000003a312e3200000000080167000173000007017300140000006f72672e667265656465736b746f702e4442757300000000040000003a312e3200'
const NAMES =
  '6c0201011d000000040000003d00000006017300040000003a312e32000000000501750003000000080167000261730007017300140000006f72672e667265656465736b746f702e444275730000000019000000140000006f72672e667265656465736b746f702e4442757300'
const ERROR =
  '6c0301013c000000050000007500000006017300040000003a312e320000000004017300280000006f72672e667265656465736b746f702e444275732e4572726f722e556e6b6e6f776e4d6574686f6400000000000000000501750006000000080167000173000007017300140000006f72672e667265656465736b746f702e4442757300000000370000006f72672e667265656465736b746f702e4442757320646f6573206e6f7420756e6465727374616e64206d657373616765204e6f5375636800'
const LOCKED =
  '6c02010108000000050000002d00000006017300040000003a312e32000000000801670001760000050175000400000007017300040000003a312e31000000000162000000000000'
const UNLOCK =
  '6c0201013a000000060000003500000006017300040000003a312e32000000000801670003616f6f0000000000000000050175000500000007017300040000003a312e31000000002e000000290000002f6f72672f667265656465736b746f702f736563726574732f636f6c6c656374696f6e2f6c6f67696e000000010000002f00'

const REPLIES = [NAME, NAMES, ERROR, LOCKED, UNLOCK].map(fromHex)

describe('calls', () => {
  it('are written as the bus took them', () => {
    const bus = {
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
    }
    expect(toHex(encodeCall({ ...bus, member: 'Hello' }, 1))).toBe(
      '6c01000100000000010000006e00000001016f00150000002f6f72672f667265656465736b746f702f4442757300000006017300140000006f72672e667265656465736b746f702e444275730000000002017300140000006f72672e667265656465736b746f702e4442757300000000030173000500000048656c6c6f000000',
    )
    const mixed = encodeCall(
      {
        ...bus,
        member: 'NoSuch',
        arguments: [
          { type: 'b', value: true },
          { type: 'x', value: -2n },
          { type: 'a{sv}', value: { a: 'b', cc: 'dd' } },
        ],
      },
      6,
    )
    expect(toHex(mixed)).toBe(
      '6c01000143000000060000007d00000001016f00150000002f6f72672f667265656465736b746f702f4442757300000006017300140000006f72672e667265656465736b746f702e444275730000000002017300140000006f72672e667265656465736b746f702e444275730000000003017300060000004e6f53756368000008016700076278617b73767d000000000100000000000000feffffffffffffff2b0000000000000001000000610001730000000001000000620000000000000002000000636300017300000002000000646400',
    )
    expect(messageLength(mixed)).toBe(mixed.length)
  })
})

describe('replies', () => {
  it('are read', () => {
    expect(decodeReply(fromHex(NAME))).toEqual({ replyTo: 1, error: undefined, values: [':1.2'] })
    expect(decodeReply(fromHex(NAMES))?.values).toEqual([['org.freedesktop.DBus']])
    expect(decodeReply(fromHex(ERROR))).toMatchObject({
      replyTo: 6,
      error: 'org.freedesktop.DBus.Error.UnknownMethod',
    })
    expect(decodeReply(fromHex(LOCKED))?.values).toEqual([false])
    expect(decodeReply(fromHex(UNLOCK))?.values).toEqual([['/org/freedesktop/secrets/collection/login'], '/'])
  })

  it('are not what else comes over the bus', () => {
    expect(decodeReply(fromHex(SIGNAL))).toBeUndefined()
  })

  it('fail without an exception, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeReply(bytes)).toBeUndefined()
        expect([undefined, 0].includes(messageLength(bytes)) || (messageLength(bytes) ?? 0) >= 16).toBe(true)
      }),
    )
    const mutated = fc.record({
      reply: fc.constantFrom(...REPLIES),
      changes: fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 6 }),
    })
    fc.assert(
      fc.property(mutated, ({ reply, changes }) => {
        const bytes = reply.slice()
        for (const { at, to } of changes) bytes[at % bytes.length] = to
        const decoded = decodeReply(bytes)
        expect(decoded === undefined || Array.isArray(decoded.values)).toBe(true)
      }),
      { numRuns: 2000 },
    )
    for (const reply of REPLIES) {
      for (let length = 0; length < reply.length; length++) expect(decodeReply(reply.slice(0, length))).toBeUndefined()
    }
  })

  it('do not nest without end, and do not promise gigabytes', () => {
    const bytes = fromHex(NAME)
    // The body's length, little-endian.
    bytes.set([0xff, 0xff, 0xff, 0x7f], 4)
    expect(messageLength(bytes)).toBe(0)
  })
})

describe('the address of the session bus', () => {
  it('is read from the environment, in every form that has a socket', () => {
    const of = (address: string) => socketPaths({ DBUS_SESSION_BUS_ADDRESS: address })
    expect(of('unix:path=/run/user/1/bus')).toEqual(['/run/user/1/bus'])
    expect(of('unix:path=/tmp/a%20b,guid=00;unix:abstract=/tmp/c')).toEqual(['/tmp/a b', '\0/tmp/c'])
    expect(of('tcp:host=localhost;autolaunch:')).toEqual([])
    expect(of('unix:guid=1,path=/x%')).toEqual(['/x%'])
    expect(socketPaths({ XDG_RUNTIME_DIR: '/run/user/1' })).toEqual(['/run/user/1/bus'])
    expect(socketPaths({})).toEqual([])
  })
})
