/** The media of a group call as the screens see it; `open-group-session.ts` implements it. */
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type {
  CallStatistics,
  OwnMedia,
  OwnMediaListener,
  ReceivedScreenSound,
  ReceivedVideo,
  SendingStatistics,
  VideoCounters,
} from './media-session.ts'

export interface GroupSessionListener extends OwnMediaListener {
  /** A member's picture began, stopped or changed its size (pixels). Only members that are shown have one. */
  memberVideo(member: MemberId, size: { width: number; height: number } | undefined): void
  /** The same of a member's screen. */
  memberScreen(member: MemberId, size: { width: number; height: number } | undefined): void
  /** 0 to 1 for each member whose loudness changed; ten times a second at most. */
  levels(levels: readonly (readonly [MemberId, number])[]): void
}

/**
 * A member is shown in a stream of its own (cheaper up to about eight of them), or in a rectangle of the mosaic; one that is
 * in neither is not decoded.
 */
export interface GroupSession extends OwnMedia {
  /** The member's camera or screen, for a video element; the same stream until `hide`. */
  show(member: MemberId, of: 'video' | 'screen'): MediaStream
  hide(member: MemberId, of: 'video' | 'screen'): void
  /** What the mosaic is drawn on; once for each canvas. */
  useCanvas(canvas: HTMLCanvasElement): void
  /** Who is where on it, pixels of the canvas. Who is left out is not drawn. */
  arrange(layout: MosaicLayout): void
  /** Whose pictures are looked at, all of them each time, the most important first: nobody else's is sent here. */
  watch(watched: readonly Watched[]): void
  /** A snapshot of what was measured up to now. */
  statistics(): Promise<GroupStatistics>
}

export interface Watched {
  readonly member: MemberId
  /** Of the place where it is shown, pixels of the screen. */
  readonly height: number
}

export interface MosaicLayout {
  readonly width: number
  readonly height: number
  readonly tiles: readonly MosaicTile[]
}

export interface MosaicTile {
  readonly member: MemberId
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Counters since the start of the call; times in milliseconds. */
export interface GroupStatistics {
  readonly suite: string | undefined
  /** The way to the relay. */
  readonly sending: SendingStatistics
  readonly roundTripMs: number | undefined
  readonly sent: {
    /** The smallest first. */
    readonly layers: readonly VideoCounters[]
    /** `undefined` before this side is in the call. */
    readonly screen: VideoCounters | undefined
    readonly soundMs: number
    readonly soundBytes: number
  }
  readonly packets: Omit<CallStatistics['packets'], 'lost'>
  readonly members: Readonly<Record<MemberId, MemberStatistics>>
}

/** Of one other side. */
export interface MemberStatistics {
  /** `Date.now()` of the first of each that was shown and played. */
  readonly firstFrameAt: number | undefined
  readonly firstSoundAt: number | undefined
  readonly video: ReceivedVideo
  /** Which one of its camera's picture came last: 0 the smallest. */
  readonly layer: number | undefined
  readonly screen: ReceivedVideo
  /** Of the screen that is shared now. */
  readonly screenSound: ReceivedScreenSound | undefined
  readonly keyframesRequested: number
  readonly audio: Pick<CallStatistics['audio'], 'playedMs' | 'concealedMs' | 'bufferMs'>
  /** Packets of RTP. */
  readonly received: number
  readonly lost: number
  /** Picture behind the sound. */
  readonly skewMs: number | undefined
  readonly roundTripMs: number | undefined
}
