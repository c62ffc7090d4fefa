/** The app's client against services that restart, fall silent, or are not ours. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { UNKNOWN_CHANGE } from '../../../src-main/network/network-watch.ts'
import { type RunningService } from '../../../src-server/app/service.ts'
import { encodePush, encodeReply, parseRequestFrame } from '../../../src-shared/protocol/service/frame.ts'
import { testDevice, valueOf } from '../../support/test-device.ts'
import {
  clientOf,
  closeAll,
  envelopeTo,
  registered,
  sharedDatabase,
  startTestService,
  testNow,
  until,
} from './harness.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  closeAll()
  for (const stop of stops.splice(0)) await stop()
})

async function running(options = {}): Promise<RunningService> {
  const service = await startTestService({ openDatabase: sharedDatabase, ...options })
  stops.push(() => service.stop())
  return service
}

/** A service of somebody else's making, on a port of its own. */
async function falseService(behave: (socket: WebSocket) => void): Promise<{ port: number; connections: () => number }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  let connections = 0
  server.on('connection', (socket) => {
    connections++
    socket.on('error', () => undefined)
    behave(socket)
  })
  stops.push(async () => {
    for (const socket of server.clients) socket.terminate()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, connections: () => connections }
}

const challenge = () => encodePush({ kind: 'challenge', nonce: new Uint8Array(randomBytes(32)) })
const alice = testDevice('alice')

describe('a service that is not there', () => {
  it('makes requests fail as offline, and is found when it comes', async () => {
    const first = await startTestService({ openDatabase: sharedDatabase })
    await first.stop()
    const states: string[] = []
    const client = clientOf(alice, first.port)
    client.onState((state) => states.push(state))
    await until(() => client.state === 'offline', 'the client knows')
    expect(await client.checkHandle('alice')).toEqual({ ok: false, reason: 'offline' })
    await running({ port: first.port })
    await until(() => client.state === 'online', 'the client has found it')
    expect(valueOf(await client.checkHandle('nobody'))).toBe(true)
    expect(states).toEqual(['offline', 'online'])
  })

  it('is waited for a little by a request that comes while connecting', async () => {
    const service = await running()
    expect(valueOf(await clientOf(undefined, service.port).checkHandle('nobody'))).toBe(true)
  })
})

describe('a service that restarts', () => {
  it('has its device back by itself', async () => {
    const before = await startTestService({ openDatabase: sharedDatabase })
    const { port } = before
    const client = await registered(alice, 'alice', port)
    await before.stop()
    await until(() => client.state !== 'online', 'the client has noticed')
    await running({ port })
    await until(() => client.state === 'online', 'the client is back')
    expect(await client.prekeyStock()).toEqual({ ok: true, value: 0 })
  })
})

describe('a network that dies without a word', () => {
  /** Passes bytes on until it is told to swallow them. */
  async function wire(to: number): Promise<{ port: number; cut: () => void }> {
    let dead = false
    const sockets = new Set<Socket>()
    const server: Server = createServer((near) => {
      const far = connect(to, '127.0.0.1')
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on('error', () => undefined)
      }
      near.on('data', (data) => !dead && far.write(data))
      far.on('data', (data) => !dead && near.write(data))
      near.on('close', () => far.destroy())
      far.on('close', () => !dead && near.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return { port: address.port, cut: () => (dead = true) }
  }

  async function online() {
    const service = await running()
    const { port, cut } = await wire(service.port)
    const client = clientOf(undefined, port)
    await until(() => client.state === 'online', 'the client is online')
    return { client, cut }
  }

  it('is noticed within some seconds', async () => {
    const { client, cut } = await online()
    cut()
    await until(() => client.state !== 'online', 'the client has noticed')
  })

  it('is noticed sooner when the network is known to have changed', async () => {
    const { client, cut } = await online()
    cut()
    client.networkChanged(UNKNOWN_CHANGE)
    await until(() => client.state !== 'online', 'the client has noticed')
  })

  it('is noticed at once when the address is gone that it came from', async () => {
    const { client, cut } = await online()
    cut()
    client.networkChanged({ isGone: (address) => address === '192.0.2.1' })
    expect(client.state).toBe('online')
    client.networkChanged({ isGone: (address) => address === '127.0.0.1' })
    expect(client.state).not.toBe('online')
  })

  it('is noticed soon by who has reason to doubt it', async () => {
    const { client, cut } = await online()
    client.doubt()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(client.state).toBe('online')
    cut()
    client.doubt()
    await until(() => client.state !== 'online', 'the client has noticed')
  })
})

describe('a service that does not keep to the protocol', () => {
  it('gets no second signature on a connection', async () => {
    const proofs: number[] = []
    const evil = await falseService((socket) => {
      socket.on('message', (data: Buffer) => proofs.push(data.length))
      socket.send(challenge())
      socket.send(challenge())
    })
    const client = clientOf(alice, evil.port)
    await until(() => evil.connections() > 1, 'the client has ended the connection')
    client.close()
    expect(proofs.length).toBeLessThanOrEqual(evil.connections())
  })

  const noise: readonly [string, (socket: WebSocket) => void][] = [
    ['noise', (socket) => socket.send(randomBytes(100))],
    ['text', (socket) => socket.send('hello')],
    ['frames beyond the limit', (socket) => socket.send(new Uint8Array(1_000_000))],
    ['a challenge of another version', (socket) => socket.send(Uint8Array.of(0, 0, 0, 0, 1, 2, ...randomBytes(32)))],
    [
      'envelopes without end',
      (socket) => {
        socket.send(challenge())
        for (let queueId = 1; queueId < 100; queueId++) {
          socket.send(encodePush({ kind: 'envelope', queueId, envelope: envelopeTo(alice, 'x') }))
        }
      },
    ],
  ]
  it.each(noise)('is left and tried again: %s', async (_, behave) => {
    const evil = await falseService(behave)
    const client = clientOf(undefined, evil.port)
    await until(() => evil.connections() > 1, 'the client tries again')
    client.close()
  })

  it('cannot answer one request with the answer to another', async () => {
    const evil = await falseService((socket) => {
      socket.send(challenge())
      socket.on('message', (data: Buffer) => {
        const id = parseRequestFrame(new Uint8Array(data))?.id ?? 0
        // The answer to PrekeyStock, four bytes, to a question whose answer has one.
        socket.send(encodeReply(id, 'prekeyStock', 7))
      })
    })
    const client = clientOf(undefined, evil.port)
    expect(await client.checkHandle('alice')).toEqual({ ok: false, reason: 'offline' })
    await until(() => evil.connections() > 1, 'the client tries again')
  })

  it('cannot keep a request waiting for ever', async () => {
    const evil = await falseService((socket) => socket.send(challenge()))
    expect(await clientOf(undefined, evil.port).checkHandle('alice')).toEqual({ ok: false, reason: 'offline' })
  })
})

it('asks nothing of a service that the device could not say in one frame', async () => {
  const service = await running()
  const client = await registered(alice, 'alice', service.port)
  const { certHash } = alice.certificate
  expect(await client.checkHandle('é'.repeat(320))).toEqual({ ok: false, reason: 'invalid' })
  const pushed = await client.push(certHash, new Uint8Array(70_000), testNow() + 1000)
  expect(pushed).toEqual({ ok: false, reason: 'refused' })
  const offered = await client.relayConnect(new Uint8Array(121), 'a'.repeat(20_000))
  expect(offered).toEqual({ ok: false, reason: 'refused' })
  expect(client.state).toBe('online')
})
