/** Where the frames of one other side go: a track that the window shows, or its tile of a mosaic. */

export interface PictureSink {
  /** Takes the frame over. Resolves when it was taken, rejects if nobody looks any more. */
  write(frame: VideoFrame): Promise<void>
  /** Nothing is shown any more, until the next frame. */
  clear(): void
}

export class TrackSink implements PictureSink {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>

  constructor(picture: WritableStream<VideoFrame>) {
    this.#writer = picture.getWriter()
  }

  async write(frame: VideoFrame): Promise<void> {
    try {
      await this.#writer.write(frame)
    } catch (error) {
      frame.close()
      throw error
    }
  }

  clear(): void {
    // The window hides its element.
  }

  /** By who made it. */
  close(): void {
    this.#writer.close().catch(() => {
      // The track was stopped before: there is nobody left to show anything to.
    })
  }
}
