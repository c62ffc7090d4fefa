/** The device's side of the relay against the service's. */
import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { createRelayLinks, type RelayLinksOptions } from '../../../src-main/ice/relay-link.ts'
import { Relay } from '../../../src-server/relay/relay.ts'
import { failure, type Result } from '../../../src-shared/base/result.ts'
import { memberAddress, RELAY_SILENCE } from '../../../src-shared/protocol/relay-frame.ts'
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
function join(relay: () => Relay | undefined, options: Partial<RelayLinksOptions> = {}): Member {
  const certHash = randomBytes(32)
  const address = memberAddress(certHash)
  const offers: string[] = []
  if (ends.length === 0) caller = certHash
  const room = { kind: 'call', callId: new Uint8Array(16), callerCertHash: caller, calleeAccountPub: account } as const
  const connect = (_ticket: Uint8Array, offer: string): Promise<Result<string, string>> => {
    offers.push(offer)
    const there = relay()
    if (there === undefined) return Promise.resolve(failure('offline'))
    return there.connect({ room, certHash, accountPub: account, offer, origin: LOOPBACK, reachedAt: LOOPBACK })
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
