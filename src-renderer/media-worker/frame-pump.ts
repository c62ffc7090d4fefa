/** Reads captured frames as they come, from one source after another. Whoever gets a frame closes it. */

export class FramePump<Frame extends AudioData | VideoFrame> {
  readonly #take: (frame: Frame, isFirst: boolean) => void
  /** In the order of their coming; all but the last wait for the first frame of a successor. */
  #readers: readonly ReadableStreamDefaultReader<Frame>[] = []

  /** `isFirst`: of its source. */
  constructor(take: (frame: Frame, isFirst: boolean) => void) {
    this.#take = take
  }

  /** Whether there is a source. */
  get isOn(): boolean {
    return this.#readers.length > 0
  }

  /** The source before goes on until the first frame of the new one is there. */
  use(frames: ReadableStream<Frame> | undefined): void {
    if (frames === undefined) {
      this.#retire(this.#readers.length)
      return
    }
    const reader = frames.getReader()
    this.#readers = [...this.#readers, reader]
    void this.#read(reader)
  }

  async #read(reader: ReadableStreamDefaultReader<Frame>): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      const { value: frame, done } = await reader.read()
      if (done) return
      if (isFirst) this.#retire(this.#readers.indexOf(reader))
      this.#take(frame, isFirst)
    }
  }

  #retire(count: number): void {
    for (const reader of this.#readers.slice(0, count)) void reader.cancel()
    this.#readers = this.#readers.slice(count)
  }
}
