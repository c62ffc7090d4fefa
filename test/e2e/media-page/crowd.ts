/**
 * A crowd for measurements: one real session is recorded for a while, and played to another one under the names and keys of
 * many members. So what is measured is receiving alone: the crowd costs hardly more than its messages.
 */
import { GroupProtection } from '../../../src-renderer/media-worker/group-protection.ts'
import { SendingEpochs } from '../../../src-renderer/media-worker/sending-epochs.ts'
import type { GroupMember } from '../../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../../src-shared/ipc/packet-batch.ts'
import { openGroupSession } from '../../../src-renderer/devices/open-group-session.ts'
import type { GroupSession } from '../../../src-renderer/devices/group-session.ts'
import { ANY_DEVICES } from './any-devices.ts'
import { randomKeys } from './random-keys.ts'

const SUITE = 'AES_256_CM_HMAC_SHA1_80'
const RECORDED_PREFIX = 0x700000
const PREFIX = 0x800000
/** As many of them are heard. */
const VOICES = 5
/** Who misses one, on a busy computer, goes on with the next. */
const KEYFRAME_MS = 1500
const PLAY_MS = 10
/** Members are not in step. */
const STAGGER_MS = 7

interface Recorded {
  readonly at: number
  readonly packets: readonly Uint8Array[]
}

function open(): GroupSession {
  const listener = {
    changed: () => undefined,
    problem: () => undefined,
    preview: () => undefined,
    memberVideo: () => undefined,
    memberScreen: () => undefined,
    screenEnded: () => undefined,
    screenSoundEnded: () => undefined,
    levels: () => undefined,
  }
  return openGroupSession({ devices: ANY_DEVICES, listener })
}

export class Crowd {
  session: GroupSession | undefined
  #recorded: readonly Recorded[] = []
  #timer: ReturnType<typeof setInterval> | undefined

  /** What one member sends in so many milliseconds, of its picture the layers `layers`. */
  async record(layers: readonly number[], milliseconds: number): Promise<void> {
    const session = open()
    const { port1, port2 } = new MessageChannel()
    const protection = new GroupProtection()
    protection.setMembers([{ id: 'recorded', ssrcPrefix: RECORDED_PREFIX }])
    const recorded: Recorded[] = []
    port2.onmessage = ({ data }: MessageEvent<{ kind: string; batch?: Uint8Array }>) => {
      if (data.batch === undefined) return
      port2.postMessage({ kind: 'credit', count: 1 })
      const packets = (splitPackets(data.batch) ?? []).flatMap((packet) => {
        const opened = protection.open(packet, performance.now())
        return opened.ok && !opened.value.rtcp ? [opened.value.packet] : []
      })
      if (packets.length > 0) recorded.push({ at: performance.now(), packets })
    }
    session.attach(port1)
    await session.setMedia({ audio: true, video: true })
    const keys = randomKeys(SUITE)
    port2.postMessage({ kind: 'members', ownSsrcPrefix: RECORDED_PREFIX, others: [] })
    port2.postMessage({ kind: 'wanted-layers', layers })
    port2.postMessage({ kind: 'sending-keys', epoch: 1, suite: SUITE, keys, afterMs: 0 })
    protection.useToReceive({ kind: 'member-keys', member: 'recorded', epoch: 1, suite: SUITE, keys }, 0)
    const keyframes = setInterval(() => {
      for (const layer of layers) port2.postMessage({ kind: 'keyframe', layer })
    }, KEYFRAME_MS)
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    clearInterval(keyframes)
    session.close()
    const begin = recorded[0]?.at ?? 0
    this.#recorded = recorded.map(({ at, packets }) => ({ at: at - begin, packets }))
  }

  /** What was recorded, to be handed out of the page. */
  inBase64(): { readonly at: number; readonly packet: string }[] {
    return this.#recorded.flatMap(({ at, packets }) =>
      packets.map((packet) => ({ at, packet: btoa(String.fromCharCode(...packet)) })),
    )
  }

  /** Plays it to a new session as `count` members, on one mosaic of tiles of this size. */
  play(count: number, tile: { width: number; height: number }): void {
    const session = open()
    this.session = session
    const { port1, port2 } = new MessageChannel()
    session.attach(port1)
    const others = Array.from({ length: count }, (_, i): GroupMember => ({
      id: `member ${String(i)}`,
      ssrcPrefix: PREFIX + i,
      media: { audio: i < VOICES, video: true, screen: false },
    }))
    port2.postMessage({ kind: 'members', ownSsrcPrefix: 1, others })
    const canvas = document.createElement('canvas')
    document.body.replaceChildren(canvas)
    session.useCanvas(canvas)
    const columns = Math.ceil(Math.sqrt(count))
    session.arrange({
      width: columns * tile.width,
      height: Math.ceil(count / columns) * tile.height,
      tiles: others.map(({ id }, i) => ({
        member: id,
        x: (i % columns) * tile.width,
        y: Math.floor(i / columns) * tile.height,
        ...tile,
      })),
    })
    const all = others.flatMap(({ id, ssrcPrefix }, i) => {
      const keys = randomKeys(SUITE)
      port2.postMessage({ kind: 'member-keys', member: id, epoch: 1, suite: SUITE, keys })
      const sending = new SendingEpochs()
      sending.install({ kind: 'sending-keys', epoch: 1, suite: SUITE, keys, afterMs: 0 })
      return this.#recorded.flatMap(({ at, packets }) => {
        const batch = protectedAs(packets, ssrcPrefix, sending, i < VOICES)
        return batch === undefined ? [] : [{ at: at + i * STAGGER_MS, batch }]
      })
    })
    all.sort((a, b) => a.at - b.at)
    const begin = performance.now()
    let next = 0
    this.#timer = setInterval(() => {
      const now = performance.now() - begin
      for (let due = all[next]; due !== undefined && due.at <= now; due = all[++next]) {
        port2.postMessage({ kind: 'packets', batch: due.batch, arrivedAt: Date.now() })
      }
    }, PLAY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.session?.close()
  }
}

function protectedAs(
  packets: readonly Uint8Array[],
  prefix: number,
  keys: SendingEpochs,
  isHeard: boolean,
): Uint8Array | undefined {
  const kept = packets.flatMap((packet) => {
    const kind = ((packet[11] ?? 0) & 3) === 1 ? 'audio' : 'video'
    if (kind === 'audio' && !isHeard) return []
    const renamed = packet.slice()
    renamed[8] = prefix >> 16
    renamed[9] = (prefix >> 8) & 0xff
    renamed[10] = prefix & 0xff
    return [keys.protectRtp(kind, renamed)]
  })
  return kept.length === 0 ? undefined : joinPackets(kept)
}
