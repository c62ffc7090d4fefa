/** Listens to what the playout worklet plays: must be set up before a session opens. */

export interface Heard {
  /** Blocks of 20 ms that were louder than −50 dB below full scale, and all. */
  readonly loud: number
  readonly all: number
  /** The largest step from one sample to the next: a click is near 1, this microphone's speech below 0.1. */
  readonly largestStep: number
}

export class SoundTap {
  readonly #analysers: AnalyserNode[] = []

  constructor() {
    const analysers = this.#analysers
    // Each session makes its context at once and its worklet later: the contexts tell the sessions apart.
    window.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options)
        analysers.push(new AnalyserNode(this, { fftSize: 2048 }))
      }
    }
    // The worklet's way to the speaker leads past the analyser of its context.
    window.AudioWorkletNode = class extends AudioWorkletNode {
      constructor(context: BaseAudioContext, name: string, options?: AudioWorkletNodeOptions) {
        super(context, name, options)
        const analyser = analysers.find((candidate) => candidate.context === context)
        if (analyser !== undefined) this.connect(analyser)
      }
    }
  }

  /** What the session that was opened as number `side` plays for so long. */
  async listen(side: number, milliseconds: number): Promise<Heard> {
    const analyser = this.#analysers[side]
    if (analyser === undefined) throw new Error('nothing is played')
    const samples = new Float32Array(analyser.fftSize)
    let loud = 0
    let all = 0
    let largestStep = 0
    for (const end = performance.now() + milliseconds; performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 40))
      analyser.getFloatTimeDomainData(samples)
      all += 1
      if (samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length > 1e-5) loud += 1
      for (let i = 1; i < samples.length; i++) {
        largestStep = Math.max(largestStep, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)))
      }
    }
    return { loud, all, largestStep }
  }
}
