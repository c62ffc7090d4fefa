/** What a soak's record says: which quantities grow, for how long media stood still, and the table of it. */
import { quantile } from '../e2e/harness/picture-probe.ts'
import type { Medium } from './faults.ts'
import { standstills, total } from './flow.ts'
import { type Growth, growth } from '../support/growth.ts'
import type { ProcessType, Resources } from './resources.ts'
import type { SoakRecord, SoakSample } from './soak-run.ts'

interface Quantity {
  readonly name: string
  readonly unit: string
  /** How much more an hour is allowed. */
  readonly bound: number
  readonly of: (sample: SoakSample) => number | undefined
}

export interface QuantityVerdict extends Pick<Quantity, 'name' | 'unit' | 'bound'> {
  /** Medians of the first and the last samples after the warm-up. */
  readonly first: number | undefined
  readonly last: number | undefined
  /** `undefined`: too few samples. */
  readonly growth: Growth | undefined
  /** `unclear`: faster than the bound, which chance may explain; or too few samples. */
  readonly verdict: 'steady' | 'unclear' | 'grows'
}

export interface SoakVerdict {
  readonly passed: boolean
  readonly ended: string | undefined
  readonly seconds: number
  readonly faults: number
  readonly quantities: readonly QuantityVerdict[]
  readonly flow: Readonly<Record<Medium, FlowVerdict>>
}

export interface FlowVerdict {
  /** Seconds outside of any fault and its allowance. */
  readonly watched: number
  /** Seconds of them without media. */
  readonly stood: number
  /** Where, seconds from the begin. */
  readonly gaps: readonly { readonly at: number; readonly seconds: number }[]
  readonly verdict: 'flows' | 'stands'
}

/** Caches fill and code is compiled in the first fifth; of a long soak, in the first minutes. */
const WARM_UP_SHARE = 0.2
const WARM_UP_MAX_SECONDS = 300
/** Of the time outside of faults. */
const STANDSTILL_BOUND = 0.01
const EDGE_SAMPLES = 5
const MEGABYTE = 2 ** 20

const PROCESSES: readonly (readonly [ProcessType, string])[] = [
  ['Browser', 'main'],
  ['Tab', 'window'],
  ['GPU', 'graphics'],
  ['Utility', 'utilities'],
]

const QUANTITIES: readonly Quantity[] = [
  ...(['a', 'b'] as const).flatMap((home) => held(home)),
  { name: 'picture delay', unit: 'ms', bound: 20, of: ({ pictureDelayMs }) => pictureDelayMs },
  { name: 'sound delay', unit: 'ms', bound: 20, of: ({ soundDelayMs }) => soundDelayMs },
  { name: 'a jitter buffer', unit: 'ms', bound: 20, of: ({ bufferMs }) => bufferMs.a },
  { name: 'b jitter buffer', unit: 'ms', bound: 20, of: ({ bufferMs }) => bufferMs.b },
]

function held(home: 'a' | 'b'): Quantity[] {
  const inMegabytes = (name: string, bound: number, of: (held: Resources) => number | undefined): Quantity => ({
    name: `${home} ${name}`,
    unit: 'MB',
    bound,
    of: (sample) => {
      const bytes = of(sample[home])
      return bytes === undefined ? undefined : bytes / MEGABYTE
    },
  })
  const counted = (name: string, bound: number, of: (held: Resources) => number | undefined): Quantity => ({
    name: `${home} ${name}`,
    unit: '',
    bound,
    of: (sample) => of(sample[home]),
  })
  return [
    ...PROCESSES.flatMap(([type, name]) => [
      inMegabytes(`${name} private`, 30, ({ processes }) => processes[type]?.private),
      inMegabytes(`${name} resident`, 30, ({ processes }) => processes[type]?.resident),
      counted(`${name} handles`, 6, ({ processes }) => processes[type]?.handles),
      counted(`${name} sockets`, 6, ({ processes }) => processes[type]?.sockets),
      counted(`${name} threads`, 6, ({ processes }) => processes[type]?.threads),
    ]),
    inMegabytes('main heap', 4, ({ heaps }) => heaps.main),
    inMegabytes('page heap', 4, ({ heaps }) => heaps.page),
    inMegabytes('worker heap', 4, ({ heaps }) => heaps.workers),
    counted('DOM nodes', 200, ({ domNodes }) => domNodes),
    counted('event listeners', 100, ({ eventListeners }) => eventListeners),
  ]
}

