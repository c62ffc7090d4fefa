/**
 * What a key that somebody held opens of a recorded call, and what it does not: every packet that was sent is tried with every key
 * that each device was ever given (docs/protocol/group.md, R33). Devices without windows, real service, real clip.
 */
import { describe, expect, it } from 'vitest'
import { kindOfSsrc, MEDIA_KINDS, type MediaKind } from '../../../src-shared/media/ssrc.ts'
import { systemRandom } from '../../../src-main/app/system.ts'
import { type Bytes, equalBytes } from '../../../src-shared/base/bytes.ts'
import { createSrtpReceiver } from '../../../src-shared/crypto/srtp.ts'
import type { FromMain, StreamKeys } from '../../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'
import { forwardingElements, parseForwarding } from '../../../src-shared/media/forwarding.ts'
import { mkiOf } from '../../../src-renderer/media-worker/sending-epochs.ts'
import type { Clip } from '../../participant/clip.ts'
import type { Participant } from '../../participant/device.ts'
import { HeadlessMedia } from '../../participant/media.ts'
import { until } from '../service/harness.ts'
import { answer, BOTH, testPeople } from './people.ts'

interface Key {
  readonly suite: SuiteName
  readonly epoch: number
  readonly keys: StreamKeys
}

interface Device {
  readonly name: string
  readonly device: Participant
  /** Copies of all media keys that it was ever given, its own among them. */
  readonly held: Key[]
  /** The arrays themselves, as they were handed on. */
  readonly given: Bytes[]
}

interface Sent {
  readonly by: string
  readonly at: number
  readonly packet: Bytes
}

/** Sound and a small picture, ten times a second: what is in it does not matter here. */
const CLIP: Clip = {
  duration: 1000,
  frames: Array.from({ length: 20 }, (_, i) => ({
    at: Math.floor(i / 2) * 100,
    kind: i % 2 === 0 ? 'audio' : 'video',
    layer: 0,
    keyframe: i % 2 === 1,
    payloadType: i % 2 === 0 ? 111 : 96,
    payloads: [new Uint8Array(80).fill(i)],
    timestampUs: Math.floor(i / 2) * 100_000,
    extensions: forwardingElements(
      i % 2 === 0 ? { audioLevel: { voice: true, level: 30 } } : { picture: { layer: 0, temporal: 0, keyframe: true } },
    ),
  })),
}

const people = testPeople()
const devices: Device[] = []
const recorded: Sent[] = []

function copyOf(keys: StreamKeys): StreamKeys {
  const copy = (kind: MediaKind) => ({ key: keys[kind].key.slice(), salt: keys[kind].salt.slice() })
  return { audio: copy('audio'), video: copy('video'), screen: copy('screen'), screenSound: copy('screenSound') }
}

async function device(name: string): Promise<Device> {
  const held: Key[] = []
  const given: Bytes[] = []
  const made = await people.comesAlone(name, (outlet) => {
    const media = new HeadlessMedia(CLIP, systemRandom, {
      ask: (request) => outlet.ask(request),
      send: (packets) => {
        for (const packet of packets) recorded.push({ by: name, at: Date.now(), packet: packet.slice() })
        outlet.send(packets)
      },
    })
    return {
      stop: () => media.stop(),
      take: (message: FromMain) => {
        if (message.kind === 'sending-keys' || message.kind === 'member-keys') {
          const { suite, epoch, keys } = message
          held.push({ suite, epoch, keys: copyOf(keys) })
          given.push(...MEDIA_KINDS.flatMap((kind) => [keys[kind].key, keys[kind].salt]))
        }
        media.take(message)
      },
    }
  })
  const result = { name, device: made, held, given }
  devices.push(result)
  return result
}

/** By RFC 3711 and 7714 themselves: no state of any receiver helps or hinders. */
function opens({ packet }: Sent, keys: readonly Key[]): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  const type = packet[1] ?? 0
  const isRtcp = type >= 192 && type <= 223
  const kind = kindOfSsrc(view.getUint32(isRtcp ? 4 : 8))
  return keys.some(({ suite, epoch, keys: { [kind]: own } }) => {
    const receiver = createSrtpReceiver({ suite, key: own.key, salt: own.salt, mki: mkiOf(epoch) })
    const rollover = parseForwarding(packet)?.rollover
    return (isRtcp ? receiver.unprotectRtcp(packet.slice()) : receiver.unprotectRtp(packet.slice(), rollover)).ok
  })
}

const together = (...all: readonly Device[]) =>
  until(
    () =>
      all.every(
        ({ device: { group } }) => group?.members.length === all.length - 1 && group.members.every((m) => m.keyed),
      ) && new Set(all.map(({ device: { group } }) => group?.proof?.epoch)).size === 1,
    `${all.map(({ name }) => name).join()} are together`,
  )

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('of a call that was recorded', () => {
  it('nobody opens what was sent before it came, or after it left, and nobody anything once it is over', async () => {
    const [ada, ben, mia] = [await device('ada'), await device('ben'), await device('mia')]
    ada.device.groups.start([ben.device.handle], BOTH)
    await answer(ben.device)
    await together(ada, ben)
    const benCame = Date.now()
    await pause(700)
    const callId = ada.device.group?.callId ?? ''
    const miaCame = Date.now()
    ada.device.groups.invite(callId, [mia.device.handle])
    await answer(mia.device)
    await together(ada, ben, mia)
    await pause(700)
    ben.device.groups.end(callId)
    await together(ada, mia)
    const benGone = Date.now()
    await pause(700)
    for (const each of [ada, mia]) each.device.groups.end(callId)
    await until(() => [ada, mia].every(({ device: { group } }) => group?.phase.kind === 'ended'), 'it is over')

    const before = recorded.filter(({ at }) => at > benCame && at < miaCame)
    const after = recorded.filter(({ at }) => at > benGone)
    const between = recorded.filter(({ at }) => at >= miaCame && at <= benGone)
    expect(Math.min(before.length, between.length, after.length)).toBeGreaterThan(10)
    // The test itself can tell: who was there opens everything.
    expect(recorded.filter((sent) => !opens(sent, ada.held))).toEqual([])
    expect(before.filter((sent) => !opens(sent, ben.held))).toEqual([])
    expect(after.filter((sent) => !opens(sent, mia.held))).toEqual([])
    expect(between.some((sent) => opens(sent, mia.held))).toBe(true)
    // Forward and backward.
    expect(before.filter((sent) => opens(sent, mia.held))).toEqual([])
    expect(after.filter((sent) => opens(sent, ben.held))).toEqual([])

    // Whoever takes the devices now finds keys of nothing.
    for (const { given } of devices) expect(given.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true)
    // And no key ever went over the wire.
    const wire = Buffer.concat(recorded.map(({ packet }) => packet))
    const secrets = devices.flatMap(({ held }) => held.flatMap(({ keys }) => MEDIA_KINDS.map((kind) => keys[kind].key)))
    expect(secrets.filter((secret) => wire.includes(Buffer.from(secret)))).toEqual([])
    expect(secrets.some((secret, i) => secrets.some((other, j) => i !== j && equalBytes(secret, other)))).toBe(true)
  })
})
