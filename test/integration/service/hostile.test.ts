/** Connections without manners: wrong proofs, replays, other hosts, noise, floods. The service goes on for everyone else. */
import fc from 'fast-check'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import type { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { encodePush, encodeRequest } from '../../../src-shared/protocol/service/frame.ts'
import { FRAME_MAX } from '../../../src-shared/protocol/service/limits.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'
import { NOW, testDevice, valueOf } from '../../support/test-device.ts'
import {
  clientOf,
  closeAll,
  proof,
  random,
  RawDevice,
  registered,
  sharedDatabase,
  startTestService,
  until,
} from './harness.ts'

const alice = testDevice('alice')
let service: RunningService
let good: ServiceClient
beforeAll(async () => {
  // The tests below are many devices on one address.
  const rates = {
    connections: { points: 100_000, seconds: 60 },
    authentications: { points: 100_000, seconds: 60 },
    handles: { points: 100_000, seconds: 60 },
  }
  service = await startTestService({ rates })
  good = await registered(alice, 'alice', service.port)
})
afterAll(async () => {
  closeAll()
  await service.stop()
})

const host = () => `127.0.0.1:${String(service.port)}`

describe('authentication', () => {
  it('takes a proof for this nonce and this host', async () => {
    const device = new RawDevice(service.port)
    device.socket.send(encodeRequest(1, 'authenticate', proof(testDevice('bob'), await device.nonce(), host())))
    expect(await device.status(1)).toBe('ok')
  })

  it('refuses a proof of another key, and gives no second attempt on the connection', async () => {
    const device = new RawDevice(service.port)
    const nonce = await device.nonce()
    const { signature } = proof(testDevice('mallory'), nonce, host())
    device.socket.send(encodeRequest(1, 'authenticate', { certificate: alice.certificate.bytes, signature }))
    expect(await device.status(1)).toBe('unauthenticated')
    device.socket.send(encodeRequest(2, 'authenticate', proof(alice, nonce, host())))
    expect(await device.status(2)).toBe('unauthenticated')
    device.socket.send(encodeRequest(3, 'lookup', 'alice'))
    expect(await device.status(3)).toBe('unauthenticated')
  })

  it('refuses a recorded proof on another connection', async () => {
    const first = new RawDevice(service.port)
    const recorded = encodeRequest(1, 'authenticate', proof(testDevice('bob'), await first.nonce(), host()))
    first.socket.send(recorded)
    expect(await first.status(1)).toBe('ok')
    const second = new RawDevice(service.port)
    await second.nonce()
    second.socket.send(recorded)
    expect(await second.status(1)).toBe('unauthenticated')
  })

  it('refuses a proof for another host', async () => {
    const device = new RawDevice(service.port)
    const nonce = await device.nonce()
    device.socket.send(encodeRequest(1, 'authenticate', proof(alice, nonce, 'evil.example:8440')))
    expect(await device.status(1)).toBe('unauthenticated')
  })

  it('refuses a device that was called by a name which is not ours', async () => {
    const device = new RawDevice(service.port, { host: 'evil.example:8440' })
    device.socket.send(encodeRequest(1, 'authenticate', proof(alice, await device.nonce(), 'evil.example:8440')))
    expect(await device.status(1)).toBe('refused')
  })

  it('refuses certificates that are damaged, expired, or not signed by their device', async () => {
    const bad = [
      testDevice('bob', 'desk', { notAfter: NOW - 1 }),
      testDevice('bob', 'desk', { notBefore: NOW + 1e9 }),
      testDevice('bob', 'desk', { devicePub: alice.keys.device.public }),
    ]
    for (const device of bad) {
      const raw = new RawDevice(service.port)
      raw.socket.send(encodeRequest(1, 'authenticate', proof(device, await raw.nonce(), host())))
      expect(await raw.status(1)).toBe('invalid')
    }
  })

  it('is not passed on by a false service', async () => {
    // A false service asks alice's device to prove itself with a nonce of the real one.
    const stolen = new RawDevice(service.port)
    const nonce = await stolen.nonce()
    const falseService = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(falseService, 'listening')
    const proved = new Promise<Uint8Array>((resolve) => {
      falseService.on('connection', (socket) => {
        socket.on('message', (data: Buffer) => resolve(new Uint8Array(data)))
        socket.send(encodePush({ kind: 'challenge', nonce }))
      })
    })
    const address = falseService.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const victim = clientOf(alice, address.port)
    stolen.socket.send(await proved)
    expect(await stolen.status(1)).toBe('unauthenticated')
    victim.close()
    falseService.close()
  })
})

describe('frames', () => {
  it('that cannot be read end the connection, thousands of them, and nobody else notices', async () => {
    const valid = [
      encodeRequest(1, 'checkHandle', 'alice'),
      encodeRequest(2, 'register', { handle: 'a', certificate: alice.certificate.bytes, deviceList: alice.list.bytes }),
      encodeRequest(3, 'prekeyStock', undefined),
      encodeRequest(4, 'acknowledge', 7),
      encodeRequest(5, 'relayConnect', { ticket: random(121), offer: 'v=0' }),
    ]
    const messages = fc.sample(foreignBytes(...valid), { numRuns: 5000, seed: 3 })
    let sent = 0
    let connections = 0
    while (sent < messages.length) {
      const device = new RawDevice(service.port)
      await device.nonce()
      connections++
      // Some are readable; the connection lives until the first that is not.
      for (const message of messages.slice(sent, sent + 50)) device.socket.send(message)
      device.socket.send(Uint8Array.of(0))
      await until(() => device.closeCode !== undefined, 'the connection is ended')
      expect(device.closeCode).toBe(4000)
      sent += 50
    }
    expect(connections).toBe(100)
    expect(valueOf(await good.checkHandle('alice'))).toBe(false)
  })

  it('beyond the limit, and text, end the connection', async () => {
    const large = new RawDevice(service.port)
    await large.nonce()
    large.socket.send(new Uint8Array(FRAME_MAX + 1))
    await until(() => large.closeCode !== undefined, 'the connection is ended')
    expect(large.closeCode).toBe(1009)

    const talkative = new RawDevice(service.port)
    await talkative.nonce()
    talkative.socket.send('hello')
    await until(() => talkative.closeCode !== undefined, 'the connection is ended')
    expect(talkative.closeCode).toBe(4000)
  })

  it('that come too fast are refused, not lost', async () => {
    const device = new RawDevice(service.port)
    await device.nonce()
    for (let id = 1; id <= 700; id++) device.socket.send(encodeRequest(id, 'prekeyStock', undefined))
    expect(await device.status(700)).toBe('rate-limited')
    const statuses = device.frames.flatMap((frame) => (frame.kind === 'response' ? [frame.status] : []))
    expect(statuses).toHaveLength(700)
    expect(statuses.filter((status) => status === 'unauthenticated')).toHaveLength(600)
  })
})

describe('the port', () => {
  it('refuses web pages, other paths, and answers for its health', async () => {
    for (const [headers, path] of [
      [{ origin: 'https://evil.example' }, '/v1'],
      [{}, '/v2'],
    ] as const) {
      const device = new RawDevice(service.port, headers, path)
      await until(() => device.closeCode !== undefined, 'the upgrade is refused')
      expect(device.frames).toEqual([])
    }
    const url = `http://${host()}`
    const health = await fetch(`${url}/health`)
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }])
    expect((await fetch(`${url}/`)).status).toBe(404)
    expect((await fetch(`${url}/health`, { method: 'POST' })).status).toBe(404)
  })

  it('survives noise and half requests', async () => {
    for (let index = 0; index < 50; index++) {
      const socket = connect(service.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(random(200))
      socket.end()
      request({
        port: service.port,
        host: '127.0.0.1',
        path: '/v1',
        headers: { upgrade: 'websocket', connection: 'upgrade' },
      })
        .on('error', () => undefined)
        .end()
    }
    expect(valueOf(await good.checkHandle('alice'))).toBe(false)
  })
})

