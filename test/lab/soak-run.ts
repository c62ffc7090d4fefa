/** The call of a soak: a fault every few seconds, and a sample of what both apps hold and how late media are every ten. */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallPhase } from '../../src-shared/ipc/snapshot.ts'
import { delays, quantile, type Sighting } from '../e2e/harness/picture-probe.ts'
import { type Fault, faults, type Medium } from './faults.ts'
import { happen, type Happening, type Place } from './happenings.ts'
import { type Period, soundDelays } from './measures.ts'
import type { Resources } from './resources.ts'
import { SETTLE_SECONDS } from './scenarios.ts'
import { LOUD, type Loudness } from './sound-probe.ts'

export interface SoakSample {
  /** Seconds since the first fault. */
  readonly at: number
  readonly a: Resources
  readonly b: Resources
  /** From `a`'s camera to `b`'s display and from its microphone to `b`'s speaker, median of the last ten seconds. */
  readonly pictureDelayMs: number | undefined
  readonly soundDelayMs: number | undefined
  /** In the jitter buffer. */
  readonly bufferMs: { readonly a: number; readonly b: number }
  readonly path: string
  /** Processes that want a core of this machine, mean of the last minute: with more than there are cores, media suffer from that. */
  readonly load: number
}

export interface SoakRecord {
  readonly seconds: number
  readonly samples: readonly SoakSample[]
  /** `at`, `seconds`: of its begin since the first fault, and how long it took. */
  readonly faults: readonly { readonly title: string; readonly at: number; readonly seconds: number }[]
  /** Why it was over before its time. */
  readonly ended: string | undefined
  /** For judging; `Date.now()` scale, ms. */
  readonly whole: Period
  readonly excused: Readonly<Record<Medium, readonly Period[]>>
  /** When a new picture was shown at `b`, and something was heard. */
  readonly flow: Readonly<Record<Medium, readonly number[]>>
}

export interface SoakOptions {
  readonly seconds: number
  /** 0 to 1. */
  readonly random: () => number
  readonly chosen: readonly Fault[]
  readonly say: (line: string) => void
}

const SAMPLE_MS = 10_000
/** Of quiet between two faults: from so much to so much. */
const QUIET_MS = [2000, 6000] as const
/** A syllable and its echo in the next one look alike: fewer say nothing of the delay. */
const FEWEST_SYLLABLES = 8
/** So long a frame may be under way and still be matched with its capture. */
const LATEST_MS = 8000

const CALL_ENDED = 'the call ended'

/** `undefined`: none is on the screen. */
type Phase = CallPhase['kind'] | undefined

const isEnded = (phase: Phase): boolean => phase === undefined || phase === 'ended'

export async function runSoak(place: Place, options: SoakOptions): Promise<SoakRecord> {
  await sleep(SETTLE_SECONDS * 1000)
  await Promise.all([place.a.watchSent(), place.b.watchPlayed()])
  return new Soak(place, options).run()
}

class Soak {
  readonly #place: Place
  readonly #options: SoakOptions
  readonly #from = Date.now()
  readonly #to: number
  readonly #samples: SoakSample[] = []
  readonly #faults: { title: string; at: number; seconds: number }[] = []
  readonly #excused: Record<Medium, Period[]> = { picture: [], sound: [] }
  readonly #flow: Record<Medium, number[]> = { picture: [], sound: [] }
  #captured: Sighting[] = []
  #shown: Sighting[] = []
  #spoken: Loudness[] = []
  #heard: Loudness[] = []
  #lastCode: number | undefined
  /** From a frame's own time to the shortest after it at which one was read. */
  #ahead = Infinity
  #drainedAt = Date.now()
  #ended: string | undefined

  constructor(place: Place, options: SoakOptions) {
    this.#place = place
    this.#options = options
    this.#to = this.#from + options.seconds * 1000
  }

