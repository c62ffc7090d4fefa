import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SLOT_SAMPLES } from '../../../src-renderer/devices/playout-messages.ts'
import { type Slot, Voice } from '../../../src-renderer/media-worker/voice.ts'
import type { AudioBuffer, AudioStatistics, AudioUnit } from '../../../src-shared/media/received.ts'

const UNIT = 960

/** Decodes when told to: each packet to a unit of one value, its first byte in hundredths. */
class FakeDecoder {
  static all: FakeDecoder[] = []
  state: 'unconfigured' | 'configured' | 'closed' = 'unconfigured'
  readonly waiting: number[] = []
  readonly #init: AudioDecoderInit

  constructor(init: AudioDecoderInit) {
    this.#init = init
    FakeDecoder.all.push(this)
  }

  configure(): void {
    this.state = 'configured'
  }

  decode({ data }: { readonly data: Uint8Array }): void {
    this.waiting.push(data[0] ?? 0)
  }

  close(): void {
    this.state = 'closed'
  }

  /** All that waits, or so many. */
  run(count = this.waiting.length): void {
    for (const value of this.waiting.splice(0, count)) {
      this.#init.output({
        numberOfFrames: UNIT,
        copyTo: (into: Float32Array) => into.fill(value / 100),
        close: () => undefined,
      } as unknown as AudioData)
    }
  }

  fail(): void {
    this.state = 'closed'
    this.#init.error(new DOMException('broken'))
  }
}

const EMPTY: AudioStatistics = {
  packetsLate: 0,
  packetsDuplicate: 0,
  packetsRefused: 0,
  playedMs: 0,
  concealedMs: 0,
  silenceMs: 0,
  skippedMs: 0,
  insertedMs: 0,
  bufferMs: 0,
  targetMs: 0,
}

/** Gives these units, one after the other, then silence. */
class Script implements AudioBuffer {
  readonly statistics = EMPTY
  readonly pulls: number[] = []
  readonly changes: number[] = []
  readonly #units: AudioUnit[]

  constructor(units: readonly AudioUnit[]) {
    this.#units = [...units]
  }

  insert(): void {
    throw new Error('nothing is sent here')
  }

  pull(now: number): AudioUnit {
    this.pulls.push(now)
    return this.#units.shift() ?? { kind: 'silence' }
  }

  stretched(by: number): void {
    this.changes.push(by)
  }

  setExtraDelay(): void {
    throw new Error('not in this test')
  }

  plan(): undefined {
    return undefined
  }
}

const packet = (value: number, stretch = 0): AudioUnit => ({
  kind: 'packet',
  data: Uint8Array.of(value),
  rtpTimestamp: value * UNIT,
  stretch,
})

function voiceOf(units: readonly AudioUnit[]) {
  const buffer = new Script(units)
  const heard: (readonly [timestamp: number, at: number])[] = []
  const voice = new Voice(buffer, { heard: (rtpTimestamp, at) => heard.push([rtpTimestamp / UNIT, at]) })
  let settled = 0
  voice.onSettled(() => (settled += 1))
  return { voice, buffer, heard, settledCount: () => settled }
}

/** The value that a slot is filled with, or what it waits for. */
function contentOf({ content }: Slot): number | string {
  if (typeof content === 'string') return content
  expect(content).toHaveLength(SLOT_SAMPLES)
  expect(new Set(content).size).toBe(1)
  return Math.round((content[0] ?? 0) * 100)
}

const decoder = (): FakeDecoder => {
  const last = FakeDecoder.all.at(-1)
  if (!last) throw new Error('no decoder')
  return last
}

beforeEach(() => {
  FakeDecoder.all = []
  vi.stubGlobal('AudioDecoder', FakeDecoder)
  vi.stubGlobal(
    'EncodedAudioChunk',
    class {
      readonly data: Uint8Array
      constructor(init: { readonly data: Uint8Array }) {
        this.data = init.data
      }
    },
  )
})
afterEach(() => vi.unstubAllGlobals())

