/**
 * One camera or one microphone of a call: opens the wanted device, replaces it without a gap, falls back to another one
 * when it is gone, and comes back to it when it returns. What it captures goes to `handOver` as a stream of frames.
 */
import type {} from './insertable-tracks.d.ts'
import { problemOf } from './device-problem.ts'
import type { DeviceProblem } from './media-session.ts'

export interface CaptureListener<Frame extends AudioData | VideoFrame> {
  /** The stream to read from now on; the one before ends by itself. `undefined`: nothing is captured any more. */
  handOver(frames: ReadableStream<Frame> | undefined): void
  track(track: MediaStreamTrack | undefined): void
  problem(problem: DeviceProblem | undefined): void
}

/** What is asked of `getUserMedia` for the device with this id, or for any. */
export type Constraints = (deviceId: string | undefined) => MediaStreamConstraints

interface Wanted {
  readonly on: boolean
  readonly deviceId: string | undefined
}

export class CaptureSource<Frame extends AudioData | VideoFrame> {
  readonly #constraints: Constraints
  readonly #listener: CaptureListener<Frame>
  #wanted: Wanted = { on: false, deviceId: undefined }
  #track: MediaStreamTrack | undefined
  /** The choice that `#track` was opened for, and whether it is that very device. */
  #openedFor: string | undefined
  #isSubstitute = false
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
    this.#wanted = { on: false, deviceId: undefined }
    this.#drop()
  }

  /** Devices open slowly, and the person may change their mind meanwhile: goes on until the last wish is met or has failed. */
  async #settle(): Promise<void> {
    for (;;) {
      const wanted = this.#wanted
      if (!wanted.on) this.#drop()
      else if (this.#track === undefined || this.#openedFor !== wanted.deviceId) await this.#open(wanted.deviceId)
      if (this.#wanted === wanted) return
    }
  }

  async #open(deviceId: string | undefined): Promise<void> {
    try {
      this.#adopt(await this.#capture(deviceId), deviceId)
      this.#tell(undefined)
    } catch (error) {
      // A device that is still open goes on: a failed change does not end the picture.
      this.#openedFor = this.#track === undefined ? undefined : deviceId
      this.#isSubstitute = true
      this.#tell(problemOf(error))
    }
  }

  async #capture(deviceId: string | undefined): Promise<MediaStreamTrack> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(deviceId))
      this.#isSubstitute = false
      return onlyTrack(stream)
    } catch (error) {
      if (deviceId === undefined || problemOf(error) === 'denied') throw error
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(undefined))
      this.#isSubstitute = true
      return onlyTrack(stream)
    }
  }

  #adopt(track: MediaStreamTrack, deviceId: string | undefined): void {
    const before = this.#track
    if (!this.#wanted.on) {
      track.stop()
      return
    }
    this.#track = track
    this.#openedFor = deviceId
    track.addEventListener('ended', () => this.#ended(track))
    this.#listener.handOver(new MediaStreamTrackProcessor<Frame>({ track }).readable)
    this.#listener.track(track)
    before?.stop()
  }

  /** Not called for tracks that were stopped here. */
  #ended(track: MediaStreamTrack): void {
    if (track !== this.#track) return
    this.#drop()
    this.#tell('not-found')
    void this.want(this.#wanted)
  }

  #drop(): void {
    const track = this.#track
    this.#openedFor = undefined
    if (!this.#wanted.on) this.#tell(undefined)
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
    if (!this.#wanted.on || (this.#track !== undefined && !this.#isSubstitute)) return
    const { deviceId } = this.#wanted
    const devices = await navigator.mediaDevices.enumerateDevices()
    if (this.#track !== undefined && !devices.some((device) => device.deviceId === deviceId)) return
    this.#openedFor = undefined
    await this.want({ ...this.#wanted })
  }
}

function onlyTrack(stream: MediaStream): MediaStreamTrack {
  const [track] = stream.getTracks()
  if (track === undefined) throw new DOMException('a stream without a track', 'NotFoundError')
  return track
}