  async run(): Promise<SoakRecord> {
    await Promise.all([this.#whileOn(this.#fault), this.#whileOn(this.#sample)])
    return {
      seconds: (Date.now() - this.#from) / 1000,
      samples: this.#samples,
      faults: this.#faults,
      ended: this.#ended,
      whole: { from: this.#from, to: this.#drainedAt },
      excused: this.#excused,
      flow: this.#flow,
    }
  }

  /** An error ends the soak: what was measured before is worth a report. */
  async #whileOn(work: () => AsyncGenerator<void>): Promise<void> {
    try {
      const steps = work.call(this)
      for (let done = false; !done && this.#ended === undefined;) done = (await steps.next()).done === true
    } catch (error) {
      // With the call its worker and its pictures go, and whoever was looking at them fails.
      const isOver = (await this.#phases().catch(() => [])).some(isEnded)
      this.#ended ??= isOver
        ? CALL_ENDED
        : error instanceof Error
          ? (error.message.split('\n')[0] ?? '')
          : String(error)
    }
  }

  async *#fault(): AsyncGenerator<void> {
    const { random, chosen } = this.#options
    const [least, most] = QUIET_MS
    for (const fault of faults(random, chosen)) {
      const lasts = (fault.events.at(-1)?.at ?? 0) + fault.allowance
      if (Date.now() + lasts * 1000 > this.#to) return
      await this.#run(fault)
      await this.#connected()
      await sleep(least + random() * (most - least))
      yield
    }
  }

  async #run({ title, events, excuses, allowance }: Fault): Promise<void> {
    const begin = Date.now()
    // It is written down at the begin, as a sample may end the soak within it.
    const entry = { title, at: (begin - this.#from) / 1000, seconds: 0 }
    this.#faults.push(entry)
    const restarts: Promise<void>[] = []
    for (const event of events) {
      await sleep(Math.max(0, begin + event.at * 1000 - Date.now()))
      // On a busy machine the service takes long to start: what is to happen meanwhile does not wait for it.
      if (event.kind === 'restart-service') {
        const restart = this.#happen(event)
        // A failure is told below, not before the fault's other events.
        restart.catch(() => undefined)
        restarts.push(restart)
      } else await this.#happen(event)
    }
    await Promise.all(restarts)
    const end = Date.now()
    entry.seconds = (end - begin) / 1000
    for (const medium of excuses) this.#excused[medium].push({ from: begin, to: end + allowance * 1000 })
  }

  /** A fault meets a call that stands: two whose effects add up would end calls that each of them leaves alive. */
  async #connected(): Promise<void> {
    while (this.#ended === undefined && Date.now() < this.#to) {
      const phases = await this.#phases()
      if (phases.every((phase) => phase === 'connected')) return
      await sleep(500)
    }
  }

  #phases(): Promise<Phase[]> {
    return Promise.all([this.#place.a.phase(), this.#place.b.phase()])
  }

  /** The probe at the sender holds the device: it lets go of it before and takes the one that is there afterwards. */
  async #happen(happening: Happening): Promise<void> {
    const isOfDevice = happening.kind === 'set-media' || (happening.kind === 'next-device' && happening.home === 'a')
    if (isOfDevice) {
      await this.#drain()
      await this.#place.a.unwatchSent()
    }
    await happen(happening, this.#place)
    if (isOfDevice) await this.#place.a.watchSent()
  }

  async *#sample(): AsyncGenerator<void> {
    for (let due = this.#from + SAMPLE_MS; due <= this.#to; due += SAMPLE_MS) {
      await sleep(Math.max(0, due - Date.now()))
      if ((await this.#phases()).some(isEnded)) {
        this.#ended = CALL_ENDED
        return
      }
      await this.#drain()
      const sample = await this.#measure()
      this.#samples.push(sample)
      if (this.#samples.length % 6 === 0) this.#say(sample)
      yield
    }
  }

  async #drain(): Promise<void> {
    const { a, b } = this.#place
    this.#drainedAt = Date.now()
    const [captured, spoken, shown, heard] = await Promise.all([
      a.drainSightings(),
      a.drainLoudness(),
      b.drainSightings(),
      b.drainLoudness(),
    ])
    this.#captured.push(...captured)
    this.#spoken.push(...spoken)
    this.#shown.push(...shown)
    this.#heard.push(...heard)
    for (const { code, at, stamp = at } of shown) {
      // A page that opens a window reads nothing meanwhile, and all at once afterwards: what stood still is told by the frames.
      this.#ahead = Math.min(this.#ahead, at - stamp)
      if (code !== this.#lastCode) this.#flow.picture.push(stamp + this.#ahead)
      this.#lastCode = code
    }
    this.#flow.sound.push(...heard.flatMap(({ at, level }) => (level < LOUD ? [] : [at])))
  }

  async #measure(): Promise<SoakSample> {
    const { a, b } = this.#place
    const [ofA, ofB, statisticsA, statisticsB] = await Promise.all([
      a.resources(),
      b.resources(),
      a.statistics(),
      b.statistics(),
    ])
    const now = Date.now()
    const picture = delays(this.#captured, this.#shown, LATEST_MS)
    const sound = soundDelays(this.#spoken, this.#heard)
    this.#shown = []
    this.#captured = this.#captured.filter(({ at }) => at > now - LATEST_MS)
    this.#spoken = []
    this.#heard = []
    return {
      at: Math.round((now - this.#from) / 100) / 10,
      a: ofA,
      b: ofB,
      pictureDelayMs: quantile(picture, 0.5),
      soundDelayMs: sound.length < FEWEST_SYLLABLES ? undefined : quantile(sound, 0.5),
      bufferMs: { a: statisticsA.audio.bufferMs, b: statisticsB.audio.bufferMs },
      path: statisticsB.path ?? 'none',
      load: loadavg()[0] ?? 0,
    }
  }

  #say({ at, a, b, pictureDelayMs, soundDelayMs, path, load }: SoakSample): void {
    const memory = ({ processes }: Resources): string =>
      [processes.Browser, processes.Tab].map((held) => ((held?.private ?? 0) / 2 ** 20).toFixed(0)).join('/')
    const delay = [pictureDelayMs, soundDelayMs].map((ms) => ms?.toFixed(0) ?? '–').join('/')
    this.#options.say(
      `${(at / 60).toFixed(1)} min  ${this.#faults.length} faults  main/window ${memory(a)}, ${memory(b)} MB  picture/sound ${delay} ms  ${path}  load ${load.toFixed(1)}`,
    )
  }
}
