/** Apps of several people for one group call. */
import { speechAudio } from '../../support/speech-audio.ts'
import { timecodeVideo } from '../../support/timecode-video.ts'
import { createAccount } from './actions.ts'
import { type RunningApp, startApp } from './app.ts'
import type { RunningService } from './service.ts'

/** In the order of `names`, which are their handles too. `fps`: of each camera. */
export async function startPeople(
  service: RunningService,
  names: readonly string[],
  fps: number,
): Promise<RunningApp[]> {
  const video = timecodeVideo({ width: 640, height: 360, fps, frames: 10 * fps })
  const start = async (name: string): Promise<RunningApp> => {
    const app = await startApp({ name, service: service.address, video, audio: speechAudio() })
    await createAccount(app, name, name)
    return app
  }
  return Promise.all(names.map(start))
}
