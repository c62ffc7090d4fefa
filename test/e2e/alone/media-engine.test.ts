/** The media engine by itself: two sessions in one window, joined by a network that the test controls. */
import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CallStatistics } from '../../../src-renderer/devices/media-session.ts'
import type { SuiteName, VideoCodecChoice } from '../../../src-shared/ipc/snapshot.ts'
import { speechAudio } from '../../support/speech-audio.ts'
import { timecodeVideo } from '../../support/timecode-video.ts'
import { ANY_DEVICES } from '../media-page/any-devices.ts'
import { buildMediaPage, openMediaPage, type OpenedPage } from '../media-page/launch.ts'
import type { Conditions } from '../media-page/network.ts'

const SHAPE = { width: 640, height: 360, fps: 30, frames: 300 }
const ALL = { audio: true, video: true }

let folder: string
let opened: OpenedPage

beforeAll(async () => {
  folder = await buildMediaPage()
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function known(): string[] {
  return [
    '--use-fake-device-for-media-stream=fps=30',
    `--use-file-for-fake-video-capture=${timecodeVideo(SHAPE)}`,
    `--use-file-for-fake-audio-capture=${speechAudio()}`,
  ]
}

interface StartOptions {
  readonly suite?: SuiteName
  readonly codec?: VideoCodecChoice
  readonly wrongKeys?: boolean
  readonly maxHeight?: number
}

async function start({
  suite = 'AES_256_CM_HMAC_SHA1_80',
  codec = 'automatic',
  wrongKeys = false,
  maxHeight = 720,
}: StartOptions = {}) {
  await opened.page.evaluate(
    async ({ suite, codec, video, wrongKeys, media }) => {
      const scope = window.mediaPage
      if (scope?.Pair === undefined) throw new Error('the page is not there')
      const pair = (scope.pair = new scope.Pair(suite, { video }))
      for (const session of pair.sessions) session.preferCodec(codec)
      await Promise.all([pair.setMedia(0, media), pair.setMedia(1, media)])
      pair.keys({ wrong: wrongKeys })
    },
    { suite, codec, video: { maxHeight }, wrongKeys, media: ALL },
  )
}

async function statistics(): Promise<[CallStatistics, CallStatistics]> {
  return opened.page.evaluate(async () => {
    const sessions = window.mediaPage?.pair?.sessions
    if (sessions === undefined) throw new Error('no pair')
    return [await sessions[0].statistics(), await sessions[1].statistics()]
  })
}

async function under(conditions: Conditions): Promise<void> {
  await opened.page.evaluate((conditions) => {
    const crossing = window.mediaPage?.pair?.crossing
    if (crossing !== undefined) crossing.conditions = conditions
  }, conditions)
}

/** Polls: the machine may be slow, and then only takes longer. */
async function until(what: string, test: (a: CallStatistics, b: CallStatistics) => boolean): Promise<void> {
  let last: [CallStatistics, CallStatistics] | undefined
  for (const limit = Date.now() + 40_000; Date.now() < limit; await opened.page.waitForTimeout(200)) {
    last = await statistics()
    if (test(...last)) return
  }
  throw new Error(`not within the limit: ${what}: ${JSON.stringify(last)}`)
}

const judged = (milliseconds: number) =>
  opened.page.evaluate(
    ({ shape, milliseconds }) => window.mediaPage?.judge?.('remote-video', shape, milliseconds) ?? [],
    { shape: SHAPE, milliseconds },
  )

const heard = (milliseconds: number) =>
  opened.page.evaluate((milliseconds) => window.mediaPage?.sound?.listen(1, milliseconds), milliseconds)

const both = (frames: number) => (a: CallStatistics, b: CallStatistics) =>
  Math.min(a.video.received.rendered, b.video.received.rendered) >= frames &&
  Math.min(a.audio.playedMs, b.audio.playedMs) >= 500

/** One app for all tests. */
function inApp(switches: () => readonly string[]): void {
  beforeAll(async () => {
    opened = await openMediaPage(folder, switches())
  })
  afterEach(() => {
    expect(opened.errors).toEqual([])
  })
  afterAll(() => opened.close())
}

/** The page anew for each test. */
function anew(): void {
  beforeEach(() => opened.reload())
}

describe('with known material', () => {
  inApp(known)

  describe('a call by itself', () => {
    anew()

    it.each([
      ['AES_256_CM_HMAC_SHA1_80', 'VP8'],
      ['AEAD_AES_256_GCM', 'VP9'],
      ['AES_256_CM_HMAC_SHA1_80', 'H264'],
    ] as const)('carries picture and sound under %s, and %s', async (suite, codec) => {
      await start({ suite, codec: codec === 'VP8' ? 'automatic' : codec })
      await until('picture and sound', both(30))
      await until(codec, (a, b) => a.video.received.codec === codec && b.video.received.codec === codec)
      const [frames, sound] = await Promise.all([judged(2000), heard(1500)])
      expect(frames.length).toBeGreaterThan(5)
      for (const { number, error } of frames) {
        expect(number).toBeLessThan(SHAPE.frames)
        expect(error).toBeLessThan(12)
      }
      expect(sound?.loud).toBeGreaterThan(3)
      const [a, b] = await statistics()
      expect(b.suite).toBe(suite)
      expect(b.video.received).toMatchObject({ width: SHAPE.width, height: SHAPE.height })
      expect(b.packets).toMatchObject({ lost: 0, refused: 0, dropped: 0 })
      expect(a.video.sent.frames).toBeGreaterThanOrEqual(b.video.received.rendered)
      expect(b.firstRemoteFrameAt).toBeTypeOf('number')
      expect(b.firstRemoteAudioAt).toBeTypeOf('number')
      expect(await opened.page.evaluate(() => window.mediaPage?.pair?.seen[1])).toMatchObject({
        remoteVideo: { width: SHAPE.width, height: SHAPE.height },
        preview: true,
      })
    })

    it('has most of the sound and a whole picture where every tenth packet is lost', async () => {
      await start()
      await until('picture and sound', both(10))
      await under({ loss: 0.1, delayMs: 25, jitterMs: 5 })
      const [, clean] = await statistics()
      // Until the reports have told of it.
      const early = await judged(4000)
      const [, before] = await statistics()
      const frames = [...early, ...(await judged(8000))]
      const [a, after] = await statistics()
      expect(frames.length).toBeGreaterThan(40)
      expect(after.packets.lost).toBeGreaterThan(clean.packets.lost)
      expect(after.video.received.freezes - clean.video.received.freezes).toBeLessThan(16)
      for (const { error } of frames) expect(error).toBeLessThan(15)
      const concealed = after.audio.concealedMs - before.audio.concealedMs
      const played = after.audio.playedMs - before.audio.playedMs
      expect(played).toBeGreaterThan(4000)
      // A tenth without redundancy; a busy machine adds some of its own.
      expect(concealed / (played + concealed)).toBeLessThan(0.06)
      // Losses of the path itself are no reason to send a worse picture.
      expect(a.sending.availableBitrate).toBeGreaterThan(500_000)
      expect(a.sending.loss).toBeGreaterThan(0.03)
    })

    it('follows a path that carries little, and takes its room again', async () => {
      await start()
      await until('picture and sound', both(10))
      await under({ loss: 0, delayMs: 20, jitterMs: 0, capacity: 400_000 })
      await until('less is sent', (a, b) => Math.max(a.sending.availableBitrate, b.sending.availableBitrate) < 480_000)
      const [, before] = await statistics()
      await until('pictures come', (_, b) => b.video.received.rendered > before.video.received.rendered + 60)
      await under({ loss: 0, delayMs: 20, jitterMs: 0 })
      await until('more is sent', (a, b) => Math.min(a.sending.availableBitrate, b.sending.availableBitrate) > 800_000)
    })

    it('stays still and silent under a wrong key', async () => {
      await start({ wrongKeys: true })
      // The picture may stop there: requests for keyframes cannot be opened either.
      await until('the other direction', (a) => a.video.received.rendered > 0 && a.audio.playedMs > 500)
      const [, b] = await statistics()
      expect(b.video.received.rendered).toBe(0)
      expect(b.audio.playedMs).toBe(0)
      expect(b.packets.received).toBe(0)
      expect(b.packets.refused).toBeGreaterThan(10)
      expect(await heard(500)).toMatchObject({ loud: 0 })
    })
  })

  describe('a call that goes on', () => {
    beforeAll(async () => {
      await opened.reload()
      await start()
      await until('picture and sound', both(30))
      // By then each side has heard what the other decodes.
      await opened.page.waitForTimeout(2000)
    })

    it('changes the format in the middle, and the picture stays whole', async () => {
      const [, before] = await statistics()
      for (const codec of ['H264', 'VP9', 'H264', 'automatic'] as const) {
        const seeing = judged(2500)
        await opened.page.evaluate((codec) => window.mediaPage?.pair?.sessions[0].preferCodec(codec), codec)
        const frames = await seeing
        expect(frames.length).toBeGreaterThan(5)
        for (const { error } of frames) expect(error).toBeLessThan(12)
        const [a, b] = await statistics()
        const expected = codec === 'automatic' ? 'VP8' : codec
        expect([a.video.sent.codec, b.video.received.codec]).toEqual([expected, expected])
        // The other direction is a choice of its own.
        expect(a.video.received.codec).toBe('VP8')
      }
      const [, after] = await statistics()
      expect(after.packets.lost).toBe(before.packets.lost)
      expect(after.video.keyframesRequested).toBe(before.video.keyframesRequested)
    })

    it('shows that the camera is off at once, and a whole picture when it is on again', async () => {
      const off = await opened.page.evaluate(async () => {
        const pair = window.mediaPage?.pair
        await pair?.setMedia(0, { audio: true, video: false })
        await new Promise((resolve) => setTimeout(resolve, 300))
        return { remote: pair?.seen[1].remoteVideo, preview: pair?.seen[0].preview }
      })
      expect(off).toEqual({ remote: undefined, preview: false })
      const before = (await statistics())[1]
      await opened.page.waitForTimeout(1000)
      const during = (await statistics())[1]
      expect(during.video.received.rendered).toBe(before.video.received.rendered)
      expect(during.audio.playedMs).toBeGreaterThan(before.audio.playedMs)
      await opened.page.evaluate(() => window.mediaPage?.pair?.setMedia(0, { audio: true, video: true }))
      await until('the picture again', (_, b) => b.video.received.rendered > during.video.received.rendered + 10)
      const after = (await statistics())[1]
      // The pause is none of the freezes.
      expect(after.video.received.freezeMs - before.video.received.freezeMs).toBeLessThan(900)
      for (const { error } of await judged(1000)) expect(error).toBeLessThan(12)
    })

    it('sends nothing of a muted microphone', async () => {
      await opened.page.evaluate(() => window.mediaPage?.pair?.setMedia(0, { audio: false, video: true }))
      await opened.page.waitForTimeout(300)
      const before = (await statistics())[0].audio.sentMs
      await opened.page.waitForTimeout(700)
      expect((await statistics())[0].audio.sentMs).toBe(before)
      expect((await heard(800))?.loud).toBe(0)
      await opened.page.evaluate(() => window.mediaPage?.pair?.setMedia(0, { audio: true, video: true }))
      await until('sound again', (a) => a.audio.sentMs > before + 400)
      expect((await heard(1500))?.loud).toBeGreaterThan(3)
    })

    it('goes over to new keys without losing anything (R39)', async () => {
      const first = await statistics()
      for (let i = 0; i < 3; i++) {
        await opened.page.evaluate(() => window.mediaPage?.pair?.keys())
        await opened.page.waitForTimeout(700)
      }
      const before = await statistics()
      await until('the picture', (_, b) => b.video.received.rendered > before[1].video.received.rendered + 20)
      const after = await statistics()
      for (const side of [0, 1] as const) {
        const { lost, refused } = first[side].packets
        expect(after[side].packets).toMatchObject({ lost, refused })
      }
      expect(after[1].audio.playedMs).toBeGreaterThan(before[1].audio.playedMs)
    })

    it('refuses forged and repeated packets, and counts them', async () => {
      const [, { packets: before }] = await statistics()
      const forged = await opened.page.evaluate(() => window.mediaPage?.pair?.crossing.forge() ?? 0)
      expect(forged).toBeGreaterThan(0)
      await until('the count', (_, { packets: { refused, repeated } }) => {
        const more = { refused: refused - before.refused, repeated: repeated - before.repeated }
        return more.refused + more.repeated === forged && more.repeated > 0
      })
      for (const { error } of await judged(1000)) expect(error).toBeLessThan(12)
    })

    it('recovers from an outage by a keyframe', async () => {
      const lose = (loss: number) => under({ loss, delayMs: 0, jitterMs: 0 })
      const { lost } = (await statistics())[1].packets
      await lose(1)
      await opened.page.waitForTimeout(1500)
      const before = (await statistics())[1]
      await lose(0)
      await until('the picture again', (_, b) => b.video.received.rendered > before.video.received.rendered + 20)
      const after = (await statistics())[1]
      expect(after.video.received.keyframes).toBeGreaterThan(before.video.received.keyframes)
      expect(after.video.keyframesRequested).toBeGreaterThan(before.video.keyframesRequested)
      expect(after.packets.lost).toBeGreaterThan(lost)
      for (const { error } of await judged(1000)) expect(error).toBeLessThan(12)
    })

    it('sends and opens nothing after the end', async () => {
      await opened.page.evaluate(() => {
        for (const side of [0, 1] as const) window.mediaPage?.pair?.tell(side, { kind: 'end' })
      })
      await opened.page.waitForTimeout(300)
      const [before] = await statistics()
      await opened.page.waitForTimeout(700)
      const [after] = await statistics()
      expect(after.packets.sent).toBe(before.packets.sent)
      expect(after.packets.received).toBe(before.packets.received)
      expect(await opened.page.evaluate(() => window.mediaPage?.pair?.seen[1].remoteVideo)).toBeUndefined()
    })
  })
})

describe('with several devices', () => {
  inApp(() => ['--use-fake-device-for-media-stream=fps=30,device-count=3'])
  anew()

  it('changes camera, microphone and speaker in the call', async () => {
    await start({ maxHeight: 180 })
    await until('picture and sound', both(10))
    const list = await opened.page.evaluate(() => window.mediaPage?.listDevices?.())
    expect(list?.cameras).toHaveLength(3)
    expect(list?.microphones.length).toBeGreaterThan(1)
    // The second one delivers depth maps, which nobody can encode.
    const labels = await opened.page.evaluate(
      async ({ any, cameraId, microphoneId }) => {
        const pair = window.mediaPage?.pair
        await pair?.sessions[0].useDevices({ ...any, cameraId, microphoneId })
        const preview = document.querySelector<HTMLVideoElement>('[data-testid="own-video"]')?.srcObject
        return preview instanceof MediaStream ? preview.getVideoTracks().map(({ label }) => label) : []
      },
      { any: ANY_DEVICES, cameraId: list?.cameras[2]?.id, microphoneId: list?.microphones[1]?.id },
    )
    expect(labels).toEqual([list?.cameras[2]?.label])
    const [, before] = await statistics()
    await until(
      'the new picture and sound',
      (_, b) =>
        b.video.received.rendered > before.video.received.rendered + 20 &&
        b.audio.playedMs > before.audio.playedMs + 500,
    )
    expect(await opened.page.evaluate(() => window.mediaPage?.pair?.seen[0].problems.camera)).toBeUndefined()
  })

  it('takes another device where the wanted one is gone, and says why there is none', async () => {
    await start({ maxHeight: 180 })
    await until('picture and sound', both(1))
    const outcome = await opened.page.evaluate(async (any) => {
      const pair = window.mediaPage?.pair
      await pair?.sessions[0].useDevices({ ...any, cameraId: 'gone', speakerId: 'gone' })
      return pair?.seen[0]
    }, ANY_DEVICES)
    expect(outcome).toMatchObject({ preview: true, problems: { speaker: 'not-found' } })
    expect(outcome?.problems.camera).toBeUndefined()
  })

  it('goes on with another camera when the chosen one is pulled out, and with the chosen one when it is back', async () => {
    await start({ maxHeight: 180 })
    await until('picture and sound', both(1))
    const { cameras } = (await opened.page.evaluate(() => window.mediaPage?.listDevices?.())) ?? { cameras: [] }
    await opened.page.evaluate(
      async ({ any, cameraId }) => {
        const pair = window.mediaPage?.pair
        await pair?.sessions[0].useDevices({ ...any, cameraId })
        const { mediaDevices } = navigator
        const real = {
          list: mediaDevices.enumerateDevices.bind(mediaDevices),
          open: mediaDevices.getUserMedia.bind(mediaDevices),
        }
        let isGone = true
        mediaDevices.enumerateDevices = async () =>
          (await real.list()).filter(({ deviceId }) => !isGone || deviceId !== cameraId)
        mediaDevices.getUserMedia = (constraints) =>
          isGone && JSON.stringify(constraints).includes(cameraId)
            ? Promise.reject(new DOMException('gone', 'NotFoundError'))
            : real.open(constraints)
        const stream = document.querySelector<HTMLVideoElement>('[data-testid="own-video"]')?.srcObject
        if (stream instanceof MediaStream) stream.getVideoTracks()[0]?.dispatchEvent(new Event('ended'))
        setTimeout(() => {
          isGone = false
          mediaDevices.dispatchEvent(new Event('devicechange'))
        }, 1500)
      },
      { any: ANY_DEVICES, cameraId: cameras[2]?.id ?? '' },
    )
    await expect
      .poll(() => opened.page.evaluate(() => window.mediaPage?.pair?.seen[0].changes), { timeout: 10_000 })
      .toEqual([
        { kind: 'replaced', gone: cameras[2]?.label, by: cameras[0]?.label },
        { kind: 'returned', name: cameras[2]?.label },
      ])
    const [, before] = await statistics()
    await until('the picture goes on', (_, b) => b.video.received.rendered > before.video.received.rendered + 10)
    expect(await opened.page.evaluate(() => window.mediaPage?.pair?.seen[0].problems)).toEqual({})
  })

  it('opens the microphone anew for other processing, without a gap', async () => {
    await start({ maxHeight: 180 })
    await until('picture and sound', both(60))
    const asked = await opened.page.evaluate(async (any) => {
      const { mediaDevices } = navigator
      const requests: MediaStreamConstraints[] = []
      const open = mediaDevices.getUserMedia.bind(mediaDevices)
      mediaDevices.getUserMedia = (constraints) => {
        if (constraints !== undefined) requests.push(constraints)
        return open(constraints)
      }
      const processing = { ...any.processing, noiseSuppression: false }
      await window.mediaPage?.pair?.sessions[0].useDevices({ ...any, processing })
      return requests
    }, ANY_DEVICES)
    expect(asked).toMatchObject([{ audio: { noiseSuppression: false, echoCancellation: true } }])
    const [, before] = await statistics()
    await until('the sound goes on', (_, b) => b.audio.playedMs > before.audio.playedMs + 1000)
    const [, after] = await statistics()
    expect(after.audio.concealedMs - before.audio.concealedMs).toBeLessThan(200)
  })
})

it('goes on without a camera and a microphone, and says so', async () => {
  opened = await openMediaPage(folder, [])
  await start()
  const seen = await opened.page.evaluate(() => window.mediaPage?.pair?.seen[0])
  // Codecs are made ahead; what is in use is something else.
  await opened.page.waitForTimeout(1000)
  const [{ video }] = await statistics()
  expect([video.sent.codec, video.received.codec]).toEqual([undefined, undefined])
  await opened.close()
  expect(seen).toMatchObject({ preview: false, problems: { camera: 'not-found', microphone: 'not-found' } })
})
