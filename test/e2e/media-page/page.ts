/** Two media sessions in one window, joined by `network.ts`, or many (`group.ts`); the test drives them through `window.mediaPage`. */
import { listDevices } from '../../../src-renderer/devices/device-list.ts'
import type {
  DeviceChange,
  DeviceKind,
  DeviceProblem,
  DevicesInUse,
  MediaSession,
} from '../../../src-renderer/devices/media-session.ts'
import { type MediaSessionOptions, openMediaSession } from '../../../src-renderer/devices/open-media-session.ts'
import type { FromMain, StreamKeys } from '../../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'
import type { VideoShape } from '../../support/timecode-picture.ts'
import { Crowd } from './crowd.ts'
import { EchoRoom } from './echo.ts'
import { Group } from './group.ts'
import { Crossing } from './network.ts'
import { PeerConnectionPair, type Shape } from './peer-connections.ts'
import { judge, type Judgement, judgeTile, type Tile } from './picture-judge.ts'
import { ANY_DEVICES } from './any-devices.ts'
import { randomKeys } from './random-keys.ts'
import { SoundTap } from './sound-tap.ts'

export type Side = 0 | 1

interface Seen {
  remoteVideo: { width: number; height: number } | undefined
  preview: boolean
  problems: Partial<Record<DeviceKind, DeviceProblem | undefined>>
  readonly changes: DeviceChange[]
}

export class Pair {
  readonly seen: [Seen, Seen] = [blank(), blank()]
  readonly sessions: readonly [MediaSession, MediaSession]
  readonly crossing: Crossing
  readonly #ports: readonly [MessagePort, MessagePort]
  readonly #suite: SuiteName
  #generation = 0

  constructor(suite: SuiteName, options: Partial<MediaSessionOptions> = {}) {
    this.#suite = suite
    const open = (side: Side): MediaSession =>
      openMediaSession({
        devices: ANY_DEVICES,
        ...options,
        listener: {
          changed: (_kind, change) => this.seen[side].changes.push(change),
          problem: (kind, problem) => {
            this.seen[side].problems[kind] = problem
          },
          preview: (stream) => {
            this.seen[side].preview = stream !== undefined
            if (side === 0) video('own-video').srcObject = stream ?? null
          },
          remoteScreen: () => undefined,
          screenEnded: () => undefined,
          screenSoundEnded: () => undefined,
          remoteVideo: (size) => (this.seen[side].remoteVideo = size),
        },
      })
    this.sessions = [open(0), open(1)]
    video('other-video').srcObject = this.sessions[0].remote
    video('remote-video').srcObject = this.sessions[1].remote
    const channels = [new MessageChannel(), new MessageChannel()] as const
    this.#ports = [channels[0].port2, channels[1].port2]
    this.crossing = new Crossing(this.#ports)
    this.sessions[0].attach(channels[0].port1)
    this.sessions[1].attach(channels[1].port1)
  }

  /** A generation of random keys for both; the second side can be given wrong ones. */
  keys({ wrong = false } = {}): void {
    const generation = this.#generation++
    const suite = this.#suite
    const streams: [StreamKeys, StreamKeys] = [randomKeys(suite), randomKeys(suite)]
    this.tell(0, { kind: 'keys', generation, suite, send: streams[0], receive: streams[1] })
    const receive = wrong ? randomKeys(suite) : streams[0]
    this.tell(1, { kind: 'keys', generation, suite, send: streams[1], receive })
  }

  /** Both sides: what `side` has switched on, as its main process would say to the other. */
  async setMedia(side: Side, devices: DevicesInUse): Promise<void> {
    this.tell(side === 0 ? 1 : 0, { kind: 'remote-media', media: { ...devices, screen: false } })
    await this.sessions[side].setMedia(devices)
  }

  tell(side: Side, message: FromMain): void {
    this.crossing.tell(this.#ports[side], message)
  }

  close(): void {
    for (const session of this.sessions) session.close()
  }
}

function blank(): Seen {
  return { remoteVideo: undefined, preview: false, problems: {}, changes: [] }
}

function video(id: string): HTMLVideoElement {
  const element = document.querySelector(`[data-testid="${id}"]`)
  if (!(element instanceof HTMLVideoElement)) throw new Error(id)
  return element
}

export interface MediaPage {
  readonly Pair: typeof Pair
  readonly listDevices: typeof listDevices
  readonly Group: typeof Group
  readonly EchoRoom: typeof EchoRoom
  readonly judge: (id: string, shape: VideoShape, milliseconds: number) => Promise<Judgement[]>
  /** A part of a canvas as it is now. */
  readonly judgeTile: (id: string, tile: Tile, shape: VideoShape) => Judgement
  readonly sound: SoundTap
  pair: Pair
  group: Group
  echoRoom: EchoRoom
  /** For the bench. */
  readonly Crowd: typeof Crowd
  crowd: Crowd
  readonly openPeerConnections: (shape: Shape, bitrate: number) => Promise<PeerConnectionPair>
  peerConnections: PeerConnectionPair
}

declare global {
  interface Window {
    mediaPage?: Partial<MediaPage>
  }
}

window.mediaPage = {
  Pair,
  Group,
  EchoRoom,
  Crowd,
  listDevices,
  judge: (id, shape, milliseconds) => judge(video(id), shape, milliseconds),
  judgeTile(id, tile, shape) {
    const element = document.querySelector(`[data-testid="${id}"]`)
    if (!(element instanceof HTMLCanvasElement)) throw new Error(id)
    return judgeTile(element, tile, shape)
  },
  sound: new SoundTap(),
  async openPeerConnections(shape, bitrate) {
    const pair = new PeerConnectionPair()
    await pair.open(shape, bitrate, ['own-video', 'other-video', 'remote-video'].map(video))
    return pair
  },
}
