/** What the window and the media worker say to each other. */
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import type { GroupStatistics, MosaicLayout, Watched } from '../devices/group-session.ts'
import type { CallStatistics, ScreenContent } from '../devices/media-session.ts'

export type ToWorker =
  /** First of all, for a 1:1 call. `pictures`: where the frames of the other side's camera and screen are to be written. */
  | { readonly kind: 'start'; readonly pictures: RemotePictures; readonly video: VideoLimits }
  /** First of all, for a group. */
  | { readonly kind: 'start-group'; readonly video: VideoLimits }
  /** Where the other side's sound goes; `playout-messages.ts` says what the port speaks. */
  | { readonly kind: 'playout'; readonly port: MessagePort }
  /** From there to the ear. */
  | { readonly kind: 'output-latency'; readonly milliseconds: number }
  | { readonly kind: 'attach'; readonly port: MessagePort }
  | { readonly kind: 'camera'; readonly frames: ReadableStream<VideoFrame> | undefined }
  | ({ readonly kind: 'screen' } & CapturedScreen)
  /** Its picture goes on. */
  | { readonly kind: 'screen-sound-ended' }
  | { readonly kind: 'screen-ended' }
  | { readonly kind: 'microphone'; readonly sound: ReadableStream<AudioData> | undefined }
  /** Whether what the microphone captures may leave the worker. */
  | { readonly kind: 'muted'; readonly muted: boolean }
  /** The person's preference for the own picture, at the beginning and when it changes. */
  | { readonly kind: 'codec'; readonly choice: VideoCodecChoice }
  /** Whether nothing of the other sides is heard. */
  | { readonly kind: 'silence'; readonly on: boolean }
  /** Whether anybody looks at the level. */
  | { readonly kind: 'metering'; readonly on: boolean }
  | { readonly kind: 'statistics'; readonly id: number }
  | { readonly kind: 'close' }
  | GroupToWorker

export type GroupToWorker =
  /**
   * Where the frames of the member's camera or screen are to be written; `undefined`: nowhere any more. What has neither this nor
   * a tile is not decoded.
   */
  | {
      readonly kind: 'track'
      readonly of: 'video' | 'screen'
      readonly member: MemberId
      readonly picture: WritableStream<VideoFrame> | undefined
    }
  /** What the mosaic is drawn on. */
  | { readonly kind: 'canvas'; readonly canvas: OffscreenCanvas }
  | { readonly kind: 'layout'; readonly layout: MosaicLayout }
  /** Whose pictures are looked at, the most important first, in which size. */
  | { readonly kind: 'watched'; readonly watched: readonly Watched[] }

export type FromWorker =
  /** 0 to 1, of the last 50 ms. */
  | { readonly kind: 'level'; readonly level: number }
  | { readonly kind: 'remote-video'; readonly size: PictureSize | undefined }
  | { readonly kind: 'remote-screen'; readonly size: PictureSize | undefined }
  | { readonly kind: 'statistics'; readonly id: number; readonly statistics: CallStatistics }
  | { readonly kind: 'group-statistics'; readonly id: number; readonly statistics: GroupStatistics }
  | {
      readonly kind: 'member-video' | 'member-screen'
      readonly member: MemberId
      readonly size: PictureSize | undefined
    }
  /** 0 to 1 for each member whose level changed; ten times a second at most. */
  | { readonly kind: 'levels'; readonly levels: readonly (readonly [MemberId, number])[] }

export interface RemotePictures {
  readonly video: WritableStream<VideoFrame>
  readonly screen: WritableStream<VideoFrame>
}

export interface CapturedScreen {
  readonly frames: ReadableStream<VideoFrame>
  /** What the computer plays meanwhile; `undefined`: it is not shared. */
  readonly sound: ReadableStream<AudioData> | undefined
  readonly content: ScreenContent
}

/** Pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** What the own picture may cost at most. */
export interface VideoLimits {
  /** Of the picture, whatever the camera gives; pixels. */
  readonly maxHeight: number
  /** Bits a second. */
  readonly maxBitrate: number
}
