/** Stands in for the media session of a group call: everybody has a drawn picture, and one after the other speaks. */
import type { GroupSession, GroupStatistics, MosaicLayout } from '../../src-renderer/devices/group-session.ts'
import type { GroupSessionOptions } from '../../src-renderer/devices/open-group-session.ts'
import { paint, type Scene } from './drawn-people.ts'
import { paintScreen } from './drawn-screen.ts'
import { ME } from './fake-media-session.ts'

const WALLS = ['#b8a389', '#5d7488', '#7d8f6b', '#93707e', '#6f6a8f', '#a08a5c', '#57868a', '#8a5f55']
const SKINS = ['#d9a883', '#a8744f', '#f0c8a4', '#7a5238', '#c98f66']
const HAIRS = ['#3b2a20', '#1d1613', '#8a5a2b', '#c9a86a', '#5a5a5a']

function sceneOf(member: string): Scene {
  const seed = new TextEncoder().encode(member).reduce((sum, byte) => sum + byte, 0)
  const one = (of: readonly string[]) => of[seed % of.length] ?? ''
  return {
    width: 640,
    height: 360,
    wall: one(WALLS),
    light: '#f1e8d8',
    shirt: '#39516b',
    skin: one(SKINS),
    hair: one(HAIRS),
  }
}

export function openGroupSession({ listener }: GroupSessionOptions): GroupSession {
  const started = Date.now()
  let pen: CanvasRenderingContext2D | null = null
  let layout: MosaicLayout = { width: 0, height: 0, tiles: [] }
  const seen = new Set<string>()
  const draw = () => {
    const { tiles, width, height } = layout
    if (pen === null || width === 0) return
    pen.canvas.width = width
    pen.canvas.height = height
    for (const { member, x, y, width: w, height: h } of tiles) {
      const scene = sceneOf(member)
      pen.fillStyle = scene.wall
      pen.fillRect(x, y, w, h)
      pen.fillStyle = scene.hair
      pen.beginPath()
      pen.ellipse(x + w / 2, y + h * 0.5, h * 0.22, h * 0.28, 0, 0, 2 * Math.PI)
      pen.fill()
      pen.fillStyle = scene.skin
      pen.beginPath()
      pen.ellipse(x + w / 2, y + h * 0.54, h * 0.17, h * 0.22, 0, 0, 2 * Math.PI)
      pen.fill()
    }
  }
  const show = (member: string) => {
    if (seen.has(member)) return
    seen.add(member)
    setTimeout(() => {
      listener.memberVideo(member, { width: 640, height: 360 })
      listener.levels([[member, seen.size === 1 ? 0.8 : 0]])
    }, 30)
  }
  return {
    attach: () => undefined,
    setMedia: ({ video }) => {
      listener.preview(video ? paint(ME) : undefined)
      return Promise.resolve()
    },
    useDevices: () => Promise.resolve(),
    preferCodec: () => undefined,
    shareScreen: (_content, withSound) => Promise.resolve(withSound ? 'picture-and-sound' : 'picture'),
    copyScreen: () => undefined,
    adoptScreen: ({ sound }) => (sound === undefined ? 'picture' : 'picture-and-sound'),
    stopScreen: () => undefined,
    microphoneLevel: () => 0.4,
    show: (member, of) => {
      if (of === 'screen') {
        setTimeout(() => {
          listener.memberScreen(member, { width: 1920, height: 1080 })
        }, 30)
        return paintScreen()
      }
      show(member)
      return paint(sceneOf(member))
    },
    hide: () => undefined,
    watch: () => undefined,
    silence: () => undefined,
    useCanvas: (canvas) => {
      pen = canvas.getContext('2d')
      draw()
    },
    arrange: (next) => {
      layout = next
      for (const { member } of next.tiles) show(member)
      draw()
    },
    statistics: () => Promise.resolve(measured([...seen], Date.now() - started)),
    close: () => undefined,
  }
}

/** `?trouble=connection` loses packets of everybody. */
function measured(members: readonly string[], passed: number): GroupStatistics {
  const lost = new URLSearchParams(location.search).get('trouble') === 'connection' ? Math.round(passed / 20) : 0
  const time = 751_000 + passed
  const picture = (height: number, bitrate: number) => ({
    codec: 'VP9' as const,
    frames: Math.round(time * 0.03),
    keyframes: 6,
    bytes: Math.round((time * bitrate) / 8000),
    width: (height / 9) * 16,
    height,
  })
  const none = { codec: undefined, frames: 0, keyframes: 0, bytes: 0, width: 0, height: 0 }
  const unseen = { ...none, rendered: 0, freezes: 0, freezeMs: 0 }
  return {
    suite: 'AES_256_CM_HMAC_SHA1_80',
    sending: { availableBitrate: 1_940_000, loss: 0.006 },
    roundTripMs: 31,
    sent: {
      layers: [picture(180, 148_000), picture(360, 612_000), none],
      screen: none,
      soundMs: time,
      soundBytes: Math.round((time * 34_400) / 8000),
    },
    packets: { sent: 154_210, received: 402_881, repeated: 3, refused: 0, dropped: 0 },
    members: Object.fromEntries(
      members.map((member, at) => {
        const shown = {
          ...picture(at === 0 ? 360 : 180, at === 0 ? 590_000 : 151_000),
          rendered: Math.round(time * 0.03),
        }
        return [
          member,
          {
            firstFrameAt: 1,
            firstSoundAt: 1,
            video: { ...shown, freezes: at, freezeMs: 640 * at },
            layer: at === 0 ? 1 : 0,
            screen: unseen,
            screenSound: undefined,
            keyframesRequested: 2,
            audio: { playedMs: time - 600, concealedMs: 180 + 40 * at, bufferMs: 44 + 7 * at },
            received: Math.round(time * 0.13) - lost,
            lost: 12 + 9 * at + lost,
            skewMs: 8,
            roundTripMs: 62,
          },
        ]
      }),
    ),
  }
}
