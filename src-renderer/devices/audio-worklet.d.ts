/** The globals of an AudioWorklet that `playout.worklet.ts` uses (Web Audio API section 1.32); TypeScript has no library for them. */
export {}

declare global {
  abstract class AudioWorkletProcessor {
    readonly port: MessagePort
    abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean
  }

  function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void
}
