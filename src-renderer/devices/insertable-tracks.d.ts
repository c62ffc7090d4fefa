/** Chromium's classes between tracks and frames (mediacapture-transform, the version of 2021). They exist in the window only; TypeScript's DOM library lacks them. */
export {}

declare global {
  class MediaStreamTrackProcessor<Frame extends AudioData | VideoFrame> {
    constructor(init: { readonly track: MediaStreamTrack; readonly maxBufferSize?: number })
    readonly readable: ReadableStream<Frame>
  }

  class MediaStreamTrackGenerator extends MediaStreamTrack {
    constructor(init: { readonly kind: 'video' })
    readonly writable: WritableStream<VideoFrame>
  }

  /** AudioContext.setSinkId of the Web Audio draft; Chromium has it since 110. */
  interface AudioContext {
    setSinkId(sinkId: string): Promise<void>
  }
}
