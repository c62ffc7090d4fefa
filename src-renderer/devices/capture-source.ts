/**
 * One camera or one microphone of a call: opens the wanted device, replaces it without a gap by another one, falls back
 * when it is gone, and comes back to it when it returns. What it captures goes to `handOver` as a stream of frames.
 */
import type {} from './insertable-tracks.d.ts'
import { problemOf } from './device-problem.ts'
import type { DeviceChange, DeviceProblem, SoundProcessing } from './media-session.ts'

export interface CaptureListener<Frame extends AudioData | VideoFrame> {
  /** The stream to read from now on; the one before ends by itself. `undefined`: nothing is captured any more. */
  handOver(frames: ReadableStream<Frame> | undefined): void
  track(track: MediaStreamTrack | undefined): void
  problem(problem: DeviceProblem | undefined): void
  changed(change: DeviceChange): void
}

/** What is asked of `getUserMedia` for the device with this id, or for any. */
export type Constraints = (deviceId: string | undefined, processing: SoundProcessing) => MediaStreamConstraints

export interface Source {
  readonly deviceId: string | undefined
  /** Nothing to cameras. */
  readonly processing: SoundProcessing
}

interface Wanted extends Source {
  readonly on: boolean
}

/** A device that gives nothing for less is only slow. */
const INTERRUPTED_MS = 1000

export class CaptureSource<Frame extends AudioData | VideoFrame> {
  readonly #constraints: Constraints
  readonly #listener: CaptureListener<Frame>
  #wanted: Wanted | undefined
  #track: MediaStreamTrack | undefined
  /** The choice that `#track` was opened for, and whether it is that very device. */
  #openedFor: Source | undefined
  #isSubstitute = false
  /** The name of the device that was lost, until another stands in. */
  #gone: string | undefined
  #interruption: ReturnType<typeof setTimeout> | undefined
  #problem: DeviceProblem | undefined
  #settling: Promise<void> | undefined

  constructor(constraints: Constraints, listener: CaptureListener<Frame>) {
    this.#constraints = constraints
    this.#listener = listener
    navigator.mediaDevices.addEventListener('devicechange', this.#devicesChanged)
  }

  get track(): MediaStreamTrack | undefined {
    return this.#track
  }

  /** Resolves when the device is as wanted by then, or the listener was told why not. */
  async want(wanted: Wanted): Promise<void> {
    this.#wanted = wanted
    this.#settling ??= this.#settle().finally(() => (this.#settling = undefined))
    await this.#settling
  }

  close(): void {
    navigator.mediaDevices.removeEventListener('devicechange', this.#devicesChanged)
    this.#wanted = undefined
    this.#drop()
  }

  /** Devices open slowly, and the person may change their mind meanwhile: goes on until the last wish is met or has failed. */
  async #settle(): Promise<void> {
    for (;;) {
      const wanted = this.#wanted
      if (wanted?.on !== true) this.#drop()
      else if (this.#track === undefined || !isSame(this.#openedFor, wanted)) await this.#open(wanted)
      if (this.#wanted === wanted) return
    }
  }

  async #open(source: Source): Promise<void> {
    // Chromium 150 opens a device that is open already with the processing that it has, or, asked for neither noise
    // suppression nor gain beside them, with no echo cancellation either.
    if (this.#openedFor !== undefined && !isSameProcessing(this.#openedFor, source)) this.#drop()
    try {
      const track = await this.#capture(source)
      this.#adopt(track, source)
      this.#tell(undefined)
      if (this.#gone !== undefined && this.#gone !== track.label)
        this.#listener.changed({ kind: 'replaced', gone: this.#gone, by: track.label })
      this.#gone = undefined
    } catch (error) {
      // A device that is still open goes on: a failed change does not end the picture.
      this.#openedFor = this.#track === undefined ? undefined : source
      this.#isSubstitute = true
      this.#tell(problemOf(error))
    }
  }

  async #capture({ deviceId, processing }: Source): Promise<MediaStreamTrack> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(deviceId, processing))
      this.#isSubstitute = false
      return onlyTrack(stream)
    } catch (error) {
      if (deviceId === undefined || problemOf(error) === 'denied') throw error
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(undefined, processing))
      this.#isSubstitute = true
      return onlyTrack(stream)
    }
  }

  #adopt(track: MediaStreamTrack, source: Source): void {
    const before = this.#track
    if (this.#wanted?.on !== true) {
      track.stop()
      return
    }
    this.#track = track
    this.#openedFor = source
    track.addEventListener('ended', () => this.#ended(track))
    track.addEventListener('mute', () => this.#interrupted(track, true))
    track.addEventListener('unmute', () => this.#interrupted(track, false))
    this.#listener.handOver(new MediaStreamTrackProcessor<Frame>({ track }).readable)
    this.#listener.track(track)
    before?.stop()
  }

  /** Not called for tracks that were stopped here. */
  #ended(track: MediaStreamTrack): void {
    if (track !== this.#track || this.#wanted === undefined) return
    this.#gone = track.label
    this.#drop()
    this.#tell('not-found')
    void this.want({ ...this.#wanted })
  }

  /** The system gives nothing: another program took the device, or a switch on it is off. */
  #interrupted(track: MediaStreamTrack, isInterrupted: boolean): void {
    if (track !== this.#track) return
    clearTimeout(this.#interruption)
    if (!isInterrupted) this.#tell(undefined)
    else this.#interruption = setTimeout(() => this.#tell('interrupted'), INTERRUPTED_MS)
  }

  #drop(): void {
    const track = this.#track
    this.#openedFor = undefined
    clearTimeout(this.#interruption)
    if (this.#wanted?.on !== true) this.#tell(undefined)
    if (track === undefined) return
    this.#track = undefined
    track.stop()
    this.#listener.handOver(undefined)
    this.#listener.track(undefined)
  }

  #tell(problem: DeviceProblem | undefined): void {
    if (problem === this.#problem) return
    this.#problem = problem
    this.#listener.problem(problem)
  }

  /** A device came or went: perhaps the wanted one is back. */
  readonly #devicesChanged = (): void => void this.#lookAgain()

  async #lookAgain(): Promise<void> {
    const before = this.#track
    if (this.#wanted?.on !== true || (before !== undefined && !this.#isSubstitute)) return
    const { deviceId } = this.#wanted
    const devices = await navigator.mediaDevices.enumerateDevices()
    if (before !== undefined && !devices.some((device) => device.deviceId === deviceId)) return
    this.#openedFor = undefined
    await this.want({ ...this.#wanted })
    const track = this.#track
    if (track !== undefined && track !== before && !this.#isSubstitute)
      this.#listener.changed({ kind: 'returned', name: track.label })
  }
}

function isSame(source: Source | undefined, wanted: Source): boolean {
  return source !== undefined && source.deviceId === wanted.deviceId && isSameProcessing(source, wanted)
}

function isSameProcessing({ processing: one }: Source, { processing: other }: Source): boolean {
  return (
    one.echoCancellation === other.echoCancellation &&
    one.noiseSuppression === other.noiseSuppression &&
    one.automaticGain === other.automaticGain
  )
}

function onlyTrack(stream: MediaStream): MediaStreamTrack {
  const [track] = stream.getTracks()
  if (track === undefined) throw new DOMException('a stream without a track', 'NotFoundError')
  return track
}
