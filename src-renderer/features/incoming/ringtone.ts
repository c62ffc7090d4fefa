/** Plays a melody in a loop with Web Audio: bells of two partials, so that it is heard without being harsh. No sound file. */
import { type Melody, type Note, RINGBACK, RINGTONE } from './melody.ts'

const LOUDNESS = 0.22
/** Rounds are scheduled this long before they sound, so that a busy window does not tear them. */
const AHEAD_SECONDS = 0.5
/** A bell's second partial: a little above the octave, soft and short. */
const PARTIALS = [
  { ratio: 1, share: 1, decay: 1 },
  { ratio: 2.003, share: 0.28, decay: 0.5 },
] as const

function ring(context: AudioContext, output: AudioNode, note: Note, start: number, decay: number): void {
  for (const partial of PARTIALS) {
    const at = start + note.at
    const gain = new GainNode(context, { gain: 0 })
    gain.gain.setValueAtTime(0, at)
    gain.gain.linearRampToValueAtTime(note.loudness * partial.share, at + 0.006)
    gain.gain.setTargetAtTime(0, at + 0.006, (decay * partial.decay) / 4)
    const oscillator = new OscillatorNode(context, { frequency: note.hertz * partial.ratio })
    oscillator.connect(gain).connect(output)
    oscillator.start(at)
    oscillator.stop(at + decay * 1.5)
  }
}

/** Returns what ends it, softly. */
function loop(melody: Melody, speakerId: string | undefined): () => void {
  const context = new AudioContext()
  const output = new GainNode(context, { gain: LOUDNESS })
  output.connect(context.destination)
  // A speaker that is gone is no reason to stay silent: the default one rings instead.
  if (speakerId !== undefined) void context.setSinkId(speakerId).catch(() => undefined)
  void context.resume()
  let next = context.currentTime + 0.05
  const schedule = () => {
    while (next < context.currentTime + AHEAD_SECONDS) {
      for (const note of melody.notes) ring(context, output, note, next, melody.decay)
      next += melody.seconds
    }
  }
  schedule()
  const timer = setInterval(schedule, (AHEAD_SECONDS * 1000) / 2)
  return () => {
    clearInterval(timer)
    output.gain.setTargetAtTime(0, context.currentTime, 0.03)
    setTimeout(() => void context.close(), 200)
  }
}

export function playRingtone(speakerId: string | undefined): () => void {
  return loop(RINGTONE, speakerId)
}

export function playRingback(speakerId: string | undefined): () => void {
  return loop(RINGBACK, speakerId)
}
