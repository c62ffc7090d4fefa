import { describe, expect, it } from 'vitest'
import { type FromPlayout, SLOT_SAMPLES, type ToPlayout } from '../../../src-renderer/devices/playout-messages.ts'
import { AudioPlayout } from '../../../src-renderer/media-worker/audio-playout.ts'
import type { Slot, Voice } from '../../../src-renderer/media-worker/voice.ts'
import { MAX_VOICES } from '../../../src-renderer/media-worker/voice-choice.ts'

/** Gives one value all the time, and counts how often it was asked for it. */
class FakeVoice {
  readonly level = 20
  readonly lastPacketAt = performance.now()
  pulled = 0
  readonly #value: number

  constructor(value: number) {
    this.#value = value
  }

  onSettled(): void {
    // It has no decoder that takes its time.
  }

  skip(): void {
    // Nobody hears it.
  }

  pull(): Slot {
    this.pulled += 1
    return { content: new Float32Array(SLOT_SAMPLES).fill(this.#value) }
  }
}

function playout() {
  const played: number[] = []
  const port = {
    onmessage: undefined as ((event: { data: FromPlayout }) => void) | undefined,
    postMessage: ({ samples }: ToPlayout) => played.push(samples.at(-1) ?? 0),
    close: () => undefined,
  }
  const speaker = new AudioPlayout()
  speaker.usePort(port as unknown as MessagePort)
  const ask = () => port.onmessage?.({ data: { kind: 'demand', slots: 1, aheadMs: 0, underruns: 0, used: [] } })
  return { speaker, ask, played }
}

const asVoice = (fake: FakeVoice) => fake as unknown as Voice

describe('a screen’s sound', () => {
  it('is heard beside as many voices as there may be, and counts as none of them', () => {
    const { speaker, ask } = playout()
    const voices = Array.from({ length: MAX_VOICES + 4 }, () => new FakeVoice(0.01))
    for (const voice of voices) speaker.add(asVoice(voice))
    const sound = new FakeVoice(0.01)
    speaker.addScreenSound(asVoice(sound))
    for (let i = 0; i < 5; i++) ask()
    expect(sound.pulled).toBe(5)
    expect(voices.filter(({ pulled }) => pulled === 5)).toHaveLength(MAX_VOICES)
  })

  it('is heard while nobody speaks, and no more when it ends', () => {
    const { speaker, ask, played } = playout()
    const sound = asVoice(new FakeVoice(0.5))
    speaker.addScreenSound(sound)
    ask()
    speaker.remove(sound)
    ask()
    expect(played).toEqual([0.5, 0])
  })
})
