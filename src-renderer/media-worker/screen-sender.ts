/**
 * The own shared screen: one stream beside the camera's. A screen that does not change gives no frames, so the last one is
 * encoded again now and then: it gets sharper, whoever lost packets gets them, and whoever asks gets a keyframe.
 */
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import type { ScreenContent, VideoCounters } from '../devices/media-session.ts'
import { CaptureClock } from './capture-clock.ts'
import type { CodecSelection } from './codec-selection.ts'
import { FramePump } from './frame-pump.ts'
import { LoadControl } from './load-control.ts'
import type { PictureSize } from './messages.ts'
import { PictureEncoder, type PictureEncoderOptions, type VideoOutlet } from './picture-encoder.ts'
import { SCREEN_RUNGS, ScreenPlan, type ScreenTarget } from './screen-plan.ts'
import type { SendingRate } from './sending-rate.ts'

/** After a change the picture is made sharp in a second; then it only has to be kept alive. */
const SHARPENING: Ms = 200
const SHARPENING_FRAMES = 5
const STILL: Ms = SECOND
/** A frame that comes so much sooner than it should still goes out: captures are not that even. */
const EARLY = 0.1

/** The first picture of a size is coarse, so that it is there soon; those that follow make it sharp. Bits a second. */
const FIRST_BITRATE = 100_000

interface Share {
  readonly plan: ScreenPlan
  readonly load: LoadControl
  readonly clock: CaptureClock
  frame: VideoFrame
  /** When it was captured, on the worker's clock, microseconds. */
  capturedUs: number
  /** How often it was encoded. */
  times: number
  framesPerSecond: number
  /** Of the last frame that was encoded. */
  size: PictureSize | undefined
  /** Not before this is the next frame encoded. */
  nextAt: Ms
}

export interface ScreenSenderOptions {
  readonly stream: RtpSender
  readonly rate: SendingRate
  readonly selection: CodecSelection
  /** In a group: what its packets say to the relay. */
  readonly describe?: PictureEncoderOptions['describe']
}

export class ScreenSender {
  readonly #encoder: PictureEncoder
  readonly #rate: SendingRate
  readonly #selection: CodecSelection
  readonly #pump = new FramePump<VideoFrame>((frame, isFirst) => this.#take(frame, isFirst))
  #content: ScreenContent = 'text'
  #share: Share | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ stream, rate, selection, describe }: ScreenSenderOptions, outlet: VideoOutlet) {
    this.#rate = rate
    this.#selection = selection
    this.#encoder = new PictureEncoder(
      {
        stream,
        selection,
        target: (source, codec) => this.#target(source, codec),
        captured: (leftOut) => this.#share?.load.captured(leftOut),
        ...(describe === undefined ? {} : { describe }),
      },
      outlet,
    )
  }

  get counters(): VideoCounters {
    return this.#encoder.counters
  }

  /** From now on; what was shared before goes on until the first frame is there. */
  share(frames: ReadableStream<VideoFrame>, content: ScreenContent): void {
    this.#content = content
    this.#pump.use(frames)
  }

  /** The other side cannot go on, or has just got its keys. */
  requestKeyframe(): void {
    this.#encoder.requestKeyframe()
    if (this.#share !== undefined) this.#sendWhenDue(this.#share)
  }

  /** Nothing is shared any more. */
  end(): void {
    this.#pump.use(undefined)
    this.#stop()
    this.#rate.shareScreen(undefined)
  }

  /** `isFirst`: of a share. */
  #take(frame: VideoFrame, isFirst: boolean): void {
    if (!this.#pump.isOn) {
      frame.close()
      return
    }
    const share = isFirst || this.#share === undefined ? this.#begin(frame) : this.#share
    if (share.frame !== frame) share.frame.close()
    share.frame = frame
    share.times = 0
    share.clock.see(frame.timestamp, performance.now())
    share.capturedUs = Math.round(share.clock.localTime(frame.timestamp) * 1000)
    const source = { width: frame.displayWidth, height: frame.displayHeight }
    this.#rate.shareScreen(share.plan.mostFor(source, this.#selection.codec))
    this.#sendWhenDue(share)
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#share?.frame.close()
    this.#share = undefined
    this.#encoder.pause()
  }

  #begin(frame: VideoFrame): Share {
    this.#stop()
    const share: Share = {
      plan: new ScreenPlan(this.#content),
      load: new LoadControl(SCREEN_RUNGS[this.#content]),
      clock: new CaptureClock(),
      frame,
      capturedUs: 0,
      times: 0,
      framesPerSecond: Infinity,
      size: undefined,
      nextAt: -Infinity,
    }
    this.#share = share
    return share
  }

  #sendWhenDue(share: Share): void {
    clearTimeout(this.#timer)
    const wait = share.nextAt - performance.now()
    if (wait <= 0) this.#send(share)
    else this.#timer = setTimeout(() => this.#send(share), wait)
  }

  #send(share: Share): void {
    const now = performance.now()
    const isNew = share.times === 0
    share.times += 1
    this.#encoder.take(share.frame, isNew ? share.capturedUs : Math.round(now * 1000), false)
    share.nextAt = now + ((1 - EARLY) * SECOND) / share.framesPerSecond
    this.#timer = setTimeout(() => this.#send(share), share.times <= SHARPENING_FRAMES ? SHARPENING : STILL)
  }

  #target(source: PictureSize, codec: VideoCodec): ScreenTarget {
    const share = this.#share
    if (share === undefined) throw new Error('no screen is shared')
    const { screen: bitrate, pacing } = this.#rate
    const target = share.plan.fit({ source, codec, bitrate, pacing, maxHeight: share.load.maxHeight })
    const { width, height, nature } = target
    const isFirst = share.size?.width !== width || share.size.height !== height
    share.size = { width, height }
    share.framesPerSecond = nature.framesPerSecond
    return isFirst ? { ...target, bitrate: Math.min(bitrate, FIRST_BITRATE) } : target
  }
}
