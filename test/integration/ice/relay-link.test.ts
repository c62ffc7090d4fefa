/** The device's side of the relay against the service's. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createRelayLinks, type RelayLinksOptions } from '../../../src-main/ice/relay-link.ts'
import { Relay } from '../../../src-server/relay/relay.ts'
import { failure, type Result } from '../../../src-shared/base/result.ts'
import { encodeRelayFrame, memberAddress, RELAY_SILENCE } from '../../../src-shared/protocol/relay-frame.ts'
import {
  encodeSocketMessage,
  parseSocketAnswer,
  SOCKET_MESSAGE_MAX,
} from '../../../src-shared/protocol/service/relay-socket.ts'
import { LOOPBACK, pause, RelayEnd, rtpPacket, systemClock, until } from './links.ts'

const defects: unknown[] = []
let relays: Relay[] = []
let ends: RelayEnd[] = []
const account = new Uint8Array(32)
let caller: Uint8Array = account

function startRelay(): Relay {
  const relay = Relay.start({
    port: 0,
    bindAddress: LOOPBACK,
    publicAddresses: () => Promise.resolve([]),
    now: () => Date.now(),
    defect: (error) => defects.push(error),
  })
  relays.push(relay)
  return relay
}

interface Member {
  readonly end: RelayEnd
  readonly address: string
  readonly offers: string[]
}

/** A device whose ticket is its own name; the first one is the caller's. */
function join(
  relay: () => Relay | undefined,
  options: Partial<RelayLinksOptions> = {},
  network: (answer: Result<string, string>) => Result<string, string> = (answer) => answer,
): Member {
  const certHash = randomBytes(32)
  const address = memberAddress(certHash)
  const offers: string[] = []
  if (ends.length === 0) caller = certHash
  const room = { kind: 'call', callId: new Uint8Array(16), callerCertHash: caller, calleeAccountPub: account } as const
  const connect = (_ticket: Uint8Array, offer: string): Promise<Result<string, string>> => {
    offers.push(offer)
    const there = relay()
    if (there === undefined) return Promise.resolve(failure('offline'))
    const entrance = { room, certHash, accountPub: account, offer, origin: LOOPBACK, reachedAt: LOOPBACK }
    return there.connect(entrance).then(network)
  }
  const links = createRelayLinks({ clock: systemClock, connect, jitter: () => 0.5, bindAddress: LOOPBACK, ...options })
  const end = new RelayEnd(links, new Uint8Array())
  ends.push(end)
  return { end, address, offers }
}

async function opened(...members: readonly Member[]): Promise<void> {
  await until(() => members.every(({ end }) => end.opens > 0), 'all are connected')
}

afterEach(async () => {
  for (const end of ends) end.link.close()
  // What a link sends while it closes still needs the relay.
  await pause(300)
  await Promise.all(relays.map((relay) => relay.stop()))
  relays = []
  ends = []
  expect(defects).toEqual([])
})

