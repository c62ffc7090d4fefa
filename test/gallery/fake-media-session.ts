/** Stands in for the media session: drawn people instead of a camera and a network. `?trouble=camera` breaks a device, `?trouble=connection` loses packets. */
import type { MediaSessionOptions } from '../../src-renderer/devices/open-media-session.ts'
import type { CallStatistics, MediaSession } from '../../src-renderer/devices/media-session.ts'
import { paint, type Scene } from './drawn-people.ts'
import { paintScreen } from './drawn-screen.ts'

const query = new URLSearchParams(location.search)

const THEM: Scene = {
  width: query.get('remote') === 'portrait' ? 720 : 1280,
  height: query.get('remote') === 'portrait' ? 1280 : 720,
  wall: '#b8a389',
  light: '#f4e3c8',
  shirt: '#39516b',
  skin: '#d9a883',
  hair: '#3b2a20',
}
export const ME: Scene = {
  width: 640,
  height: 480,
  wall: '#5d7488',
  light: '#a9c3d6',
  shirt: '#c9b8a0',
  skin: '#a8744f',
  hair: '#1d1613',
}

const NO_PICTURE = { codec: undefined, frames: 0, keyframes: 0, bytes: 0, width: 0, height: 0 }

export function openMediaSession({ listener }: MediaSessionOptions): MediaSession {
  const started = Date.now()
  const trouble = query.get('trouble')
  let audible = false
  setTimeout(() => {
    listener.remoteVideo({ width: THEM.width, height: THEM.height })
    listener.remoteScreen({ width: 1920, height: 1080 })
  }, 50)
  return {
    remote: paint(THEM),
    remoteScreen: paintScreen(),
    attach: () => undefined,
    setMedia: ({ audio, video }) => {
      audible = audio
      const broken = trouble === 'camera' && video
      listener.problem('camera', broken ? 'not-found' : undefined)
      listener.problem('microphone', trouble === 'microphone' && audio ? 'denied' : undefined)
      listener.preview(video && !broken ? paint(ME) : undefined)
      return Promise.resolve()
    },
    useDevices: () => Promise.resolve(),
    preferCodec: () => undefined,
    silence: () => undefined,
    shareScreen: (_content, withSound) => Promise.resolve(withSound ? 'picture-and-sound' : 'picture'),
    copyScreen: () => undefined,
    adoptScreen: ({ sound }) => (sound === undefined ? 'picture' : 'picture-and-sound'),
    stopScreen: () => undefined,
    microphoneLevel: () => (audible ? 0.35 + 0.25 * Math.sin(Date.now() / 180) : 0),
    statistics: () => Promise.resolve(measured(Date.now() - started)),
    close: () => undefined,
  }
}

function measured(passed: number): CallStatistics {
  const lost = 31 + (query.get('trouble') === 'connection' ? Math.round(passed / 20) : 0)
  const frames = Math.round((751_000 + passed) * 0.03)
  return {
    suite: 'AES_256_CM_HMAC_SHA1_80',
    path: 'direct',
    firstRemoteFrameAt: 1,
    firstRemoteAudioAt: 1,
    video: {
      sent: {
        codec: 'VP8',
        frames,
        keyframes: 4,
        bytes: frames * 5600,
        width: 1280,
        height: 720,
        limitedBy: undefined,
      },
      received: {
        codec: 'VP8',
        frames: frames - 12,
        keyframes: 5,
        bytes: frames * 5400,
        width: 1280,
        height: 720,
        rendered: frames - 19,
        freezes: 2,
        freezeMs: 640,
      },
      keyframesRequested: 3,
    },
    screen: { sent: NO_PICTURE, received: { ...NO_PICTURE, rendered: 0, freezes: 0, freezeMs: 0 } },
    screenSound: { sentMs: 0, received: undefined },
    audio: { codec: 'opus', sentMs: 751_000 + passed, playedMs: 750_400 + passed, concealedMs: 180, bufferMs: 42 },
    packets: { sent: frames * 5, received: frames * 5 - lost, lost, repeated: 0, refused: 0, dropped: 0 },
    audioVideoSkewMs: 11,
    roundTripMs: 38,
    sending: { availableBitrate: 2_480_000, loss: 0.004 },
  }
}
