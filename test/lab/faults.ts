/** Every fault that a soak draws from, each of a few seconds. The call comes back from all of them to how it was. */
import type { Happening } from './happenings.ts'
import type { Impairment } from './impaired-link.ts'
import { type Event, NEAR } from './scenarios.ts'

export type Medium = 'picture' | 'sound'

export interface Fault {
  readonly title: string
  /** `at`: seconds after its begin; the last of them is its end. */
  readonly events: readonly Event[]
  /** What may stand still, from its begin until `allowance` seconds after its end. */
  readonly excuses: readonly Medium[]
  readonly allowance: number
}

const BOTH: readonly Medium[] = ['picture', 'sound']

const bad = (title: string, seconds: number, impairment: Impairment, allowance: number): Fault => ({
  title,
  excuses: BOTH,
  allowance,
  events: [
    { at: 0, kind: 'impair', impairment: { ...NEAR, ...impairment } },
    { at: seconds, kind: 'impair', impairment: NEAR },
  ],
})
const fromTo = (title: string, seconds: number, begin: Happening, end: Happening) => ({
  title,
  events: [
    { at: 0, ...begin },
    { at: seconds, ...end },
  ],
})
const hidden = (home: 'a' | 'b'): Fault => ({
  ...fromTo(
    `window of ${home} hidden`,
    3,
    { kind: 'show-window', home, shown: false },
    { kind: 'show-window', home, shown: true },
  ),
  excuses: [],
  allowance: 0,
})
const otherDevice = (home: 'a' | 'b', device: 'microphone' | 'speaker'): Fault => ({
  title: `another ${device}`,
  events: [{ at: 0, kind: 'next-device', home, device }],
  excuses: ['sound'],
  allowance: 2,
})

export const FAULTS: readonly Fault[] = [
  bad('a third lost, ten in a row', 2, { loss: 0.3, burst: 10 }, 2),
  bad('10 % lost', 4, { loss: 0.1 }, 1),
  bad('400 kbit/s', 4, { rate: 400_000, queueMs: 200 }, 2),
  bad('outage of 1 s', 1, { carriesNothing: true }, 2),
  bad('outage of 4 s', 4, { carriesNothing: true }, 5),
  bad('jitter of 80 ms', 3, { jitterMs: 80 }, 1),
  bad('a fifth overtaken by 30 ms', 3, { overtaken: 0.2, overtakenByMs: 30 }, 1),
  { title: 'another address', events: [{ at: 0, kind: 'change-address' }], excuses: BOTH, allowance: 8 },
  { ...fromTo('direct path cut', 6, { kind: 'cut-direct' }, { kind: 'mend-direct' }), excuses: BOTH, allowance: 4 },
  {
    title: 'relay killed while it is needed',
    events: [
      { at: 0, kind: 'cut-direct' },
      { at: 5, kind: 'restart-service' },
      { at: 10, kind: 'mend-direct' },
    ],
    excuses: BOTH,
    allowance: 6,
  },
  { title: 'relay killed', events: [{ at: 0, kind: 'restart-service' }], excuses: BOTH, allowance: 6 },
  {
    ...fromTo(
      'muted',
      3,
      { kind: 'set-media', audio: false, video: true },
      { kind: 'set-media', audio: true, video: true },
    ),
    excuses: ['sound'],
    allowance: 2,
  },
  {
    ...fromTo(
      'camera off',
      3,
      { kind: 'set-media', audio: true, video: false },
      { kind: 'set-media', audio: true, video: true },
    ),
    excuses: ['picture'],
    allowance: 3,
  },
  otherDevice('a', 'microphone'),
  otherDevice('b', 'speaker'),
  hidden('a'),
  hidden('b'),
]

/** All that are `chosen` in random order, then again in another one: no kind is left out by chance. `random`: 0 to 1. */
export function* faults(random: () => number, chosen: readonly Fault[]): Generator<Fault, never> {
  for (;;) {
    const left = [...chosen]
    while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1)
  }
}
