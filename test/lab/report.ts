/** The laboratory's table and ratios. */
import type { Measured, Outcome } from './laboratory.ts'

const COLUMNS = [
  ['fps', 5],
  ['freezes', 13],
  ['PSNR', 5],
  ['made up', 7],
  ['picture ms', 10],
  ['sound ms', 9],
  ['kbit/s', 6],
  ['estim.', 6],
  ['of cap.', 7],
  ['recovery', 11],
  ['CPU', 4],
  ['path', 6],
] as const
const TITLE = 30
const SYSTEM = 9

export function heading(): string {
  return [''.padEnd(TITLE), ''.padEnd(SYSTEM), ...COLUMNS.map(([name, width]) => name.padStart(width))].join('  ')
}

export function row(title: string, system: string, outcome: Outcome): string {
  const head = `${title.padEnd(TITLE)}  ${system.padEnd(SYSTEM)}  `
  if ('error' in outcome) return `${head}no call: ${outcome.error.split('\n')[0] ?? ''}`
  const { recoveryMs } = outcome
  const cells = [
    outcome.fps.toFixed(1),
    `${outcome.freezes} (${(outcome.freezeMs / 1000).toFixed(1)} s)`,
    number(outcome.psnr, 1),
    percent(outcome.concealed),
    range(outcome.delayP50, outcome.delayP95),
    range(outcome.soundP50, outcome.soundP95),
    (outcome.bitrate / 1000).toFixed(0),
    (outcome.estimate / 1000).toFixed(0),
    outcome.ofCapacity === undefined ? '' : percent(outcome.ofCapacity),
    recoveryMs === undefined ? '' : `${seconds(recoveryMs.first)}/${seconds(recoveryMs.flowing)} s`,
    outcome.cpu.toFixed(0),
    outcome.path,
  ]
  return head + cells.map((cell, index) => cell.padStart(COLUMNS[index]?.[1] ?? 0)).join('  ')
}

/** Ours over theirs; a value under 1 is better for delay and CPU, over 1 for pictures. */
export function comparison(ours: Outcome, theirs: Outcome | undefined): object | undefined {
  if (theirs === undefined || 'error' in ours || 'error' in theirs) return undefined
  const ratio = (of: (measured: Measured) => number | undefined): number | undefined => {
    const [our, their] = [of(ours), of(theirs)]
    return our === undefined || their === undefined || their === 0 ? undefined : Number((our / their).toPrecision(3))
  }
  return {
    fps: ratio(({ fps }) => fps),
    delayP50: ratio(({ delayP50 }) => delayP50),
    delayP95: ratio(({ delayP95 }) => delayP95),
    soundP50: ratio(({ soundP50 }) => soundP50),
    cpu: ratio(({ cpu }) => cpu),
    bitrate: ratio(({ bitrate }) => bitrate),
    freezeMsMore: ours.freezeMs - theirs.freezeMs,
    concealedMore: ours.concealed - theirs.concealed,
    psnrMore: ours.psnr === undefined || theirs.psnr === undefined ? undefined : ours.psnr - theirs.psnr,
  }
}

const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–'
/** Median and 95th percentile. */
const range = (p50: number | undefined, p95: number | undefined): string => `${number(p50, 0)}/${number(p95, 0)}`
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const seconds = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? '–' : (milliseconds / 1000).toFixed(1)