describe('a voice', () => {
  it('that ends keeps nobody waiting for what its decoder still has', () => {
    const { voice, settledCount } = voiceOf([packet(1)])
    const slots = [0, 10].map((now) => voice.pull(now, 50))
    expect(slots.map(contentOf)).toEqual(['decoding', 'decoding'])
    voice.close()
    expect(slots.map(contentOf)).toEqual(['silence', 'silence'])
    expect(settledCount()).toBe(1)
  })

  it('fills two slots from each packet, in order, when the decoder is done', () => {
    const { voice, buffer, heard, settledCount } = voiceOf([packet(1), packet(2)])
    const slots = [0, 10, 20, 30].map((now) => voice.pull(now, 50))
    expect(buffer.pulls).toEqual([0, 20])
    expect(slots.map(contentOf)).toEqual(['decoding', 'decoding', 'decoding', 'decoding'])
    decoder().run(1)
    expect(slots.map(contentOf)).toEqual([1, 1, 'decoding', 'decoding'])
    expect(settledCount()).toBe(1)
    decoder().run()
    expect(slots.map(contentOf)).toEqual([1, 1, 2, 2])
    expect(heard).toEqual([
      [1, 50],
      [2, 70],
    ])
  })

  it('asks for more at once where sound became shorter, and for less where it became longer', () => {
    const faint = (value: number, stretch: number) => packet(value * 0, stretch)
    const { voice, buffer } = voiceOf([faint(0, -12), faint(0, 0), faint(0, 12), faint(0, 0)])
    const pulled: number[] = []
    for (let now = 0; now < 60; now += 10) {
      voice.pull(now, 0)
      FakeDecoder.all.at(-1)?.run()
      pulled.push(buffer.pulls.length)
    }
    expect(buffer.changes.map((by) => Math.round(by))).toEqual([-12, 12])
    // 8 ms of the first, so the second follows in the first slot; the third lasts for 32 ms.
    expect(pulled).toEqual([2, 2, 3, 3, 3, 3])
  })

  it('says when sound is heard that begins within a slot', () => {
    const { voice, heard } = voiceOf([packet(0, -12), packet(7)])
    voice.pull(100, 30)
    decoder().run()
    decoder().run()
    expect(heard).toEqual([
      [0, 130],
      [7, 138],
    ])
  })

  it('is silent for as long as there is nothing, and makes nothing up before it has decoded', () => {
    const { voice } = voiceOf([{ kind: 'conceal', data: Uint8Array.of(9) }, packet(3), { kind: 'silence' }])
    const slots = [0, 10, 20, 30, 40, 50].map((now) => voice.pull(now, 0))
    decoder().run()
    expect(slots.map(contentOf)).toEqual(['silence', 'silence', 3, 3, 'silence', 'silence'])
  })

  it('goes on with another decoder when one breaks', () => {
    const { voice } = voiceOf([packet(1), packet(2), packet(3)])
    const slots = [0, 10, 20].map((now) => voice.pull(now, 0))
    decoder().run(1)
    decoder().fail()
    expect(slots.map(contentOf)).toEqual([1, 1, 'silence'])
    slots.push(voice.pull(30, 0), voice.pull(40, 0))
    decoder().run()
    expect(FakeDecoder.all).toHaveLength(2)
    expect(slots.map(contentOf)).toEqual([1, 1, 'silence', 'silence', 3])
  })

  it('gives up a decoder that swallows packets, and never keeps a slot waiting for ever', () => {
    const { voice } = voiceOf(Array.from({ length: 200 }, (_, i) => packet(i % 90)))
    const slots = Array.from({ length: 120 }, (_, i) => voice.pull(10 * i, 0))
    expect(FakeDecoder.all.length).toBeGreaterThan(1)
    expect(slots.slice(0, 40).map(contentOf)).toEqual(Array.from({ length: 40 }, () => 'silence'))
    expect(slots.filter(({ content }) => content === 'decoding').length).toBeLessThan(52)
  })

  it('lets time pass unheard at the pace that its buffer wants, and comes back with what is due then', () => {
    const { voice, buffer } = voiceOf([packet(1), packet(2, -40), packet(3, 5), packet(4), packet(5)])
    for (let now = 0; now < 50; now += 10) voice.skip(now)
    // 20, then 5 instead of 20, then 25.
    expect(buffer.pulls).toEqual([0, 20, 20])
    expect(buffer.changes).toEqual([-15, 5])
    expect(FakeDecoder.all).toHaveLength(0)
    const slots = [50, 60, 70].map((now) => voice.pull(now, 0))
    decoder().run()
    expect(buffer.pulls).toEqual([0, 20, 20, 50, 70])
    expect(slots.map(contentOf)).toEqual([4, 4, 5])
  })
})
