/** The media of a group by themselves: many sessions in one window, joined by a relay that the test directs. */
import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { GroupStatistics, MemberStatistics } from '../../../src-renderer/devices/group-session.ts'
import { speechAudio } from '../../support/speech-audio.ts'
import type { VideoShape } from '../../support/timecode-picture.ts'
import { timecodeVideo } from '../../support/timecode-video.ts'
import type { Epoch } from '../media-page/group.ts'
import { buildMediaPage, openMediaPage, type OpenedPage } from '../media-page/launch.ts'

/** What is tested does not depend on the number of frames: three sessions that encode and decode are much for two cores. */
const SHAPE = { width: 640, height: 360, fps: 15, frames: 150 }
/** For many. */
const SLOW = { ...SHAPE, fps: 10, frames: 100 }
const ALL = { audio: true, video: true }
/** Of a whole picture, scaled down to a quarter: compression and the lost texture. A smeared one has 20 and more. */
const WHOLE = 14

let folder: string
let opened: OpenedPage

beforeAll(async () => {
  folder = await buildMediaPage()
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
afterEach(async () => {
  await opened.close()
  expect(opened.errors).toEqual([])
})

async function open(shape: VideoShape): Promise<void> {
  opened = await openMediaPage(folder, [
    `--use-fake-device-for-media-stream=fps=${String(shape.fps)}`,
    `--use-file-for-fake-video-capture=${timecodeVideo(shape)}`,
    `--use-file-for-fake-audio-capture=${speechAudio()}`,
  ])
}

async function start(count: number, media = ALL): Promise<void> {
  await opened.page.evaluate(
    async ({ count, media }) => {
      const scope = window.mediaPage
      if (scope?.Group === undefined) throw new Error('the page is not there')
      const group = (scope.group = new scope.Group(count))
      await Promise.all(group.sessions.map((session) => session.setMedia(media)))
      group.enter(media)
      group.epoch()
    },
    { count, media },
  )
}

const show = (receiver: number, member: number) =>
  opened.page.evaluate(
    ({ receiver, member }) =>
      window.mediaPage?.group?.show(receiver, member, `${String(receiver)} sees ${String(member)}`),
    { receiver, member },
  )

const epoch = (options: Epoch) => opened.page.evaluate((options) => window.mediaPage?.group?.epoch(options), options)

async function statistics(): Promise<GroupStatistics[]> {
  return opened.page.evaluate(async () =>
    Promise.all(window.mediaPage?.group?.sessions.map((session) => session.statistics()) ?? []),
  )
}

function of(all: readonly GroupStatistics[], receiver: number, member: number): MemberStatistics {
  const found = all[receiver]?.members[`member ${String(member)}`]
  if (found === undefined) throw new Error(`no member ${String(member)}`)
  return found
}

/** Polls: the machine may be slow, and then only takes longer. */
async function until(what: string, test: (all: GroupStatistics[]) => boolean): Promise<GroupStatistics[]> {
  let last: GroupStatistics[] = []
  for (const limit = Date.now() + 30_000; Date.now() < limit; await opened.page.waitForTimeout(150)) {
    last = await statistics()
    // Each worker hears of its members in its own time.
    const isWhole = last.length > 0 && last.every(({ members }) => Object.keys(members).length === last.length - 1)
    if (isWhole && test(last)) return last
  }
  throw new Error(`not within the limit: ${what}: ${JSON.stringify(last)}`)
}

async function expectWhole(receiver: number, member: number, milliseconds: number): Promise<void> {
  const frames = await opened.page.evaluate(
    ({ id, shape, milliseconds }) => window.mediaPage?.judge?.(id, shape, milliseconds) ?? [],
    { id: `${String(receiver)} sees ${String(member)}`, shape: SHAPE, milliseconds },
  )
  expect(frames.length).toBeGreaterThan(3)
  for (const { error } of frames) expect(error).toBeLessThan(WHOLE)
}

describe('three members', () => {
  beforeEach(() => open(SHAPE))

  it('see and hear one another through changes of epoch, and who has no key gets nothing', async () => {
    await start(3)
    for (const [receiver, member] of [
      [0, 1],
      [0, 2],
      [1, 0],
      [2, 0],
    ] as const) {
      await show(receiver, member)
    }
    const isThere = (all: GroupStatistics[], receiver: number, member: number) =>
      of(all, receiver, member).video.rendered >= 15 && of(all, receiver, member).audio.playedMs >= 300
    await until('pictures and sound', (all) =>
      [isThere(all, 0, 1), isThere(all, 0, 2), isThere(all, 1, 0), isThere(all, 2, 0)].every(Boolean),
    )
    await expectWhole(0, 1, 600)
    const sound = await opened.page.evaluate(() => window.mediaPage?.sound?.listen(0, 800))
    expect(sound?.loud).toBeGreaterThan(2)
    // Two voices at once, and no click.
    expect(sound?.largestStep).toBeLessThan(0.5)
    const before = await statistics()
    // Nobody looks at this one.
    expect(of(before, 1, 2).video.frames).toBe(0)
    expect(of(before, 1, 2).audio.playedMs).toBeGreaterThan(0)

    // As after an Add, after a Remove with keys that come late, and with the other suite.
    await epoch({ afterMs: 300 })
    await opened.page.waitForTimeout(700)
    await epoch({ lateMs: 250 })
    await opened.page.waitForTimeout(700)
    await epoch({ suite: 'AEAD_AES_256_GCM', afterMs: 100 })
    await opened.page.waitForTimeout(700)
    const after = await until(
      'pictures in the last epoch',
      (all) => of(all, 0, 1).video.rendered > of(before, 0, 1).video.rendered + 40,
    )
    await opened.page.evaluate(() => window.mediaPage?.group?.dropOld())
    for (const [side, { packets, suite }] of after.entries()) {
      expect(suite).toBe('AEAD_AES_256_GCM')
      expect(packets).toMatchObject({ refused: 0, dropped: 0 })
      expect(of(after, side, (side + 1) % 3).lost).toBe(0)
    }
    expect(of(after, 0, 1).keyframesRequested).toBe(of(before, 0, 1).keyframesRequested)
    // Of it 250 ms are the wait for late keys.
    expect(of(after, 0, 1).video.freezeMs - of(before, 0, 1).video.freezeMs).toBeLessThan(600)
    await expectWhole(0, 2, 500)
    expect(await opened.page.evaluate(() => window.mediaPage?.group?.loudest[0]?.get('member 1'))).toBeGreaterThan(0.3)

    // One has a wrong key of another, one has none.
    await epoch({ wrong: [[0, 1]], missing: [[2, 0]] })
    await opened.page.evaluate(() => window.mediaPage?.group?.dropOld())
    await opened.page.waitForTimeout(1200)
    const without = await statistics()
    await opened.page.waitForTimeout(1000)
    const later = await statistics()
    for (const [receiver, member] of [
      [0, 1],
      [2, 0],
    ] as const) {
      expect(of(later, receiver, member).video.rendered).toBe(of(without, receiver, member).video.rendered)
      expect(of(later, receiver, member).audio.playedMs).toBe(of(without, receiver, member).audio.playedMs)
    }
    expect(later[0]?.packets.refused).toBeGreaterThan(10)
    expect(of(later, 0, 2).video.rendered).toBeGreaterThan(of(without, 0, 2).video.rendered + 5)
    await expectWhole(0, 2, 400)

    await epoch({})
    await until(
      'pictures for all again',
      (all) => isThere(all, 0, 1) && of(all, 0, 1).video.rendered > of(later, 0, 1).video.rendered + 10,
    )
    await expectWhole(0, 1, 400)
  })

  it('get another layer in both directions, and the picture neither breaks nor stands still', async () => {
    await start(3, { audio: false, video: true })
    await show(0, 1)
    await show(2, 1)
    await until('pictures', (all) => of(all, 0, 1).video.rendered >= 15 && of(all, 2, 1).video.rendered >= 15)
    const heightAt = (receiver: number) =>
      opened.page.evaluate((receiver) => window.mediaPage?.group?.sizes[receiver]?.get('member 1')?.height, receiver)
    expect(await heightAt(0)).toBe(180)
    const [before] = await statistics()
    for (const layer of [1, 0, 1] as const) {
      const seeing = expectWhole(0, 1, 2000)
      await opened.page.evaluate((layer) => window.mediaPage?.group?.hub.want(0, 1, layer), layer)
      await seeing
      expect(await heightAt(0)).toBe(layer === 1 ? 360 : 180)
      expect(await heightAt(2)).toBe(180)
    }
    const after = await statistics()
    if (before === undefined) throw new Error('no statistics')
    const old = of([before], 0, 1)
    const now = of(after, 0, 1)
    expect(now.lost).toBe(old.lost)
    expect(now.keyframesRequested).toBe(old.keyframesRequested)
    expect(now.video.freezeMs - old.video.freezeMs).toBeLessThan(600)
    // Half of the frames, as the relay leaves out the other half.
    const sparse = (isSparse: boolean) =>
      opened.page.evaluate((isSparse) => {
        const hub = window.mediaPage?.group?.hub
        if (hub !== undefined) hub.isSparse = isSparse
      }, isSparse)
    await sparse(true)
    await opened.page.waitForTimeout(200)
    await expectWhole(0, 1, 1200)
    const [thin] = await statistics()
    if (thin === undefined) throw new Error('no statistics')
    expect(of([thin], 0, 1).lost).toBe(now.lost)
    expect(of([thin], 0, 1).keyframesRequested).toBe(now.keyframesRequested)
    await sparse(false)
    // A layer that nobody asks for is not encoded.
    await opened.page.evaluate(() => window.mediaPage?.group?.hub.tell(1, { kind: 'wanted-layers', layers: [] }))
    await opened.page.waitForTimeout(300)
    const frames = (all: GroupStatistics[]) => all[1]?.sent.layers.map((layer) => layer.frames)
    const idle = frames(await statistics())
    await opened.page.waitForTimeout(400)
    expect(frames(await statistics())).toEqual(idle)
    expect(idle?.[2]).toBe(0)
  })
})

describe('nine members', () => {
  beforeEach(() => open(SLOW))

  const TILE = { width: 320, height: 180 }
  const tileOf = (i: number) => ({ x: (i % 3) * TILE.width, y: Math.floor(i / 3) * TILE.height, ...TILE })

  it('are drawn on one canvas, and who has no tile is not decoded', async () => {
    await start(9, { audio: false, video: true })
    const arrange = (members: readonly number[]) =>
      opened.page.evaluate(
        (tiles) => {
          const canvas = document.querySelector('canvas') ?? document.createElement('canvas')
          const session = window.mediaPage?.group?.sessions[0]
          if (canvas.parentElement === null) {
            canvas.dataset['testid'] = 'mosaic'
            document.body.prepend(canvas)
            session?.useCanvas(canvas)
          }
          session?.arrange({ width: 960, height: 540, tiles })
        },
        members.map((member, i) => ({ member: `member ${String(member)}`, ...tileOf(i) })),
      )
    const judgeTile = (i: number) =>
      opened.page.evaluate(({ tile, shape }) => window.mediaPage?.judgeTile?.('mosaic', tile, shape), {
        tile: tileOf(i),
        shape: SLOW,
      })
    const everybody = [1, 2, 3, 4, 5, 6, 7, 8]
    await arrange(everybody)
    await until('all pictures', (all) => everybody.every((member) => of(all, 0, member).video.rendered >= 5))
    for (const i of everybody.keys()) expect((await judgeTile(i))?.error).toBeLessThan(WHOLE)

    await arrange([8, 3])
    await opened.page.waitForTimeout(300)
    const before = await statistics()
    await until('the pictures that are left', (all) =>
      [8, 3].every((member) => of(all, 0, member).video.rendered > of(before, 0, member).video.rendered + 5),
    )
    const after = await statistics()
    for (const member of [1, 2, 4, 5, 6, 7]) {
      expect(of(after, 0, member).video.frames).toBe(of(before, 0, member).video.frames)
    }
    const errors = await Promise.all([0, 1, 2].map(judgeTile))
    expect(errors.slice(0, 2).every((judgement) => (judgement?.error ?? Infinity) < WHOLE)).toBe(true)
    // Nothing is drawn where nobody is.
    expect(errors[2]?.error).toBeGreaterThan(30)

    await arrange([1, 3])
    await until('one that comes back', (all) => of(all, 0, 1).video.frames > of(after, 0, 1).video.frames + 3)
    expect((await judgeTile(0))?.error).toBeLessThan(WHOLE)
  })
})
