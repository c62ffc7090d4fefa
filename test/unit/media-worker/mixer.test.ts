import { describe, expect, it } from 'vitest'
import { levelOf } from '../../../src-renderer/media-worker/audio-level.ts'
import { Mixer } from '../../../src-renderer/media-worker/mixer.ts'
import { SpeakingLevels } from '../../../src-renderer/media-worker/speaking-levels.ts'
import type { Slot } from '../../../src-renderer/media-worker/voice.ts'
import { MAX_VOICES, type VoiceCandidate, VoiceChoice } from '../../../src-renderer/media-worker/voice-choice.ts'
import { generator } from '../media/network.ts'

const UNIT = 480

/** Goes on evenly from one unit to the next. */
function tone(unit: number, amplitude: number, period = 100): Slot {
  const sample = (i: number) => amplitude * Math.cos((2 * Math.PI * (unit * UNIT + i)) / period)
  return { content: Float32Array.from({ length: UNIT }, (_, i) => sample(i)) }
}

const SILENCE: Slot = { content: 'silence' }

function steps(samples: readonly number[]): number {
  return samples.reduce((largest, sample, i) => Math.max(largest, Math.abs(sample - (samples[i - 1] ?? sample))), 0)
}

describe('the mixer', () => {
  it('leaves one voice alone as it is', () => {
    const mixer = new Mixer<string>()
    mixer.mix(new Map([['a', tone(0, 0.99)]]))
    expect(mixer.mix(new Map([['a', tone(1, 0.99)]]))).toEqual(tone(1, 0.99).content)
    const used = new Float32Array(UNIT).fill(0.7)
    expect(mixer.mix(new Map([['a', tone(2, 0.99)]]), used)).toBe(used)
    expect(used).toEqual(tone(2, 0.99).content)
  })

  it('adds voices', () => {
    const mixer = new Mixer<string>()
    const unit = (i: number) =>
      new Map([
        ['a', tone(i, 0.2)],
        ['b', tone(i, 0.1, 60)],
      ])
    mixer.mix(unit(0))
    const mixed = mixer.mix(unit(1))
    const [a, b] = [tone(1, 0.2).content, tone(1, 0.1, 60).content]
    if (!(a instanceof Float32Array) || !(b instanceof Float32Array)) throw new Error('no tones')
    mixed.forEach((sample, i) => expect(sample).toBeCloseTo((a[i] ?? 0) + (b[i] ?? 0), 5))
  })

  it('clicks neither when a voice comes or goes, nor when its member leaves', () => {
    const mixer = new Mixer<string>()
    const samples: number[] = []
    for (let i = 0; i < 12; i++) {
      const unit = new Map([['steady', tone(i, 0.1)]])
      if (i < 9) unit.set('other', i % 4 < 2 ? SILENCE : tone(i, 0.4, 70))
      samples.push(...mixer.mix(unit))
    }
    // The tones' own largest steps are 0.007 and 0.036, and a cut would be 0.4.
    expect(steps(samples)).toBeLessThan(0.06)
  })

  it('turns down what would be too loud, evenly and for no longer than it has to', () => {
    const mixer = new Mixer<number>()
    const samples: number[] = []
    const all = (i: number, amplitude: number) =>
      new Map(Array.from({ length: 5 }, (_, voice) => [voice, tone(i, amplitude)] as const))
    for (let i = 0; i < 20; i++) samples.push(...mixer.mix(all(i, i < 5 ? 0.1 : 0.5)))
    expect(Math.max(...samples.map(Math.abs))).toBeLessThanOrEqual(1)
    const settled = samples.slice(-5 * UNIT)
    expect(Math.max(...settled)).toBeCloseTo(0.9, 2)
    // Of a clipped tone of that height a quarter and more would lie at the top.
    expect(settled.filter((sample) => Math.abs(sample) > 0.89).length / settled.length).toBeLessThan(0.15)
    for (let i = 20; i < 400; i++) mixer.mix(all(i, 0.01))
    // In this one the other four fade out.
    mixer.mix(new Map([[0, tone(400, 0.99)]]))
    expect(mixer.mix(new Map([[0, tone(401, 0.99)]]))).toEqual(tone(401, 0.99).content)
  })

  it('never leaves full scale and never jumps, whoever talks when', () => {
    const random = generator(5)
    const mixer = new Mixer<number>()
    const on = new Set<number>()
    const samples: number[] = []
    for (let i = 0; i < 150; i++) {
      const voice = Math.floor(random() * 6)
      if (!on.delete(voice)) on.add(voice)
      const unit = new Map(
        Array.from({ length: 6 }, (_, v) => [v, on.has(v) ? tone(i, 0.1 + v / 10, 90 + 10 * v) : SILENCE] as const),
      )
      samples.push(...mixer.mix(unit))
    }
    expect(samples.every((sample) => Math.abs(sample) <= 1)).toBe(true)
    expect(steps(samples)).toBeLessThan(0.2)
  })
})

describe('whose voices are mixed', () => {
  const candidate = (level: number, lastPacketAt = 0): VoiceCandidate => ({ level, lastPacketAt })

  it('are bounded, the loudest, and stay until somebody is clearly louder', () => {
    const choice = new VoiceChoice()
    const all = Array.from({ length: MAX_VOICES + 4 }, (_, i) => candidate(30 + i))
    const first = choice.choose(all, 0)
    expect(first).toEqual(new Set(all.slice(0, MAX_VOICES)))
    const slightly = candidate(33)
    expect(choice.choose([...all, slightly], 100).has(slightly)).toBe(false)
    const clearly = candidate(20)
    const changed = choice.choose([...all, clearly], 200)
    expect(changed.has(clearly)).toBe(true)
    expect(changed.size).toBe(MAX_VOICES)
    expect(all[MAX_VOICES - 1] !== undefined && changed.has(all[MAX_VOICES - 1] as VoiceCandidate)).toBe(false)
  })

  it('leave when nothing comes any more', () => {
    const choice = new VoiceChoice()
    const gone = candidate(20, 0)
    expect(choice.choose([gone], 900).has(gone)).toBe(true)
    expect(choice.choose([gone], 1100).has(gone)).toBe(false)
  })
})

describe('how loud members are', () => {
  it('is measured as RFC 6464 says', () => {
    expect(levelOf(new Float32Array(960))).toEqual({ level: 127, voice: false })
    expect(levelOf(new Float32Array(960).fill(1))).toEqual({ level: 0, voice: true })
    const sine = Float32Array.from({ length: 960 }, (_, i) => 0.1 * Math.sin(i / 5))
    expect(levelOf(sine)).toEqual({ level: 23, voice: true })
  })

  it('is told when it changed, and once when somebody has become silent', () => {
    const levels = new SpeakingLevels()
    levels.heard('a', 30)
    levels.heard('a', 15)
    levels.heard('b', 90)
    expect(levels.take()).toEqual([
      ['a', 0.75],
      ['b', 0],
    ])
    levels.heard('b', 80)
    expect(levels.take()).toEqual([['a', 0]])
    expect(levels.take()).toEqual([['b', 0]])
    expect(levels.take()).toEqual([])
  })
})
