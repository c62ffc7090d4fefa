/** Two headless participants: real accounts, mail, service, relay, ICE and DTLS on loopback. Only the renderer is missing. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunningService } from '../../../src-server/app/service.ts'
import { toHex } from '../../../src-shared/base/bytes.ts'
import { rtpPacket } from '../ice/links.ts'
import { startTestService, until } from '../service/harness.ts'
import { participant, type Participant } from '../../participant/device.ts'

let service: RunningService
const ends: (() => void)[] = []

beforeAll(async () => {
  service = await startTestService({ now: () => Date.now() })
})
afterAll(async () => {
  for (const end of ends) end()
  await service.stop()
})

const phase = ({ call }: Participant): string => call?.phase.kind ?? 'none'

async function connect(alice: Participant, bob: Participant): Promise<void> {
  alice.calls.start('bob', { audio: true, video: true, screen: false })
  await until(() => bob.incoming !== undefined, 'it rings')
  bob.calls.accept(bob.incoming?.callId ?? '', { audio: true, video: false, screen: false })
  await until(() => phase(alice) === 'connected' && phase(bob) === 'connected', 'both are connected')
}

const sendingKey = ({ media }: Participant): string => {
  const keys = media.filter((message) => message.kind === 'keys').at(-1)
  return keys === undefined ? 'none' : toHex(keys.send.video.key)
}
const receivingKey = ({ media }: Participant): string => {
  const keys = media.filter((message) => message.kind === 'keys').at(-1)
  return keys === undefined ? 'none yet' : toHex(keys.receive.video.key)
}

it('call over the relay, then over the direct path, which goes on without the service', async () => {
  const [alice, bob] = [await participant(service, 'alice'), await participant(service, 'bob')]
  ends.push(alice.stop, bob.stop)
  await connect(alice, bob)
  await until(() => bob.call?.proof?.safetyWords !== undefined, 'there are words to compare')
  expect(bob.call?.proof?.safetyWords).toEqual(alice.call?.proof?.safetyWords)
  expect(sendingKey(alice)).toBe(receivingKey(bob))
  expect(sendingKey(bob)).toBe(receivingKey(alice))
  alice.send(rtpPacket(1), rtpPacket(2))
  bob.send(rtpPacket(3))
  await until(() => bob.packets().length === 2 && alice.packets().length === 1, 'packets pass the relay')
  expect(bob.packets()).toEqual([rtpPacket(1), rtpPacket(2)])
  expect(alice.call?.proof?.path).toBe('relay')
  alice.calls.end(alice.call?.callId ?? '')
  await until(() => phase(bob) === 'ended', 'the other side ended')
  expect(bob.history).toMatchObject([{ reason: 'hung-up', handle: 'alice' }])

  alice.hide(false)
  bob.hide(false)
  await connect(alice, bob)
  const onDirect = ({ call }: Participant): boolean => call?.proof?.path === 'direct'
  await until(() => onDirect(alice) && onDirect(bob), 'the direct path carries the call')
  const before = bob.packets().length
  await service.stop()
  alice.send(rtpPacket(4))
  await until(() => bob.packets().length === before + 1, 'a packet passes without the service')
  expect([phase(alice), phase(bob)]).toEqual(['connected', 'connected'])
  await alice.calls.close()
  await until(() => phase(bob) === 'ended', 'the end passes without the service')
  expect(bob.call?.phase).toEqual({ kind: 'ended', reason: 'hung-up' })
})
