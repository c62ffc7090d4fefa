/** Runs in the audio thread: plays the ring buffer and asks the media worker for more. */
import type {} from './audio-worklet.d.ts'
import type { FromPlayout, ToPlayout } from './playout-messages.ts'
import { PlayoutRing } from './playout-ring.ts'

const SAMPLES_PER_MS = 48

class Playout extends AudioWorkletProcessor {
  readonly #ring = new PlayoutRing()
  #feed: MessagePort | undefined
  #used: ArrayBuffer[] = []

  constructor() {
    super()
    // The one message: the port that leads to the media worker.
    this.port.onmessage = ({ data }: MessageEvent<MessagePort>) => {
      this.#feed = data
      data.onmessage = ({ data: { samples } }: MessageEvent<ToPlayout>) => {
        this.#ring.push(samples)
        this.#used.push(samples.buffer)
      }
    }
  }

  override process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]?.[0]
    if (output === undefined || this.#feed === undefined) return true
    this.#ring.render(output)
    const aheadMs = this.#ring.ahead / SAMPLES_PER_MS
    const slots = this.#ring.demand()
    if (slots > 0) {
      const used = this.#used
      this.#used = []
      const demand: FromPlayout = { kind: 'demand', slots, aheadMs, underruns: this.#ring.underruns, used }
      this.#feed.postMessage(demand, used)
    }
    return true
  }
}

registerProcessor('playout', Playout)
