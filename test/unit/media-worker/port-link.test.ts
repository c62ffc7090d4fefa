import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CREDITS, type FromMain, type FromWorker } from '../../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../../src-shared/ipc/packet-batch.ts'
import { PortLink } from '../../../src-renderer/media-worker/port-link.ts'

const PACKET = Uint8Array.of(1, 2, 3)

describe('the media port', () => {
  let main: MessagePort
  let link: PortLink
  let fromWorker: FromWorker[]
  let packets: Uint8Array[]
  let messages: FromMain[]

  beforeEach(() => {
    const { port1, port2 } = new MessageChannel()
    main = port1
    fromWorker = []
    packets = []
    messages = []
    main.onmessage = ({ data }: MessageEvent<FromWorker>) => fromWorker.push(data)
    link = new PortLink(port2, {
      packets: (batch) => packets.push(...batch),
      message: (message) => messages.push(message),
    })
  })
  afterEach(() => {
    link.close()
    main.close()
  })

  const say = (message: FromMain) => {
    main.postMessage(message)
  }

  it('sends one message a frame, and stops where its credit ends', async () => {
    for (let i = 0; i < CREDITS + 5; i++) link.send([PACKET, PACKET])
    await vi.waitFor(() => {
      expect(fromWorker).toHaveLength(CREDITS)
    })
    const [first] = fromWorker
    expect(first?.kind === 'packets' ? splitPackets(first.batch) : undefined).toEqual([PACKET, PACKET])
    expect(link).toMatchObject({ packetsSent: 2 * CREDITS, packetsDropped: 10, isFull: true })
    say({ kind: 'credit', count: 3 })
    await vi.waitFor(() => {
      expect(link.isFull).toBe(false)
    })
    expect([1, 2, 3, 4].map(() => link.send([PACKET]))).toEqual([true, true, true, false])
  })

  it('answers what it takes in before the other side runs out of credit', async () => {
    for (let i = 0; i < CREDITS; i++) say({ kind: 'packets', batch: joinPackets([PACKET]), arrivedAt: 0 })
    const credit = () => fromWorker.reduce((sum, message) => sum + (message.kind === 'credit' ? message.count : 0), 0)
    await vi.waitFor(() => {
      expect(credit()).toBe(CREDITS)
    })
    expect(packets).toHaveLength(CREDITS)
  })

  it('hands on everything else as it is', async () => {
    say({ kind: 'path', path: 'direct' })
    say({ kind: 'end' })
    await vi.waitFor(() => {
      expect(messages).toEqual([{ kind: 'path', path: 'direct' }, { kind: 'end' }])
    })
  })
})
