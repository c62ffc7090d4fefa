/** Every network that the laboratory knows: one row each. Media is measured from `a`, behind the impaired link, to `b`. */
import type { Happening } from './happenings.ts'
import type { Impairment } from './impaired-link.ts'
import type { Nat } from './network.ts'

export interface Scenario {
  readonly title: string
  /** From the beginning of the call. */
  readonly impairment?: Impairment
  readonly nat?: readonly [Nat, Nat]
  /** What happens while it is measured, in order. */
  readonly events?: readonly Event[]
  /** How long it is measured, default `SECONDS`. */
  readonly seconds?: number
  /** The bottleneck at the end, bit/s, if there is one. */
  readonly capacity?: number
  /** The call stays on the relay; two bare RTCPeerConnections have none and are left out. */
  readonly relayOnly?: boolean
  /** Why nothing is there to compare with. */
  readonly alone?: string
}

/** `at`: seconds after the begin of the measurement. */
export type Event = { readonly at: number } & Happening

export const SECONDS = 15
/** Before the measurement, for the controllers to settle. */
export const SETTLE_SECONDS = 8

/** One way: a usual distance, so that delays do not hide in noise. */
export const NEAR: Impairment = { delayMs: 10 }
const FAR: Impairment = { delayMs: 25 }
const outage = (seconds: number): Scenario => ({
  title: `an outage of ${seconds} s`,
  impairment: NEAR,
  seconds: seconds + 15,
  events: [
    { at: 5, kind: 'impair', impairment: { ...NEAR, carriesNothing: true } },
    { at: 5 + seconds, kind: 'impair', impairment: NEAR },
  ],
})
const narrow = (rate: number, title: string): Scenario => ({
  title,
  impairment: { ...NEAR, rate, queueMs: 200 },
  capacity: rate,
})
const lossy = (loss: number): Scenario => ({ title: `${loss * 100} % lost, 50 ms`, impairment: { ...FAR, loss } })
const behind = (a: Nat, b: Nat): Scenario => ({
  title: `NAT: ${a} and ${b}`,
  impairment: NEAR,
  nat: [a, b],
  alone: 'a pair without servers finds no path through NATs',
})
const WIDE = 2_500_000

export const SCENARIOS = {
  clean: { title: 'nothing is wrong' },
  far: { title: '50 ms there and back', impairment: FAR },
  loss2: lossy(0.02),
  loss5: lossy(0.05),
  loss10: lossy(0.1),
  loss20: lossy(0.2),
  bursts: { title: '5 % lost, eight in a row', impairment: { ...FAR, loss: 0.05, burst: 8 } },
  rate300: narrow(300_000, '300 kbit/s, queue of 200 ms'),
  rate600: narrow(600_000, '600 kbit/s, queue of 200 ms'),
  rate1200: narrow(1_200_000, '1.2 Mbit/s, queue of 200 ms'),
  drop: {
    title: '2.5 Mbit/s, a fifth for 10 s',
    impairment: { ...NEAR, rate: WIDE },
    capacity: WIDE,
    seconds: 30,
    events: [
      { at: 5, kind: 'impair', impairment: { ...NEAR, rate: WIDE / 5 } },
      { at: 15, kind: 'impair', impairment: { ...NEAR, rate: WIDE } },
    ],
  },
  jitter: { title: 'jitter of 60 ms', impairment: { ...NEAR, jitterMs: 60 } },
  reordered: { title: '5 % overtaken by 20 ms', impairment: { ...NEAR, overtaken: 0.05, overtakenByMs: 20 } },
  outage3: outage(3),
  outage10: outage(10),
  outage25: outage(25),
  address: {
    title: 'another address',
    impairment: NEAR,
    seconds: 20,
    events: [{ at: 5, kind: 'change-address' }],
  },
  cut: {
    title: 'the direct path dies',
    impairment: NEAR,
    seconds: 20,
    events: [{ at: 5, kind: 'cut-direct' }],
    alone: 'a pair without servers has no other path',
  },
  relay: {
    title: 'the relay is killed',
    impairment: NEAR,
    relayOnly: true,
    seconds: 20,
    events: [{ at: 5, kind: 'restart-service' }],
    alone: 'a pair has no relay',
  },
  noUdp: {
    title: 'UDP is blocked',
    impairment: { ...NEAR, noUdp: true },
    alone: 'a pair without servers needs UDP',
  },
  coneCone: behind('cone', 'cone'),
  coneSymmetric: behind('cone', 'symmetric'),
  symmetricSymmetric: behind('symmetric', 'symmetric'),
} as const satisfies Readonly<Record<string, Scenario>>

export type ScenarioName = keyof typeof SCENARIOS
