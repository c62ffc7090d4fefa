/** Where a call is heard: the chosen speaker, the system's own while that one is gone, and the chosen one again when it returns. */
import { problemOf } from './device-problem.ts'
import type { DeviceChange, DeviceProblem } from './media-session.ts'
import { openPlayout, type Playout, type PlayoutRoute } from './playout.ts'

export interface SpeakerListener {
  /** To be handed to the media worker. */
  opened(port: MessagePort): void
  /** From the ring buffer to the ear, milliseconds: known only while it plays, and another with each speaker. */
  latency(milliseconds: number): void
  problem(problem: DeviceProblem | undefined): void
  changed(change: DeviceChange): void
}

const LATENCY_INTERVAL_MS = 2000

export class Speaker {
  readonly #listener: SpeakerListener
  readonly #playout: Promise<Playout | undefined>
  #chosen: string | undefined
  /** The chosen one's name, known once it was seen. */
  #name = ''
  #isGone = false
  #closed = false
  #latencyTimer: ReturnType<typeof setInterval> | undefined

  constructor(route: PlayoutRoute, chosen: string | undefined, listener: SpeakerListener) {
    this.#chosen = chosen
    this.#listener = listener
    this.#playout = this.#open(route)
    navigator.mediaDevices.addEventListener('devicechange', this.#devicesChanged)
  }

  async use(chosen: string | undefined): Promise<void> {
    if (chosen === this.#chosen) return
    this.#chosen = chosen
    this.#isGone = false
    await this.#playOn(chosen)
  }

  close(): void {
    this.#closed = true
    navigator.mediaDevices.removeEventListener('devicechange', this.#devicesChanged)
    clearInterval(this.#latencyTimer)
    void this.#playout.then((playout) => playout?.close())
  }

  async #open(route: PlayoutRoute): Promise<Playout | undefined> {
    try {
      const playout = await openPlayout(route)
      if (this.#closed) {
        playout.close()
        return undefined
      }
      this.#listener.opened(playout.port)
      this.#latencyTimer = setInterval(() => this.#listener.latency(playout.outputLatencyMs()), LATENCY_INTERVAL_MS)
      if (this.#chosen !== undefined) {
        await this.#set(playout, this.#chosen)
        await this.#look()
      }
      return playout
    } catch (error) {
      this.#listener.problem(problemOf(error))
      return undefined
    }
  }

  async #playOn(speakerId: string | undefined): Promise<void> {
    const playout = await this.#playout
    if (playout !== undefined && !this.#closed) await this.#set(playout, speakerId)
  }

  async #set(playout: Playout, speakerId: string | undefined): Promise<void> {
    try {
      await playout.setSpeaker(speakerId)
      this.#listener.problem(undefined)
    } catch (error) {
      this.#listener.problem(problemOf(error))
    }
  }

  readonly #devicesChanged = (): void => void this.#look()

  async #look(): Promise<void> {
    const chosen = this.#chosen
    if (chosen === undefined) return
    const all = await navigator.mediaDevices.enumerateDevices()
    const speakers = all.filter(({ kind }) => kind === 'audiooutput')
    const there = speakers.find(({ deviceId }) => deviceId === chosen)
    if (this.#closed || chosen !== this.#chosen) return
    if (there !== undefined) this.#name = there.label
    if ((there === undefined) === this.#isGone) return
    this.#isGone = there === undefined
    await this.#playOn(there?.deviceId)
    const by = speakers.find(({ deviceId }) => deviceId === 'default') ?? speakers[0]
    this.#listener.changed(
      there === undefined
        ? { kind: 'replaced', gone: this.#name, by: by?.label ?? '' }
        : { kind: 'returned', name: this.#name },
    )
  }
}
