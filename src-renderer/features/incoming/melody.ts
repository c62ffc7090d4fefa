/** What the ringtone and the ringback play, as notes. Times are seconds from the start of a round. */

export interface Note {
  readonly at: number
  readonly hertz: number
  /** 0 to 1. */
  readonly loudness: number
}

export interface Melody {
  readonly notes: readonly Note[]
  /** Length of one round with its rest. */
  readonly seconds: number
  /** How long a note rings out. */
  readonly decay: number
}

/** Equal temperament, in semitones from A4 = 440 Hz. */
const pitch = (semitones: number) => 440 * 2 ** (semitones / 12)

const STEP = 0.16

/** An open chord of G that climbs twice and comes to rest: G4 D5 G5 B5, A5 G5. */
export const RINGTONE: Melody = {
  notes: [-2, 5, 10, 14, 12, 10, -2, 5, 10, 14, 17, 14].map((semitones, index) => ({
    at: (index + (index >= 6 ? 2 : 0)) * STEP,
    hertz: pitch(semitones),
    loudness: index % 6 === 0 ? 1 : 0.75,
  })),
  seconds: 3.6,
  decay: 0.9,
}

/** Heard by the caller while it rings at the other end: two soft notes and a long rest. */
export const RINGBACK: Melody = {
  notes: [
    { at: 0, hertz: pitch(-2), loudness: 0.5 },
    { at: 0.28, hertz: pitch(5), loudness: 0.5 },
  ],
  seconds: 3,
  decay: 1.1,
}
