/**
 * The media of one 1:1 call as the screens see it, and what a group (`group-session.ts`) has in common with it. `open-media-session.ts` implements it: it captures in the window
 * (Chromium keeps track processors out of workers), and hands streams and the media port to the media worker.
 */
import type { MediaChoice, VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'

/** Why a camera or microphone is not there; each has a sentence in the language file. */
export type DeviceProblem = 'not-found' | 'denied' | 'in-use' | 'interrupted' | 'failed'

export type DeviceKind = 'camera' | 'microphone' | 'speaker'

/** Another device is in use than before, by itself. Names as the system gives them, perhaps empty. */
export type DeviceChange =
  | { readonly kind: 'replaced'; readonly gone: string; readonly by: string }
  /** The chosen one is back. */
  | { readonly kind: 'returned'; readonly name: string }

/** What Chromium does to the microphone's sound before anybody gets it. */
export interface SoundProcessing {
  readonly echoCancellation: boolean
  readonly noiseSuppression: boolean
  readonly automaticGain: boolean
}

export interface DeviceChoice {
  readonly cameraId: string | undefined
  readonly microphoneId: string | undefined
  readonly speakerId: string | undefined
  readonly processing: SoundProcessing
}

/** What a shared screen mostly shows: it decides between sharp and smooth where there is not enough for both. */
export type ScreenContent = 'text' | 'motion'

/** What of the computer is shared in a call. */
export type Shared = 'picture' | 'picture-and-sound'

/** What is captured for one call, to be shared in the one that it becomes; whoever has it stops it. */
export interface Capture {
  readonly picture: MediaStreamTrack
  readonly sound: MediaStreamTrack | undefined
  readonly content: ScreenContent
}

/** Which devices are to be open. */
export type DevicesInUse = Omit<MediaChoice, 'screen'>

/** What is told of the own side. */
export interface OwnMediaListener {
  /** A device could not be opened, or stopped working; `undefined`: it works again. The call goes on without it. */
  problem(kind: DeviceKind, problem: DeviceProblem | undefined): void
  changed(kind: DeviceKind, change: DeviceChange): void
  /** The own camera's picture, for the preview; `undefined` when the camera is off. */
  preview(stream: MediaStream | undefined): void
  /** What was shared is not there any more: its window was closed, or the system ended it. */
  screenEnded(): void
  /** The system ended the sound of what is shared; its picture goes on. */
  screenSoundEnded(): void
}

export interface MediaSessionListener extends OwnMediaListener {
  /** The other side's picture began, stopped or changed its size (pixels). */
  remoteVideo(size: { width: number; height: number } | undefined): void
  /** The same of its screen. */
  remoteScreen(size: { width: number; height: number } | undefined): void
}

/** The own side of a call. */
export interface OwnMedia {
  /** The media port of this call, once main has handed it over. Before, only the preview runs. */
  attach(port: MessagePort): void
  /** Opens and closes devices. Resolves when they are as asked, or the listener was told why not. */
  setMedia(choice: DevicesInUse): Promise<void>
  useDevices(choice: DeviceChoice): Promise<void>
  /**
   * Shares what was picked (`screen.pick`) beside the camera, in the place of what was shared before, `withSound` together
   * with what the computer plays. Needs a person's click just before. Resolves with what is shared: less than was wanted if
   * the sound cannot be had without that of the call. `undefined`: it could not be captured; what was shared before goes on.
   */
  shareScreen(content: ScreenContent, withSound: boolean): Promise<Shared | undefined>
  /** What is shared, once more, for the session of the call that this one becomes; `undefined`: nothing is. */
  copyScreen(): Capture | undefined
  /** Shares what the session before this one shared, without another pick. */
  adoptScreen(capture: Capture): Shared
  stopScreen(): void
  /** The format of the own picture, where the other sides decode it and this computer encodes it. */
  preferCodec(choice: VideoCodecChoice): void
  /** Nothing is heard: the same people are still heard elsewhere. */
  silence(on: boolean): void
  /** 0 to 1, of the last 50 ms. */
  microphoneLevel(): number
  close(): void
}

export interface MediaSession extends OwnMedia {
  /** The other side's picture; the same stream for the whole call. */
  readonly remote: MediaStream
  /** Its screen; likewise. */
  readonly remoteScreen: MediaStream
  /** A snapshot of what was measured up to now. */
  statistics(): Promise<CallStatistics>
}

/** Counters since the start of the call; times in milliseconds. */
export interface CallStatistics {
  readonly suite: string | undefined
  readonly path: 'relay' | 'direct' | undefined
  /** `Date.now()` values; `undefined` until it happened. */
  readonly firstRemoteFrameAt: number | undefined
  readonly firstRemoteAudioAt: number | undefined
  readonly video: {
    readonly sent: SentVideo
    readonly received: ReceivedVideo
    readonly keyframesRequested: number
  }
  readonly screen: { readonly sent: VideoCounters; readonly received: ReceivedVideo }
  /** `received`: of the screen that is shared there now. */
  readonly screenSound: { readonly sentMs: number; readonly received: ReceivedScreenSound | undefined }
  readonly audio: {
    readonly codec: 'opus'
    readonly sentMs: number
    readonly playedMs: number
    readonly concealedMs: number
    readonly bufferMs: number
  }
  readonly packets: {
    readonly sent: number
    readonly received: number
    readonly lost: number
    /** Came once more, or too late to tell; not taken. A change of path brings what was asked for again and was only late. */
    readonly repeated: number
    readonly refused: number /* failed authentication, or made with a key that is not there */
    readonly dropped: number /* no credit */
  }
  /** Difference between picture and sound at the last rendered frame; positive: picture late. */
  readonly audioVideoSkewMs: number | undefined
  readonly roundTripMs: number | undefined
  /** The way to the other side. */
  readonly sending: SendingStatistics
}

export interface ReceivedScreenSound {
  readonly playedMs: number
  readonly concealedMs: number
  /** Difference between picture and sound at the last rendered frame of the screen; positive: picture late. */
  readonly skewMs: number | undefined
}

export interface SendingStatistics {
  /** What the way carries, as far as is known; bits a second. */
  readonly availableBitrate: number
  /** Share of packets that did not arrive the first time, lately. */
  readonly loss: number
}

/** Why the picture is smaller than the camera's (W3C webrtc-stats, `qualityLimitationReason`); `undefined`: it is not. */
export type PictureLimit = 'network' | 'computer' | undefined

export interface SentVideo extends VideoCounters {
  readonly limitedBy: PictureLimit
}

export interface ReceivedVideo extends VideoCounters {
  readonly rendered: number
  readonly freezes: number
  readonly freezeMs: number
}

export interface VideoCounters {
  /** In use now; `undefined` before the first frame. */
  readonly codec: VideoCodec | undefined
  readonly frames: number
  readonly keyframes: number
  readonly bytes: number
  readonly width: number
  readonly height: number
}
