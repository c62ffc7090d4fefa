/** Network, service and the two apps of the laboratory, and the call between them. */
import { startService } from '../e2e/harness/service.ts'
import { speechAudio } from '../support/speech-audio.ts'
import type { VideoShape } from '../support/timecode-picture.ts'
import { timecodeVideo } from '../support/timecode-video.ts'
import type { Place } from './happenings.ts'
import { openSide } from './lab-side.ts'
import { makeNetwork } from './network.ts'

export const SHAPE: VideoShape = { width: 640, height: 360, fps: 30, frames: 300, busy: true }

export interface Homes extends Place {
  close(): Promise<void>
}

/** Two apps with an account each, online. */
export async function openHomes(): Promise<Homes> {
  const network = await makeNetwork()
  const service = await startService({ host: network.serviceHost, namespace: network.core })
  const [a, b] = [openSide(network.a), openSide(network.b)]
  const homes: Homes = {
    network,
    service,
    a,
    b,
    async close() {
      await Promise.allSettled([a.close(), b.close()])
      a.exit()
      b.exit()
      await service.stop()
      await network.close()
    },
  }
  try {
    const media = { video: timecodeVideo(SHAPE), audio: speechAudio(), shape: SHAPE }
    await Promise.all([
      a.start({ ...media, name: 'Ada Lovelace', handle: 'ada' }, service.address),
      b.start({ ...media, name: 'Grace Hopper', handle: 'grace' }, service.address),
    ])
    return homes
  } catch (error) {
    await homes.close()
    throw error
  }
}

/** `a` calls with a camera, `b` answers without one; both have media of the other. */
export async function connectApps({ a, b }: Place, relayOnly: boolean): Promise<void> {
  await a.call('grace', relayOnly)
  await b.accept()
  await Promise.all([a.connected(0), b.connected(1)])
}
