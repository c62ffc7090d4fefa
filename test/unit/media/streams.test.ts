import { describe, expect, it } from 'vitest'
import { videoBitrate } from '../../../src-shared/media/bitrate.ts'
import { DelayEstimator } from '../../../src-shared/media/delay-estimator.ts'
import { FreezeCounter } from '../../../src-shared/media/freezes.ts'
import { KeyframeAnswers, KeyframeRequests } from '../../../src-shared/media/keyframe-requests.ts'
import type { LayerInfo } from '../../../src-shared/media/payload-format.ts'
import { ReferenceTracker } from '../../../src-shared/media/reference-tracker.ts'

describe('the delay of a stream', () => {
  it('is told against the fastest packet, and its quantiles are those of the samples', () => {
    const estimator = new DelayEstimator(90_000, 0.99)
    expect(estimator.quantile(0.95)).toBe(0)
    expect(estimator.fastest(0)).toBeUndefined()
    for (let i = 0; i < 200; i++) {
      const now = 1000 + i * 200 + (i % 10) * 10
      expect(estimator.arrived(i * 200 * 90, now)).toBe('placed')
      estimator.completed(i * 200 * 90, now)
    }
    expect(estimator.fastest(9000)).toBeCloseTo(1100)
    expect(estimator.quantile(0.5)).toBeGreaterThanOrEqual(40)
    // The newer samples weigh more, and the last of all are the latest.
    expect(estimator.quantile(0.5)).toBeLessThanOrEqual(55)
    expect(estimator.quantile(0.95)).toBe(95)
  })

  it('forgets what the network was like', () => {
    const estimator = new DelayEstimator(48_000, 0.995)
    let now = 0
    const feed = (count: number, delay: (i: number) => number): void => {
      for (let i = 0; i < count; i++) {
        now += 20
        estimator.arrived(now * 48, now + delay(i))
        estimator.completed(now * 48, now + delay(i))
      }
    }
    feed(500, (i) => (i % 2) * 15)
    expect(estimator.quantile(0.97)).toBe(20)
    feed(500, (i) => (i % 4) * 100)
    expect(estimator.quantile(0.97)).toBe(305)
    feed(1500, () => 0)
    expect(estimator.quantile(0.97)).toBe(5)
    // For as long as any call: the weights of the samples grow and are scaled down.
    feed(20_000, (i) => (i % 2) * 15)
    expect(estimator.quantile(0.97)).toBe(20)
  })

  it('counts a stall once, however many packets it held up', () => {
    const estimator = new DelayEstimator(48_000, 0.995)
    for (let i = 0; i < 300; i++) {
      const now = i * 20 >= 3000 && i * 20 < 3900 ? 3900 : i * 20
      estimator.arrived(i * 960, now)
      estimator.completed(i * 960, now)
    }
    expect(estimator.quantile(0.97)).toBe(5)
  })

  it('follows a path that became longer, after a window, and one that became shorter, at once', () => {
    const estimator = new DelayEstimator(48_000, 0.995)
    for (let at = 0; at < 5000; at += 20) estimator.arrived(at * 48, at + 50)
    for (let at = 5000; at < 20_000; at += 20) estimator.arrived(at * 48, at + 200)
    expect(estimator.fastest(0)).toBe(200)
    estimator.arrived(20_000 * 48, 20_000 + 30)
    expect(estimator.fastest(0)).toBe(30)
  })

  it('takes another timeline from three packets that agree, over 50 ms; never from one, nor from a jam', () => {
    const estimator = new DelayEstimator(48_000, 0.995)
    estimator.arrived(0, 0)
    expect(estimator.arrived(1e9, 20)).toBe('stray')
    expect(estimator.arrived(-1e9, 40)).toBe('stray')
    expect(estimator.arrived(960, 40)).toBe('placed')
    expect([0, 20, 40, 60].map((at) => estimator.arrived(1e9 + at * 48, 100 + at))).toEqual([
      'stray',
      'stray',
      'stray',
      'restarted',
    ])
    for (let i = 0; i < 50; i++) expect(estimator.arrived(1e9 + (100 + i * 20) * 48, 5000)).toBe('stray')
  })
})