describe('rate limits', () => {
  it('of one address: handles, proofs and connections', async () => {
    const limited = await startTestService({
      openDatabase: sharedDatabase,
      rates: { handles: { points: 3, seconds: 60 }, connections: { points: 2, seconds: 60 } },
    })
    const client = clientOf(undefined, limited.port)
    const answers = []
    for (let index = 0; index < 4; index++) answers.push(await client.checkHandle('someone'))
    expect(answers.map((answer) => answer.ok || answer.reason)).toEqual([true, true, true, 'rate-limited'])
    const second = new RawDevice(limited.port)
    await second.nonce()
    const third = new RawDevice(limited.port)
    await until(() => third.closeCode !== undefined, 'the third connection is refused')
    expect(third.frames).toEqual([])
    client.close()
    await limited.stop()
  })

  it('of one device: tickets, prekeys, new accounts', async () => {
    const limited = await startTestService({
      openDatabase: sharedDatabase,
      rates: {
        accounts: { points: 1, seconds: 60 },
        relay: { points: 1, seconds: 60 },
        prekeyPublications: { points: 1, seconds: 60 },
      },
    })
    const first = await registered(alice, 'alice', limited.port)
    const bob = testDevice('bob')
    const second = clientOf(bob, limited.port)
    const entry = { handle: 'bob', certificate: bob.certificate.bytes, deviceList: bob.list.bytes }
    expect(await second.register(entry)).toEqual({ ok: false, reason: 'rate-limited' })
    expect((await first.relayTicket(random(16), alice.certificate.accountPub)).ok).toBe(true)
    const again = await first.relayTicket(random(16), alice.certificate.accountPub)
    expect(again).toEqual({ ok: false, reason: 'rate-limited' })
    const worthless = [random(1358)]
    expect(await first.publishPrekeys(worthless)).toEqual({ ok: false, reason: 'refused' })
    expect(await first.publishPrekeys(worthless)).toEqual({ ok: false, reason: 'rate-limited' })
    first.close()
    second.close()
    await limited.stop()
  })
})
