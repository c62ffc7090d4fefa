/** The own side of a call in the window: devices, speaker and worker. What the other sides need is added by who extends it. */
import type { VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import type { FromWorker, ToWorker, VideoLimits } from '../media-worker/messages.ts'
import { CaptureSource } from './capture-source.ts'
import { cameraConstraints, microphoneConstraints } from './constraints.ts'
import type {
  Capture,
  DeviceChoice,
  DevicesInUse,
  OwnMedia,
  OwnMediaListener,
  ScreenContent,
  Shared,
  SoundProcessing,
} from './media-session.ts'
import type { PlayoutRoute } from './playout.ts'
import { ScreenCapture } from './screen-capture.ts'
import { Speaker } from './speaker.ts'

export interface OwnMediaOptions {
  readonly listener: OwnMediaListener
  readonly devices: DeviceChoice
  /** See `playout.ts`. */
  readonly playout?: PlayoutRoute
  readonly video?: Partial<VideoLimits>
}

const NO_PROCESSING: SoundProcessing = { echoCancellation: false, noiseSuppression: false, automaticGain: false }

/** Levels are measured for so long after somebody has asked for one. */
const METERING_MS = 1000

export abstract class WindowMedia implements OwnMedia {
  readonly #worker: Worker
  readonly #camera: CaptureSource<VideoFrame>
  readonly #microphone: CaptureSource<AudioData>
  readonly #speaker: Speaker
  readonly #screen: ScreenCapture
  #closed = false
  #devices: DeviceChoice
  #media: DevicesInUse = { audio: false, video: false }
  #level = 0
  #levelReadAt = 0
  #isMetering = false
  #inCall = false

  /** `start`: the worker's first message. */
  constructor({ listener, devices, playout = 'direct' }: OwnMediaOptions, start: ToWorker, transfer: Transferable[]) {
    this.#devices = devices
    this.#worker = new Worker(new URL('../media-worker/media.worker.ts', import.meta.url), {
      type: 'module',
      name: 'media',
    })
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data)
    this.send(start, transfer)
    this.#camera = new CaptureSource(cameraConstraints, {
      handOver: (frames) => this.send({ kind: 'camera', frames }, transferable(frames)),
      track: (track) => listener.preview(track === undefined ? undefined : new MediaStream([track])),
      problem: (problem) => listener.problem('camera', problem),
      changed: (change) => listener.changed('camera', change),
    })
    this.#microphone = new CaptureSource(microphoneConstraints, {
      handOver: (sound) => this.send({ kind: 'microphone', sound }, transferable(sound)),
      track: () => this.#applyMute(),
      problem: (problem) => listener.problem('microphone', problem),
      changed: (change) => listener.changed('microphone', change),
    })
    this.#speaker = new Speaker(playout, devices.speakerId, {
      opened: (port) => this.send({ kind: 'playout', port }, [port]),
      latency: (milliseconds) => this.send({ kind: 'output-latency', milliseconds }),
      problem: (problem) => listener.problem('speaker', problem),
      changed: (change) => listener.changed('speaker', change),
    })
    this.#screen = new ScreenCapture({
      handOver: (screen) => this.send({ kind: 'screen', ...screen }, [screen.frames, ...transferable(screen.sound)]),
      ended: () => {
        this.send({ kind: 'screen-ended' })
        listener.screenEnded()
      },
      soundEnded: () => {
        this.send({ kind: 'screen-sound-ended' })
        listener.screenSoundEnded()
      },
    })
    // Starts Chromium's capture service, which takes as long as the camera itself; opens no device.
    void navigator.mediaDevices.enumerateDevices()
  }

  attach(port: MessagePort): void {
    this.#inCall = true
    this.send({ kind: 'attach', port }, [port])
  }

  async setMedia(choice: DevicesInUse): Promise<void> {
    this.#media = choice
    this.#applyMute()
    await this.#openDevices()
  }

  async useDevices(choice: DeviceChoice): Promise<void> {
    this.#devices = choice
    await Promise.all([this.#openDevices(), this.#speaker.use(choice.speakerId)])
  }

  async shareScreen(content: ScreenContent, withSound: boolean): Promise<Shared | undefined> {
    const shared = await this.#screen.start(content, withSound)
    if (!this.#closed) return shared
    this.#screen.stop()
    return undefined
  }

  copyScreen(): Capture | undefined {
    return this.#screen.copy()
  }

  adoptScreen(capture: Capture): Shared {
    return this.#screen.adopt(capture)
  }

  stopScreen(): void {
    this.#screen.stop()
    this.send({ kind: 'screen-ended' })
  }

  preferCodec(choice: VideoCodecChoice): void {
    this.send({ kind: 'codec', choice })
  }

  silence(on: boolean): void {
    this.send({ kind: 'silence', on })
  }

  microphoneLevel(): number {
    this.#levelReadAt = performance.now()
    this.#setMetering(true)
    return this.#media.audio ? this.#level : 0
  }

  close(): void {
    this.#closed = true
    this.#camera.close()
    this.#microphone.close()
    this.#speaker.close()
    this.#screen.stop()
    // The worker ends itself when the keys are erased.
    this.send({ kind: 'close' })
  }

  /** What is not about the own side. */
  protected abstract received(message: Exclude<FromWorker, { kind: 'level' }>): void

  protected send(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  async #openDevices(): Promise<void> {
    const { audio, video } = this.#media
    const { cameraId, microphoneId, processing } = this.#devices
    await Promise.all([
      // The processing is the microphone's: a change of it must not open the camera anew.
      this.#camera.want({ on: video, deviceId: cameraId, processing: NO_PROCESSING }),
      // In a call, a muted microphone stays open: opening takes up to a second with a headset, and first words would be lost.
      this.#microphone.want({
        on: audio || (this.#inCall && this.#microphone.track !== undefined),
        deviceId: microphoneId,
        processing,
      }),
    ])
  }

  /** Twice: the track then gives silence to everyone who listens, and the worker sends nothing. */
  #applyMute(): void {
    const { track } = this.#microphone
    if (track !== undefined) track.enabled = this.#media.audio
    this.send({ kind: 'muted', muted: !this.#media.audio })
  }

  #receive(message: FromWorker): void {
    if (message.kind !== 'level') {
      this.received(message)
      return
    }
    this.#level = message.level
    if (performance.now() - this.#levelReadAt > METERING_MS) this.#setMetering(false)
  }

  #setMetering(on: boolean): void {
    if (on === this.#isMetering) return
    this.#isMetering = on
    this.send({ kind: 'metering', on })
  }
}

function transferable(stream: ReadableStream | undefined): Transferable[] {
  return stream === undefined ? [] : [stream]
}