describe('a relay link', () => {
  test('carries messages by address and packets to the receivers', async () => {
    const relay = startRelay()
    const [alice, bob] = [join(() => relay), join(() => relay)]
    await opened(alice, bob)
    expect(alice.end.link.send(bob.address, Buffer.from('hello'))).toBe(true)
    await until(() => bob.end.messages.length === 1, 'the message is there')
    expect(bob.end.messages).toEqual([{ from: alice.address, text: 'hello' }])

    alice.end.link.sendPacket(rtpPacket(1))
    bob.end.link.send(alice.address, Buffer.from('accept'))
    alice.end.link.setReceivers([bob.address])
    bob.end.link.setReceivers([alice.address])
    await until(() => alice.end.messages.length === 1, 'the answer is there')
    const packets = Array.from({ length: 20 }, (_, i) => rtpPacket(i + 2, 1100, i))
    for (const packet of packets) {
      alice.end.link.sendPacket(packet)
      bob.end.link.sendPacket(packet)
    }
    await until(() => bob.end.packets.length === 20 && alice.end.packets.length === 20, 'the packets are there')
    // Not the one from before the receivers were set.
    expect(bob.end.packets).toEqual(packets)
    expect(alice.end.packets).toEqual(packets)
  })

  test('tells the relay no address', async () => {
    const relay = startRelay()
    const alice = join(() => relay)
    await opened(alice)
    expect(alice.offers).toHaveLength(1)
    expect(alice.offers[0]).not.toContain('candidate')
    expect(alice.offers[0]).toMatch(/\r\nm=video 9 /)
  })

  test('hears when an acquainted member leaves, also one that said something last', async () => {
    const relay = startRelay()
    const [alice, bob] = [join(() => relay), join(() => relay)]
    await opened(alice, bob)
    alice.end.link.send(bob.address, Buffer.from('1'))
    alice.end.link.send(bob.address, Buffer.from('bye'))
    alice.end.link.close()
    await until(() => bob.end.gone.length === 1, 'it left')
    expect(bob.end.gone).toEqual([alice.address])
    expect(bob.end.messages.map(({ text }) => text)).toEqual(['1', 'bye'])
    expect(alice.end.losses).toBe(0)
  })

  test('connects again after the relay was restarted, and names its receivers again', async () => {
    let relay: Relay | undefined = startRelay()
    const [alice, bob] = [join(() => relay), join(() => relay)]
    await opened(alice, bob)
    alice.end.link.setReceivers([bob.address])
    bob.end.link.setReceivers([alice.address])
    const stopping = relay
    relay = undefined
    await stopping.stop()
    await until(() => alice.end.losses === 1 && bob.end.losses === 1, 'the loss is noticed')
    expect(alice.end.link.send(bob.address, Buffer.from('lost'))).toBe(false)
    expect(alice.end.link.sendPacket(rtpPacket(1))).toBe(false)

    // On another port: within one process the library frees a port only some time after the last connection on it.
    relay = startRelay()
    await until(() => alice.end.opens === 2 && bob.end.opens === 2, 'both are back')
    alice.end.link.send(bob.address, Buffer.from('again'))
    bob.end.link.send(alice.address, Buffer.from('again'))
    await until(() => bob.end.messages.length === 1 && alice.end.messages.length === 1, 'messages go through')
    bob.end.link.sendPacket(rtpPacket(5))
    alice.end.link.sendPacket(rtpPacket(5))
    await until(() => bob.end.packets.length === 1 && alice.end.packets.length === 1, 'packets go through')
  })

  test('is kept alive, and lost when the relay stops answering', async () => {
    const relay = startRelay()
    const started = Date.now()
    let standing = true
    const bob = join(() => relay, {
      clock: {
        now: () => started + 10 * (Date.now() - started),
        after: (delay, callback) => systemClock.after(delay / 10, callback),
      },
    })
    await opened(bob)
    await pause((2 * RELAY_SILENCE) / 10)
    expect(bob.end.losses).toBe(0)

    // A device that sends no KeepAlive is dropped by the relay after its silence, and notices that at once.
    const mute = join(() => relay, {
      clock: {
        now: () => 0,
        after: (delay, callback) => (delay < 1000 && standing ? systemClock.after(delay, callback) : () => undefined),
      },
    })
    await opened(mute)
    await until(() => mute.end.losses === 1, 'the relay drops the silent one', 2 * RELAY_SILENCE)
    standing = false
    expect(bob.end.losses).toBe(0)
  })

  test.each([
    ['a refusal', failure('ticket')],
    ['something that is no answer', { ok: true, value: 'v=0\r\n' } as const],
  ])('tries again after %s, with growing pauses', async (_, outcome) => {
    const attempts: number[] = []
    const logged: string[] = []
    const end = new RelayEnd(
      createRelayLinks({
        clock: systemClock,
        connect: () => {
          attempts.push(Date.now())
          return Promise.resolve(outcome)
        },
        log: (event) => logged.push(event),
        jitter: () => 0.5,
        bindAddress: LOOPBACK,
      }),
      new Uint8Array(),
    )
    ends.push(end)
    await until(() => attempts.length === 4, 'there are four attempts')
    end.link.close()
    const pauses = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0))
    expect(pauses[0]).toBeGreaterThanOrEqual(95)
    expect(pauses[1]).toBeGreaterThanOrEqual(295)
    expect(pauses[2]).toBeGreaterThanOrEqual(995)
    expect([end.opens, end.losses]).toEqual([0, 0])
    expect(logged.length).toBe(4)
    await pause(100)
    expect(attempts.length).toBe(4)
  })
})

describe('a relay link, when the network is another one', () => {
  test('is made anew at once if its address is gone, and stays if it is not', async () => {
    const relay = startRelay()
    let doubted = 0
    const links = createRelayLinks({
      clock: systemClock,
      connect: (_, offer) =>
        relay.connect({
          room: { kind: 'call', callId: new Uint8Array(16), callerCertHash: account, calleeAccountPub: account },
          certHash: account,
          accountPub: account,
          offer,
          origin: LOOPBACK,
          reachedAt: LOOPBACK,
        }),
      bindAddress: LOOPBACK,
      lost: () => (doubted += 1),
    })
    const end = new RelayEnd(links, new Uint8Array())
    ends.push(end)
    await until(() => end.opens === 1, 'it is connected')
    links.networkChanged({ isGone: (address) => address === '192.0.2.1' })
    await pause(2500)
    expect([end.opens, end.losses, doubted]).toEqual([1, 0, 0])
    links.networkChanged({ isGone: (address) => address === LOOPBACK })
    expect([end.losses, doubted]).toEqual([1, 1])
    await until(() => end.opens === 2, 'it is connected again')
  })

  test('asks the service again soon while that is out of reach, and tries the same way', async () => {
    const offers: string[] = []
    const delays: number[] = []
    const links = createRelayLinks({
      clock: {
        now: () => Date.now(),
        after: (delay, callback) => {
          delays.push(delay)
          return systemClock.after(delay, callback)
        },
      },
      connect: (_, offer) => {
        offers.push(offer)
        return Promise.resolve(failure('offline'))
      },
      jitter: () => 0.25,
      bindAddress: LOOPBACK,
      socket: { url: 'ws://127.0.0.1:9', headers: {} },
    })
    ends.push(new RelayEnd(links, new Uint8Array()))
    await until(() => offers.length === 6, 'it has asked several times')
    expect(offers).not.toContain('websocket')
    // No pause grows.
    expect(delays.filter((delay) => delay === 225).length).toBeGreaterThanOrEqual(5)
  })
})

