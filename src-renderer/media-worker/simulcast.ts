/**
 * The own picture in a group: up to three sizes of it, each a stream of its own with the same timestamps, so that the relay
 * can send each member the one that it asked for and its network carries (docs/protocol/group.md, section 7.1).
 */
import { forwardingElements } from '../../src-shared/media/forwarding.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import type { VideoCounters } from '../devices/media-session.ts'
import { CaptureClock } from './capture-clock.ts'
import type { CodecSelection } from './codec-selection.ts'
import { LAYER_HEIGHTS, type LayerPlan, planLayers } from './layer-plan.ts'
import { LoadControl } from './load-control.ts'
import type { VideoLimits } from './messages.ts'
import { PictureEncoder } from './picture-encoder.ts'
import type { SendingRate } from './sending-rate.ts'

export interface SimulcastOutlet {
  isOpen(): boolean
  /** `false`: it could not be sent, and later frames that build on it cannot be decoded. */
  send(ssrc: number, packets: readonly Uint8Array[]): boolean
}

export class Simulcast {
  readonly #layers: readonly PictureEncoder[]
  readonly #rate: SendingRate
  readonly #selection: CodecSelection
  readonly #load: LoadControl
  #clock = new CaptureClock()
  #wanted: readonly number[] = [0]
  #plan: LayerPlan = new Map()

  /** `streams`: one for each layer, the smallest first. */
  constructor(
    streams: readonly RtpSender[],
    rate: SendingRate,
    selection: CodecSelection,
    limits: VideoLimits,
    outlet: SimulcastOutlet,
  ) {
    this.#rate = rate
    this.#selection = selection
    this.#load = new LoadControl([
      limits.maxHeight,
      ...LAYER_HEIGHTS.toReversed().filter((height) => height < limits.maxHeight),
    ])
    this.#layers = streams.map(
      (stream, layer) =>
        new PictureEncoder(
          {
            stream,
            selection,
            target: (source) => this.#plan.get(layer) ?? { ...source, bitrate: 0 },
            // The largest one tells what the computer manages: the others cost a fraction of it.
            captured: (leftOut) => {
              if (layer === Math.max(...this.#plan.keys())) this.#load.captured(leftOut)
            },
            describe: (frame) => forwardingElements({ picture: { layer, ...frame } }),
          },
          { isOpen: () => outlet.isOpen(), send: (packets) => outlet.send(stream.ssrc, packets) },
        ),
    )
    void this.#layers[0]?.rehearse()
  }

  /** By layer. */
  get counters(): readonly VideoCounters[] {
    return this.#layers.map(({ counters }) => counters)
  }

  /** The layers that somebody wants at present. */
  want(layers: readonly number[]): void {
    this.#wanted = layers
  }

  /** Somebody cannot go on, or is about to begin with it. */
  requestKeyframeOf(layer: number): void {
    this.#layers[layer]?.requestKeyframe()
  }

  /** Packets could not be sent: of which layer is not known. */
  requestKeyframes(): void {
    for (const layer of this.#layers) layer.requestKeyframe()
  }

  /** `isFirst`: of its camera. */
  take(frame: VideoFrame, isFirst: boolean): void {
    if (isFirst) this.#clock = new CaptureClock()
    this.#clock.see(frame.timestamp, performance.now())
    const timestampUs = Math.round(this.#clock.localTime(frame.timestamp) * 1000)
    const before = this.#plan
    const means = {
      source: { width: frame.displayWidth, height: frame.displayHeight },
      codec: this.#selection.codec,
      bitrate: this.#rate.camera,
      maxHeight: this.#load.maxHeight,
    }
    this.#plan = planLayers(this.#wanted, means, before)
    this.#layers.forEach((layer, i) => {
      if (this.#plan.has(i)) layer.take(frame, timestampUs, isFirst)
      else if (before.has(i)) layer.pause()
    })
    frame.close()
  }

  close(): void {
    for (const layer of this.#layers) layer.close()
  }
}
