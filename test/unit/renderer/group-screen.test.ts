import { screenOrder } from '../../../src-renderer/features/group/screen-order.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import en from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { createTranslate } from '../../../src-renderer/app/language/translator.ts'
import { ActiveSpeaker } from '../../../src-renderer/features/group/active-speaker.ts'
import { eventSentence } from '../../../src-renderer/features/group/event-sentence.ts'
import { gridOf, type Rectangle, speakerView } from '../../../src-renderer/features/group/grid.ts'
import { titleOf } from '../../../src-renderer/features/group/group-title.ts'
import { troubleOf } from '../../../src-renderer/features/group/trouble.ts'
import { callLine } from '../../../src-renderer/features/people/call-line.ts'
import type { GroupEventLine } from '../../../src-shared/ipc/group-view.ts'

const t = createTranslate(en, 'en')
const GAP = 8
const area = fc.record({ width: fc.integer({ min: 200, max: 4000 }), height: fc.integer({ min: 150, max: 3000 }) })

function overlap(a: Rectangle, b: Rectangle): boolean {
  // Rounding may let two meet by a pixel.
  return a.x + a.width - 1 > b.x && b.x + b.width - 1 > a.x && a.y + a.height - 1 > b.y && b.y + b.height - 1 > a.y
}

function expectApart(tiles: readonly Rectangle[], { width, height }: { width: number; height: number }): void {
  for (const [at, tile] of tiles.entries()) {
    expect(tile.x).toBeGreaterThanOrEqual(-1)
    expect(tile.y).toBeGreaterThanOrEqual(-1)
    expect(tile.x + tile.width).toBeLessThanOrEqual(width + 1)
    expect(tile.y + tile.height).toBeLessThanOrEqual(height + 1)
    for (const other of tiles.slice(at + 1)) expect(overlap(tile, other)).toBe(false)
  }
}

describe('the grid', () => {
  it('has a place for everybody, inside and apart, whatever the window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 33 }), area, (count, size) => {
        const tiles = gridOf(count, size, GAP)
        expect(tiles).toHaveLength(count)
        expectApart(tiles, size)
      }),
    )
  })

  it('puts two beside each other in a wide window and above each other in a tall one', () => {
    const [first, second] = gridOf(2, { width: 1600, height: 700 }, GAP)
    expect(first?.y).toBe(second?.y)
    const [above, below] = gridOf(2, { width: 500, height: 1000 }, GAP)
    expect(above?.x).toBe(below?.x)
  })

  it('is empty without people or room', () => {
    expect(gridOf(0, { width: 100, height: 100 }, GAP)).toEqual([])
    expect(gridOf(3, { width: 0, height: 0 }, GAP)).toEqual([])
  })

  it('shows one large, and as many others as fit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), area, (count, size) => {
        const { main, strip } = speakerView(count, size, GAP)
        expect(strip.length).toBeLessThanOrEqual(count)
        expectApart([main, ...strip], size)
      }),
    )
  })
})

describe('the active speaker', () => {
  it('is whoever speaks first, and stays so through pauses and short noises of others', () => {
    const active = new ActiveSpeaker()
    expect(active.heard([['ada', 0.8]], 0)).toBe('ada')
    expect(active.heard([['ada', 0]], 300)).toBe('ada')
    expect(active.heard([['ben', 0.9]], 500)).toBe('ada')
    expect(active.heard([['ben', 0]], 700)).toBe('ada')
    expect(active.heard([['ada', 0.8]], 900)).toBe('ada')
  })

  it('changes to who goes on speaking', () => {
    const active = new ActiveSpeaker()
    active.heard([['ada', 0.8]], 0)
    active.heard([['ada', 0]], 100)
    for (let now = 200; now < 1500; now += 100) active.heard([['ben', 0.7]], now)
    expect(active.current).toBe('ada')
    active.heard([], 1700)
    expect(active.current).toBe('ben')
  })

  it('does not change while the one who is large still speaks', () => {
    const active = new ActiveSpeaker()
    for (let now = 0; now < 10_000; now += 100)
      active.heard(
        [
          ['ada', 0.6],
          ['ben', 0.9],
        ],
        now,
      )
    expect(active.current).toBe('ben')
    expect([...active.speaking].sort()).toEqual(['ada', 'ben'])
  })

  it('forgets who is gone', () => {
    const active = new ActiveSpeaker()
    active.heard([['ada', 0.8]], 0)
    active.keepOnly([])
    expect(active.current).toBeUndefined()
    expect(active.speaking).toEqual([])
  })
})

describe('the words of a group call', () => {
  it('are the names, and how many more', () => {
    expect(titleOf([], t, 'en')).toBe('Group call')
    expect(titleOf(['Ada'], t, 'en')).toBe('Ada')
    expect(titleOf(['Ada', 'Ben'], t, 'en')).toBe('Ada and Ben')
    expect(titleOf(['Ada', 'Ben', 'Mia', 'Leo'], t, 'en')).toBe('Ada, Ben, and 2 more')
  })

  it('say who came, went and was put out by whom', () => {
    const who = { name: 'Ben', handle: 'ben', id: 'aa', verification: 'unverified' } as const
    const event = (kind: GroupEventLine['kind'], rest: Partial<GroupEventLine> = {}): GroupEventLine => ({
      id: '1',
      at: 0,
      kind,
      who,
      by: undefined,
      ...rest,
    })
    expect(eventSentence(event('joined'), t)).toBe('Ben joined')
    expect(eventSentence(event('removed', { by: { name: 'Ada', handle: 'ada' } }), t)).toBe('Ada removed Ben')
    expect(eventSentence(event('made-host', { who: undefined }), t)).toBe('You are a host now')
    expect(eventSentence(event('joined', { who: undefined }), t)).toBeUndefined()
    expect(eventSentence(event('hand'), t)).toBeUndefined()
  })

  it('say what is wrong before what is only slow', () => {
    const well = { trust: 'trusted', trouble: 'none', present: true, keyed: true } as const
    expect(troubleOf(well, t)).toBeUndefined()
    expect(troubleOf({ ...well, keyed: false }, t)).toBe('Exchanging keys…')
    expect(troubleOf({ ...well, keyed: false, present: false }, t)).toBe('Reconnecting…')
    expect(troubleOf({ ...well, present: false, trouble: 'fork' }, t)).toBe('Has another member list')
    expect(troubleOf({ ...well, trust: 'refused', keyed: false }, t)).toContain('directory')
  })

  it('tell a group call of the past from one of two', () => {
    const entry = {
      id: '1',
      handle: 'ada',
      accountId: undefined,
      name: 'Ada',
      group: [{ name: 'Ada', handle: 'ada' }],
      direction: 'incoming',
      video: true,
      startedAt: 0,
      durationMs: 0,
      reason: 'no-answer',
      unseen: true,
    } as const
    expect(callLine(entry, t)).toBe('Missed group call')
    expect(callLine({ ...entry, durationMs: 120_000, reason: 'hung-up' }, t)).toContain('Group call of 2')
  })
})

it('the stage has the screen that began last, and goes back to the one before it', () => {
  expect(screenOrder([], ['a', 'b'])).toEqual(['a', 'b'])
  expect(screenOrder(['b'], ['a', 'b'])).toEqual(['b', 'a'])
  expect(screenOrder(['b', 'a'], ['b'])).toEqual(['b'])
  expect(screenOrder(['b', 'a'], [])).toEqual([])
})