describe('without UDP', () => {
  const servers: WebSocketServer[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  /** Where the relay takes WebSockets. */
  async function socketOf(relay: Relay): Promise<NonNullable<RelayLinksOptions['socket']>> {
    const server = new WebSocketServer({ host: LOOPBACK, port: 0, maxPayload: SOCKET_MESSAGE_MAX })
    servers.push(server)
    await new Promise((resolve) => server.once('listening', resolve))
    server.on('connection', (socket) => relay.accept(socket))
    const { port } = server.address() as AddressInfo
    return { url: `ws://${LOOPBACK}:${String(port)}`, headers: {} }
  }

  /** What a network does to the relay's answers that lets no UDP through. */
  const blocked = (member: Result<string, string>): Result<string, string> =>
    member.ok ? { ok: true, value: member.value.replace(/^a=candidate:.*\r\n/gm, '') } : member

  test('the relay is reached over a WebSocket, and everything passes as before', async () => {
    const relay = startRelay()
    const socket = await socketOf(relay)
    const [alice, bob] = [join(() => relay, { socket }, blocked), join(() => relay)]
    await until(() => alice.end.opens > 0 && bob.end.opens > 0, 'both are connected')
    expect(alice.offers).toHaveLength(2)
    expect(alice.offers[1]).toBe('websocket')
    const both = [
      [alice, bob],
      [bob, alice],
    ] as const
    for (const [from, to] of both) from.end.link.setReceivers([to.address])
    for (const [from, to] of both) {
      expect(from.end.link.send(to.address, Buffer.from('hello'))).toBe(true)
      await until(() => to.end.messages.length === 1, 'the message is there')
      const packets = Array.from({ length: 20 }, (_, i) => rtpPacket(i, 1100, i))
      await pause(100)
      for (const packet of packets) from.end.link.sendPacket(packet)
      await until(() => to.end.packets.length === packets.length, 'the packets are there')
      expect(to.end.packets).toEqual(packets)
    }
    // Longer than silence is allowed to last.
    await pause(RELAY_SILENCE + 500)
    expect([alice, bob].map(({ end }) => end.losses)).toEqual([0, 0])
  })

  test('whoever loses a WebSocket comes again over one', async () => {
    const relay = startRelay()
    const socket = await socketOf(relay)
    const alice = join(() => relay, { socket }, blocked)
    await until(() => alice.end.opens === 1, 'it is connected')
    for (const server of servers) for (const client of server.clients) client.terminate()
    await until(() => alice.end.opens === 2, 'it is connected again')
    expect(alice.offers.slice(1)).toEqual(['websocket', 'websocket'])
  })

  test('a WebSocket without a token of its own, used once, is nobody’s', async () => {
    const relay = startRelay()
    const { url } = await socketOf(relay)
    const certHash = randomBytes(32)
    const room = {
      kind: 'call',
      callId: new Uint8Array(16),
      callerCertHash: certHash,
      calleeAccountPub: account,
    } as const
    const answer = await relay.connect({
      room,
      certHash,
      accountPub: account,
      offer: 'websocket',
      origin: LOOPBACK,
      reachedAt: LOOPBACK,
    })
    const token = parseSocketAnswer(answer.ok ? answer.value : '') ?? new Uint8Array()
    const tried = async (first: Uint8Array | string): Promise<boolean> => {
      const client = new WebSocket(url)
      client.on('error', () => undefined)
      let echoed = false
      client.on('message', () => (echoed = true))
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
      await new Promise((resolve) => client.once('open', resolve))
      client.send(first)
      client.send(encodeSocketMessage('frame', encodeRelayFrame({ kind: 'keep-alive' })))
      await Promise.race([closed, pause(400)])
      client.terminate()
      return echoed
    }
    expect(await tried(randomBytes(16))).toBe(false)
    expect(await tried('websocket')).toBe(false)
    expect(await tried(new Uint8Array())).toBe(false)
    expect(await tried(token)).toBe(true)
    expect(await tried(token)).toBe(false)
  })
})