export function judge(record: SoakRecord): SoakVerdict {
  const { samples, seconds, ended, whole, excused, flow } = record
  const warmUp = Math.min(WARM_UP_MAX_SECONDS, seconds * WARM_UP_SHARE)
  const warm = samples.filter(({ at }) => at >= warmUp)
  const quantities = QUANTITIES.map((quantity) => judgeQuantity(quantity, warm))
  const flows = (medium: Medium): FlowVerdict => {
    const stills = standstills(flow[medium], whole, excused[medium])
    const stood = total(stills) / 1000
    // Without any media all that is not excused is one gap.
    const watched = total(standstills([], whole, excused[medium])) / 1000
    const gaps = stills.map(({ from, to }) => ({ at: (from - whole.from) / 1000, seconds: (to - from) / 1000 }))
    return { watched, stood, gaps, verdict: stood <= STANDSTILL_BOUND * watched ? 'flows' : 'stands' }
  }
  const media = { picture: flows('picture'), sound: flows('sound') }
  return {
    passed:
      ended === undefined &&
      quantities.every(({ verdict }) => verdict !== 'grows') &&
      Object.values(media).every(({ verdict }) => verdict === 'flows'),
    ended,
    seconds,
    faults: record.faults.length,
    quantities,
    flow: media,
  }
}

function judgeQuantity({ name, unit, bound, of }: Quantity, samples: readonly SoakSample[]): QuantityVerdict {
  const points = samples.flatMap((sample) => {
    const value = of(sample)
    return value === undefined ? [] : [{ at: sample.at, value }]
  })
  const values = points.map(({ value }) => value)
  const found = growth(points)
  return {
    name,
    unit,
    bound,
    first: quantile(values.slice(0, EDGE_SAMPLES), 0.5),
    last: quantile(values.slice(-EDGE_SAMPLES), 0.5),
    growth: found,
    verdict: verdictOf(found, bound),
  }
}

function verdictOf(found: Growth | undefined, bound: number): QuantityVerdict['verdict'] {
  if (found === undefined) return 'unclear'
  if (found.atLeast > bound) return 'grows'
  return found.slope > bound ? 'unclear' : 'steady'
}

export function table(verdict: SoakVerdict): string {
  const number = (value: number | undefined): string => value?.toFixed(1) ?? '–'
  const line = (name: string, ...cells: readonly string[]): string =>
    name.padEnd(22) + cells.map((cell) => cell.padStart(10)).join('')
  const { quantities, flow, faults, seconds, ended } = verdict
  const places = (medium: Medium): string =>
    flow[medium].gaps.map(({ at, seconds: length }) => ` ${at.toFixed(0)} s (${length.toFixed(1)} s)`).join(',')
  return [
    line('', 'first', 'last', 'per hour', 'at least', 'at most', 'bound', 'verdict'),
    ...quantities.map(({ name, unit, first, last, growth: found, bound, verdict }) =>
      line(
        unit === '' ? name : `${name}, ${unit}`,
        number(first),
        number(last),
        number(found?.slope),
        number(found?.atLeast),
        number(found?.atMost),
        number(bound),
        verdict,
      ),
    ),
    ...(['picture', 'sound'] as const).map(
      (medium) =>
        `${medium}: ${flow[medium].stood.toFixed(1)} s of ${flow[medium].watched.toFixed(0)} s outside of faults without; it ${flow[medium].verdict}${flow[medium].gaps.length === 0 ? '' : `:${places(medium)}`}`,
    ),
    `${faults} faults in ${(seconds / 60).toFixed(1)} minutes${ended === undefined ? '' : `; ${ended}`}`,
    verdict.passed ? 'passed' : 'failed',
  ].join('\n')
}
