/** The sound by which a person finds out whether they picked the right speaker: two soft tones, a fourth apart. */
import type {} from './insertable-tracks.d.ts'
import { problemOf } from './device-problem.ts'
import type { DeviceProblem } from './media-session.ts'

const TONES_HZ = [587.33, 783.99] as const
const TONE_SECONDS = 0.45
const GAIN = 0.2

/** Resolves when it has been heard, or with the reason why it was not. */
export async function playTestSound(speakerId: string | undefined): Promise<DeviceProblem | undefined> {
  const context = new AudioContext()
  try {
    if (speakerId !== undefined) await context.setSinkId(speakerId)
    await context.resume()
    const ends = TONES_HZ.map((frequency, i) => tone(context, frequency, context.currentTime + i * TONE_SECONDS * 0.6))
    await Promise.all(ends)
    return undefined
  } catch (error) {
    return problemOf(error)
  } finally {
    await context.close()
  }
}

function tone(context: AudioContext, frequency: number, start: number): Promise<void> {
  const gain = new GainNode(context, { gain: 0 })
  gain.gain.setTargetAtTime(GAIN, start, 0.01)
  gain.gain.setTargetAtTime(0, start + 0.08, 0.09)
  const oscillator = new OscillatorNode(context, { frequency })
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(start)
  oscillator.stop(start + TONE_SECONDS)
  return new Promise((resolve) => oscillator.addEventListener('ended', () => resolve()))
}
