/** Many group sessions in one window, joined by `hub.ts`; the test drives them through `window.mediaPage.group`. */
import type { GroupSession } from '../../../src-renderer/devices/group-session.ts'
import type { DeviceChoice, DevicesInUse } from '../../../src-renderer/devices/media-session.ts'
import { openGroupSession } from '../../../src-renderer/devices/open-group-session.ts'
import type { GroupMember, StreamKeys } from '../../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'
import { Hub } from './hub.ts'
import { ANY_DEVICES } from './any-devices.ts'
import { randomKeys } from './random-keys.ts'

export interface Epoch {
  readonly suite?: SuiteName
  readonly afterMs?: number
  /** How much later the others get the keys. */
  readonly lateMs?: number
  /** `[receiver, sender]` pairs that get wrong keys, and none at all. */
  readonly wrong?: readonly (readonly [number, number])[]
  readonly missing?: readonly (readonly [number, number])[]
}

export class Group {
  readonly sessions: readonly GroupSession[]
  readonly hub: Hub
  /** By receiver: of each member the loudest that was told, and the size of the picture. */
  readonly loudest: Map<string, number>[]
  readonly sizes: Map<string, { width: number; height: number } | undefined>[]
  #epoch = 0

  constructor(count: number, devices: DeviceChoice = ANY_DEVICES) {
    const channels = Array.from({ length: count }, () => new MessageChannel())
    this.loudest = channels.map(() => new Map<string, number>())
    this.sizes = channels.map(() => new Map<string, { width: number; height: number } | undefined>())
    this.sessions = channels.map((_, side) => this.#open(side, devices))
    this.hub = new Hub(channels.map(({ port2 }) => port2))
    this.sessions.forEach((session, side) => {
      const channel = channels[side]
      if (channel !== undefined) session.attach(channel.port1)
    })
  }

  /** Who is in, and what all of them send. */
  enter(devices: DevicesInUse, screen = false): void {
    const media = { ...devices, screen }
    const members = this.sessions.map((_, side): GroupMember => ({ id: idOf(side), ssrcPrefix: prefixOf(side), media }))
    members.forEach((own, side) => {
      const others = members.filter((member) => member !== own)
      this.hub.tell(side, { kind: 'members', ownSsrcPrefix: own.ssrcPrefix, others })
    })
  }

  /** The next epoch, with random keys of everybody for everybody. */
  epoch({ suite = 'AES_256_CM_HMAC_SHA1_80', afterMs = 0, lateMs = 0, wrong = [], missing = [] }: Epoch = {}): void {
    const epoch = ++this.#epoch
    const has = (pairs: readonly (readonly [number, number])[], receiver: number, sender: number) =>
      pairs.some(([to, from]) => to === receiver && from === sender)
    this.sessions.forEach((_, sender) => {
      const keys = randomKeys(suite)
      this.hub.tell(sender, { kind: 'sending-keys', epoch, suite, keys, afterMs })
      this.sessions.forEach((_, receiver) => {
        if (receiver === sender || has(missing, receiver, sender)) return
        const given: StreamKeys = has(wrong, receiver, sender) ? randomKeys(suite) : keys
        const give = () =>
          this.hub.tell(receiver, { kind: 'member-keys', member: idOf(sender), epoch, suite, keys: given })
        if (lateMs > 0) setTimeout(give, lateMs)
        else give()
      })
    })
  }

  /** All epochs but the newest. */
  dropOld(): void {
    this.sessions.forEach((_, side) => this.hub.tell(side, { kind: 'drop-epochs', before: this.#epoch }))
  }

  /** Shows `member` to `receiver` in a video element of this name. */
  show(receiver: number, member: number, testId: string): void {
    const video = document.createElement('video')
    video.dataset['testid'] = testId
    video.autoplay = true
    video.muted = true
    video.srcObject = this.sessions[receiver]?.show(idOf(member), 'video') ?? null
    document.body.append(video)
  }

  close(): void {
    for (const session of this.sessions) session.close()
  }

  #open(side: number, devices: DeviceChoice): GroupSession {
    return openGroupSession({
      devices,
      listener: {
        changed: () => undefined,
        problem: (kind, problem) => {
          if (problem !== undefined) console.error(`${kind}: ${problem}`)
        },
        preview: () => undefined,
        memberScreen: () => undefined,
        screenEnded: () => undefined,
        screenSoundEnded: () => undefined,
        memberVideo: (member, size) => this.sizes[side]?.set(member, size),
        levels: (levels) => {
          for (const [member, level] of levels) {
            const before = this.loudest[side]?.get(member) ?? 0
            this.loudest[side]?.set(member, Math.max(before, level))
          }
        },
      },
    })
  }
}

export function idOf(side: number): string {
  return `member ${String(side)}`
}

function prefixOf(side: number): number {
  return 0xabcd00 + side
}
