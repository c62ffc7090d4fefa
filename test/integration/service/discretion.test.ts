/** The log of a service that everything happens to holds nobody's handle, address, key, or relation to another. */
import { afterAll, expect, it } from 'vitest'
import { toHex } from '../../../src-shared/base/bytes.ts'
import { encodeRequest } from '../../../src-shared/protocol/service/frame.ts'
import { memberAddress } from '../../../src-shared/protocol/relay-frame.ts'
import { TestChain } from '../../support/test-chain.ts'
import { testDevice, valueOf } from '../../support/test-device.ts'
import {
  clientOf,
  closeAll,
  envelopeTo,
  prekey,
  proof,
  random,
  RawDevice,
  registered,
  sharedDatabase,
  startTestService,
  testNow,
  until,
} from './harness.ts'
import { closeMembers, RelayMember, rtpPacket } from './relay-client.ts'

afterAll(() => {
  closeAll()
  closeMembers()
})

/** Bytes that are no frame whatever else they hold: no kind has this number. */
const noFrame = () => Buffer.concat([Buffer.of(0xff), random(50)])

it('says nothing about anybody', async () => {
  const lines: string[] = []
  let failing = false
  const service = await startTestService({
    logLevel: 'debug',
    logDestination: { write: (line) => void lines.push(line) },
    openDatabase: async () => {
      const database = await sharedDatabase()
      return {
        ...database,
        query: (sql, parameters) =>
          // As a driver complains: with the value in its message.
          failing ? Promise.reject(new Error(`bad value ${String(parameters?.[0])}`)) : database.query(sql, parameters),
      }
    },
  })
  const [alice, bob] = [testDevice('alice'), testDevice('bob')]
  const ofAlice = await registered(alice, 'alice.handle@example.org', service.port)
  const ofBob = await registered(bob, 'bob.handle@example.org', service.port)
  valueOf(await ofBob.lookup('alice.handle@example.org'))
  valueOf(await ofAlice.publishPrekeys([prekey(alice, 'one-time', 1)]))
  valueOf(await ofBob.fetchPrekey(alice.certificate.certHash))
  valueOf(await ofBob.push(alice.certificate.certHash, envelopeTo(alice, 'content'), testNow() + 60_000))
  const ticket = valueOf(await ofBob.relayTicket(random(16), alice.certificate.accountPub))
  const [caller, callee] = [new RelayMember(), new RelayMember()]
  expect(await caller.enter(ofBob, ticket)).toBe('opened')
  expect(await callee.enter(ofAlice, ticket)).toBe('opened')
  callee.send({ kind: 'message', peer: memberAddress(bob.certificate.certHash), message: Buffer.from('accept') })

  const link = { id: random(16), blob: random(100) }
  valueOf(await ofAlice.putLink(link.id, link.blob, testNow() + 60_000))
  valueOf(await ofBob.getLink(link.id))
  const chain = new TestChain(alice, random(16))
  chain.add(alice, bob)
  const ofGroup = valueOf(await ofAlice.groupTicket(chain.groupId, alice.certificate.accountPub, chain.seed))
  const founder = new RelayMember()
  expect(await founder.enter(ofAlice, ofGroup)).toBe('opened')
  founder.send({ kind: 'submit', entries: chain.entries })
  await founder.settled()
  founder.sendPacket(rtpPacket(1, chain.ssrcOf(alice)))
  founder.sendPacket(rtpPacket(1, chain.ssrcOf(bob)))

  // What goes wrong is what gets logged.
  founder.send({ kind: 'submit', entries: [random(100)] })
  founder.sendRaw(noFrame())
  await until(() => founder.ended, 'the relay has ended a group connection')
  caller.sendRaw(noFrame())
  await ofBob.relayConnect(ticket, 'v=0\r\nalice.handle@example.org\r\n')
  const stranger = new RawDevice(service.port, { host: 'alice.handle.example:1' })
  stranger.socket.send(encodeRequest(1, 'authenticate', proof(alice, await stranger.nonce(), 'alice.handle.example:1')))
  expect(await stranger.status(1)).toBe('refused')
  failing = true
  expect((await clientOf(undefined, service.port).checkHandle('alice.handle@example.org')).ok).toBe(false)
  expect((await ofAlice.prekeyStock()).ok).toBe(false)
  failing = false
  await until(() => caller.ended, 'the relay has ended a connection')
  await service.stop()

  const log = lines.join('')
  expect(lines.length).toBeGreaterThan(3)
  const keys = [alice, bob].flatMap(({ certificate }) => [
    certificate.certHash,
    certificate.accountPub,
    certificate.devicePub,
  ])
  const secret = [
    'alice.handle',
    'bob.handle',
    'example',
    '127.0.0.1',
    '::1',
    'localhost',
    'someone',
    ...[...keys, link.id, link.blob, chain.groupId].flatMap((key) => [
      toHex(key).slice(0, 12),
      Buffer.from(key).toString('base64').slice(0, 12),
    ]),
  ]
  expect(secret.filter((value) => log.includes(value))).toEqual([])
})
