/** Records what the real encoders of an app make of a test picture and a voice. Needs a display. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buildMediaPage, openMediaPage } from '../e2e/media-page/launch.ts'
import { speechAudio } from '../support/speech-audio.ts'
import { timecodeVideo } from '../support/timecode-video.ts'
import { writeRtpDump } from './rtp-dump.ts'
const SECONDS = 8
/** The two smaller ones: what is shown of many. */
const LAYERS = [0, 1]

/** `fps`: pictures a second. */
export async function record(file: string, fps = 10): Promise<void> {
  const opened = await openMediaPage(await buildMediaPage(), [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${timecodeVideo({ width: 640, height: 360, fps, frames: 10 * fps })}`,
    `--use-file-for-fake-audio-capture=${speechAudio()}`,
  ])
  try {
    const recorded = await opened.page.evaluate(
      async ({ layers, milliseconds }) => {
        const crowd = window.mediaPage?.Crowd && new window.mediaPage.Crowd()
        await crowd?.record(layers, milliseconds)
        return crowd?.inBase64() ?? []
      },
      { layers: LAYERS, milliseconds: SECONDS * 1000 },
    )
    const packets = recorded.map(({ at, packet }) => ({ at, packet: Buffer.from(packet, 'base64') }))
    if (packets.length === 0) throw new Error('nothing was recorded')
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, writeRtpDump(packets))
  } finally {
    await opened.close()
  }
}