describe('references', () => {
  const frame = (keyframe: boolean, layer?: LayerInfo) => ({ codec: 'VP8' as const, keyframe, layer })
  const layer = (id: number, base: number, sync = false): LayerInfo => ({ id, base, sync })

  /** Hands out what can be decoded, and says what could. */
  const run = (...frames: readonly (readonly [ReturnType<typeof frame>, boolean])[]): boolean[] => {
    const tracker = new ReferenceTracker()
    return frames.map(([one, contiguous]) => {
      const can = tracker.canDecode(one, contiguous)
      if (can) tracker.handedOut(one, contiguous)
      else if (one.layer !== undefined && one.layer.id > 0) tracker.leaveOut(one.layer)
      return can
    })
  }

  it('without layers are all frames since the keyframe', () => {
    expect(run([frame(false), true], [frame(true), false], [frame(false), true], [frame(false), false])).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('of a base frame are base frames only', () => {
    expect(
      run(
        [frame(true, layer(0, 255)), true],
        [frame(false, layer(0, 0)), false], // an upper frame between was lost
        [frame(false, layer(0, 2)), false], // a base frame was lost
      ),
    ).toEqual([true, true, false])
  })

  it('of an upper frame are frames since the last sync of its layer', () => {
    expect(
      run(
        [frame(true, layer(0, 7)), true],
        [frame(false, layer(1, 7)), true],
        [frame(false, layer(0, 8)), false], // something was lost
        [frame(false, layer(1, 8)), true], // may refer to it
        [frame(false, layer(2, 8, true)), false], // refers to the base only
        [frame(false, layer(1, 8)), true], // layer 1 is still broken
        [frame(false, layer(1, 8, true)), false],
        [frame(false, layer(1, 8)), true], // and mended
        [frame(false, layer(2, 8)), true], // layer 2 is not
        [frame(false, layer(2, 8, true)), true],
        [frame(false, layer(2, 8)), true],
        [frame(false, layer(1, 9, true)), false], // its base is missing
      ),
    ).toEqual([true, true, true, false, true, false, true, true, false, true, true, false])
  })

  it('do not cross a change of the codec', () => {
    const tracker = new ReferenceTracker()
    tracker.handedOut(frame(true), true)
    expect(tracker.canDecode({ ...frame(false), codec: 'VP9' }, true)).toBe(false)
    tracker.lose()
    expect(tracker.lost).toBe(true)
    expect(tracker.canDecode(frame(false), true)).toBe(false)
  })
})

describe('keyframes', () => {
  const asked = (requests: KeyframeRequests, from: number, to: number, roundTrip?: number): number[] => {
    const times: number[] = []
    for (let now = from; now < to; now += 10) if (requests.take(now, roundTrip)) times.push(now)
    return times
  }

  it('are asked for at once, then with growing distance', () => {
    expect(asked(new KeyframeRequests(), 0, 4000)).toEqual([0, 300, 900, 1900, 2900, 3900])
  })

  it('are not asked for twice within a round trip', () => {
    expect(asked(new KeyframeRequests(), 0, 2000, 400)).toEqual([0, 600, 1600])
    expect(asked(new KeyframeRequests(), 0, 3000, 60_000)).toEqual([0, 1000, 2000])
  })

  it('are asked for soon again when one came and was lost, but keep the distance', () => {
    const requests = new KeyframeRequests()
    expect(asked(requests, 0, 1000)).toEqual([0, 300, 900])
    requests.answered()
    expect(asked(requests, 1000, 2000)).toEqual([1200, 1500])
  })

  it('are made once for many requests, and not more often than twice a second', () => {
    const answers = new KeyframeAnswers()
    expect(answers.take(0)).toBe(false)
    answers.requested()
    answers.requested()
    expect(answers.take(0)).toBe(true)
    expect(answers.take(33)).toBe(false)
    answers.requested()
    expect(answers.take(66)).toBe(false)
    expect(answers.take(500)).toBe(true)
    answers.requested()
    answers.made(600)
    expect(answers.take(2000)).toBe(false)
  })
})

describe('freezes', () => {
  it('are intervals of three times and 150 ms above the average, as WebRTC counts them', () => {
    const counter = new FreezeCounter()
    for (let now = 0; now <= 990; now += 33) counter.rendered(now)
    counter.rendered(990 + 180) // below 33 + 150
    expect(counter.count).toBe(0)
    counter.rendered(1170 + 200)
    expect([counter.count, counter.totalMs]).toEqual([1, 200])
  })

  it('need three times the average at low rates', () => {
    const counter = new FreezeCounter()
    for (let now = 0; now <= 10_000; now += 500) counter.rendered(now)
    counter.rendered(11_400)
    expect(counter.count).toBe(0)
    counter.rendered(13_100)
    expect(counter.count).toBe(1)
  })

  it('are none while the camera is off', () => {
    const counter = new FreezeCounter()
    counter.rendered(0)
    counter.rendered(33)
    counter.paused()
    counter.rendered(60_000)
    expect(counter.count).toBe(0)
  })
})

describe('bit rates', () => {
  it('grow with the size and the frame rate, and differ by codec', () => {
    expect(videoBitrate('VP8', 640, 360, 30)).toEqual({ min: 120_000, start: 500_000, max: 1_000_000 })
    expect(videoBitrate('VP9', 1280, 720, 30)).toEqual({ min: 210_000, start: 840_000, max: 1_750_000 })
    expect(videoBitrate('H264', 1280, 720, 30).max).toBe(2_750_000)
    expect(videoBitrate('VP8', 640, 360, 15).start).toBeGreaterThan(300_000)
    expect(videoBitrate('VP8', 640, 360, 15).start).toBeLessThan(400_000)
    let before = 0
    for (let width = 16; width < 4000; width += 16) {
      const { min, start, max } = videoBitrate('VP8', width, Math.round((width * 9) / 16), 30)
      expect(min < start && start < max && start >= before).toBe(true)
      before = start
    }
  })

  it('stay finite for absurd sizes', () => {
    expect(videoBitrate('VP8', 0, 0, 0).min).toBeGreaterThan(0)
    expect(videoBitrate('H264', 1e5, 1e5, 1e5).max).toBeLessThanOrEqual(12_000_000 * 1.1 * 2 ** 0.6 + 1)
  })
})
