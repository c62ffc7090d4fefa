/**
 * Whether what the app plays reaches the reference of Chromium's echo canceller: a real sound server brings it back to the
 * microphone, with and without somebody who speaks there.
 */
import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PlayoutRoute } from '../../../src-renderer/devices/playout.ts'
import { speechAudio } from '../../support/speech-audio.ts'
import { HIGH_VOICE } from '../../support/syllables.ts'
import { ELSEWHERE, IN_ROOM, type SoundServer, startSoundServer } from '../harness/sound-server.ts'
import type { EchoHeard } from '../media-page/echo.ts'
import { buildMediaPage, openMediaPage, type OpenedPage } from '../media-page/launch.ts'

/** What is measured is the canceller alone: noise suppression would add to it, and automatic gain turns the microphone up. */
const ECHO_ONLY = { echoCancellation: true, noiseSuppression: false, automaticGain: false }
const WINDOW_MS = 3000
const CONVERGENCE_LIMIT_MS = 30_000
/** dB. Without the reference it is below 2. */
const CANCELLED = 12
/** dB. Both voices are equally loud at the microphone, which costs the near one 5 to 10. */
const NEAR_LOSS = -15

let folder: string
let server: SoundServer
let opened: OpenedPage

// Elsewhere there is no sound server that a test can have for itself.
describe.skipIf(process.platform !== 'linux')('echo', () => {
  beforeAll(async () => {
    server = await startSoundServer()
    folder = await buildMediaPage()
    opened = await openMediaPage(folder, [], { env: server.env })
  })
  afterAll(async () => {
    await opened.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(async () => {
    await opened.page.evaluate(() => window.mediaPage?.echoRoom?.close())
    expect(opened.errors).toEqual([])
  })

  it('is cancelled on the way that calls take, and a voice in the room is not', async ({ annotate }) => {
    await enter('direct')
    await annotate(described(await cancelled()))
    const speaking = server.play(speechAudio(HIGH_VOICE))
    await opened.page.waitForTimeout(1000)
    const heard = await opened.page.evaluate((ms) => window.mediaPage?.echoRoom?.listenToBoth(ms), WINDOW_MS)
    await speaking
    await annotate(JSON.stringify(heard))
    expect(heard?.nearGain).toBeGreaterThan(NEAR_LOSS)
  })

  it('is cancelled with a chosen speaker that is not the default', async ({ annotate }) => {
    server.makeDefault(ELSEWHERE)
    await enter('direct', { speaker: IN_ROOM })
    await annotate(described(await cancelled()))
    server.makeDefault(IN_ROOM)
  })

  it('is cancelled on the way through a pair of peer connections', async ({ annotate }) => {
    await enter('loopback')
    await annotate(described(await cancelled()))
  })

  it('is all there without echo cancellation', async () => {
    await enter('direct', { processing: { ...ECHO_ONLY, echoCancellation: false } })
    expect(Math.abs((await listen()).lossEnhancement)).toBeLessThan(2)
  })
})

/** `speaker`: left out, it is the system's default. */
async function enter(
  route: PlayoutRoute,
  { speaker, processing = ECHO_ONLY }: { speaker?: string; processing?: typeof ECHO_ONLY } = {},
): Promise<void> {
  await opened.page.evaluate(
    async ({ route, processing, speaker }) => {
      const scope = window.mediaPage
      if (scope?.EchoRoom === undefined || scope.listDevices === undefined) throw new Error('the page is not there')
      const { speakers } = await scope.listDevices()
      const speakerId = speakers.find(({ label }) => label === speaker)?.id
      if (speaker !== undefined && speakerId === undefined) throw new Error('no such speaker')
      scope.echoRoom = new scope.EchoRoom({ route, processing, speakerId })
      await scope.echoRoom.open()
    },
    { route, processing, speaker },
  )
}

async function listen(): Promise<EchoHeard> {
  const heard = await opened.page.evaluate((ms) => window.mediaPage?.echoRoom?.listenToEcho(ms), WINDOW_MS)
  // Otherwise there was nothing to cancel.
  expect(heard?.plainLevel).toBeGreaterThan(-40)
  return heard ?? { plainLevel: -Infinity, lossEnhancement: 0 }
}

/** Gives a canceller on a busy machine more time to converge, and no less to cancel. */
async function cancelled(): Promise<EchoHeard> {
  for (const limit = Date.now() + CONVERGENCE_LIMIT_MS; ;) {
    const heard = await listen()
    if (heard.lossEnhancement > CANCELLED) return heard
    expect(Date.now(), `cancelled by ${heard.lossEnhancement} dB`).toBeLessThan(limit)
  }
}

function described({ plainLevel, lossEnhancement }: EchoHeard): string {
  return `echo of ${plainLevel.toFixed(1)} dBFS cancelled by ${lossEnhancement.toFixed(1)} dB`
}
