/**
 * One other side of a call: all that it takes to hear and see one person. Opened packets go in; sound goes to the mixer,
 * the pictures to their sinks, and what is missing is asked for. A 1:1 call has one of these, a group one for each member.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { AudioReceiver } from '../../src-shared/media/audio-receiver.ts'
import { forwardingOf } from '../../src-shared/media/forwarding.ts'
import { ForwardedStream } from '../../src-shared/media/forwarded-stream.ts'
import { PacketRecovery } from '../../src-shared/media/packet-recovery.ts'
import { FLEXIBLE_FEC, type VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { VideoBuffer } from '../../src-shared/media/received.ts'
import { parseRtp, type RtpPacket } from '../../src-shared/media/rtp.ts'
import { isOfScreen, type MediaKind } from '../../src-shared/media/ssrc.ts'
import { VideoReceiver } from '../../src-shared/media/video-receiver.ts'
import type { MemberStatistics } from '../devices/group-session.ts'
import type { AudioPlayout } from './audio-playout.ts'
import { LipSync } from './lip-sync.ts'
import type { PictureSize } from './messages.ts'
import type { PictureSink } from './picture-sink.ts'
import type { Opened } from './protection.ts'
import { Reception } from './reception.ts'
import { RemotePicture, type PictureRequests } from './remote-picture.ts'
import { RemoteScreenSound } from './remote-screen-sound.ts'
import type { Reports } from './reports.ts'
import { Voice } from './voice.ts'

export interface RemoteListener {
  /** Of the camera's picture that is shown; `undefined`: none. */
  size(size: PictureSize | undefined): void
  /** Of the screen that is shown. */
  screenSize(size: PictureSize | undefined): void
  /** The decoder of this format broke down. */
  failed(codec: VideoCodec): void
  /** In a group: how loud a packet says that it is, decibels below full scale. */
  spoke?(level: number): void
}

export interface RemoteOptions {
  readonly reports: Reports
  readonly pictureRequests: PictureRequests
  readonly speaker: AudioPlayout
  /** Which buffer suits the camera's streams that come in. A screen is one stream in any call. */
  readonly pictures: VideoBuffer
  /** The relay chooses which packets come. */
  readonly forwarded: boolean
}

/** Where the pictures go; `undefined` while nobody looks. */
export interface RemoteSinks {
  readonly video: PictureSink | undefined
  readonly screen: PictureSink | undefined
}

export class RemoteParty {
  readonly reception = new Reception({
    senderReport: (kind, info) => {
      if (isOfScreen(kind)) this.#screenSound?.senderReport(kind, info)
      else this.#lipSync.senderReport(kind, info)
    },
  })
  readonly #reports: Reports
  readonly #listener: RemoteListener
  readonly #speaker: AudioPlayout
  readonly #audioBuffer = new AudioReceiver()
  /** In a group: what is left out by the relay. */
  readonly #forwarded: Readonly<Record<'audio' | 'video', ForwardedStream>> | undefined
  readonly #voice: Voice
  readonly #video: RemotePicture
  readonly #recovery = new PacketRecovery()
  readonly #screen: RemotePicture
  readonly #lipSync: LipSync
  /** While a screen is shared. */
  #screenSound: RemoteScreenSound | undefined
  #layer: number | undefined

  constructor(sinks: RemoteSinks, options: RemoteOptions, listener: RemoteListener) {
    const { reports, pictureRequests, speaker, pictures, forwarded } = options
    this.#reports = reports
    this.#listener = listener
    this.#speaker = speaker
    this.#forwarded = forwarded ? { audio: new ForwardedStream(), video: new ForwardedStream() } : undefined
    reports.add(this.reception)
    this.#voice = new Voice(this.#audioBuffer, {
      heard: (rtpTimestamp, at) => this.#lipSync.heard(rtpTimestamp, at),
    })
    speaker.add(this.#voice)
    const roundTrip = (): Ms | undefined => this.reception.roundTrip
    const failed = (codec: VideoCodec): void => listener.failed(codec)
    this.#video = new RemotePicture(pictures, sinks.video, pictureRequests, {
      roundTrip,
      failed,
      size: (size) => listener.size(size),
      shown: (rtpTimestamp, at) => this.#lipSync.shown(rtpTimestamp, at),
    })
    this.#screen = new RemotePicture(new VideoReceiver(), sinks.screen, pictureRequests, {
      roundTrip,
      failed,
      size: (size) => listener.screenSize(size),
      // Without sound it is shown as it comes.
      shown: (rtpTimestamp, at) => this.#screenSound?.shown(rtpTimestamp, at),
    })
    this.#screen.setOn(false)
    this.#lipSync = new LipSync(this.#audioBuffer, this.#video, () => speaker.latency)
  }

  get statistics(): MemberStatistics {
    const { playedMs, concealedMs, bufferMs } = this.#audioBuffer.statistics
    return {
      firstFrameAt: this.#video.firstAt,
      firstSoundAt: this.#voice.firstAt,
      video: this.#video.counters,
      layer: this.#layer,
      screen: this.#screen.counters,
      screenSound: this.#screenSound?.statistics,
      keyframesRequested: this.#video.keyframesRequested,
      audio: { playedMs, concealedMs, bufferMs: bufferMs + this.#speaker.ringMs },
      received: this.reception.came,
      lost: this.reception.lost,
      skewMs: this.#lipSync.skew,
      roundTripMs: this.reception.roundTrip,
    }
  }

  start(): void {
    this.#lipSync.start()
  }

  /** See `VideoPlayout`. */
  rehearse(codec: VideoCodec, chunk: EncodedVideoChunk): void {
    this.#video.rehearse(codec, chunk)
  }

  /** An authentic packet came in. `arrivedAt`: at this computer, perhaps before this thread had time for it. */
  take({ kind, rtcp, packet }: Opened, now: Ms, arrivedAt: Ms): void {
    if (rtcp) {
      this.#reports.take(kind, packet, now, this.reception)
      return
    }
    const rtp = parseRtp(packet)
    if (rtp === undefined) return
    if (kind !== 'video' || this.#forwarded !== undefined) this.#takeRtp(kind, rtp, now, arrivedAt)
    else this.#takePicture(rtp, packet, now, arrivedAt)
  }

  /** All packets that came in together were taken. */
  packetsTaken(): void {
    this.#video.packetsTaken()
    this.#screen.packetsTaken()
  }

  /** What the other side says it sends. */
  setOn({ video, screen }: { readonly video: boolean; readonly screen: boolean }): void {
    this.#video.setOn(video)
    this.#screen.setOn(screen)
    if (screen) this.#screenSound ??= new RemoteScreenSound(this.#screen, this.#speaker)
    else this.#endScreenSound()
  }

  /** Other places for the pictures; where there is none, nothing is decoded. */
  show({ video, screen }: RemoteSinks): void {
    this.#video.show(video)
    this.#screen.show(screen)
  }

  /** Packets of pictures that were missed since the last call of this, whether or not they came later. */
  takeMissed(): number {
    return this.#video.takeMissed() + this.#screen.takeMissed()
  }

  pathChanged(): void {
    this.#video.pathChanged()
    this.#screen.pathChanged()
  }

  /** Nothing comes in any more. */
  stop(): void {
    this.#lipSync.stop()
    this.#endScreenSound()
    this.#video.stop()
    this.#screen.stop()
  }

  close(): void {
    this.stop()
    this.#reports.remove(this.reception)
    this.#speaker.remove(this.#voice)
    this.#video.close()
    this.#screen.close()
    this.#voice.close()
  }

  /** What can be recovered of the camera's picture goes to the buffer like what came; but what came is reported. */
  #takePicture(rtp: RtpPacket, packet: Uint8Array, now: Ms, arrivedAt: Ms): void {
    const isRepair = rtp.payloadType === FLEXIBLE_FEC
    if (!isRepair) this.#takeRtp('video', rtp, now, arrivedAt)
    for (const recovered of isRepair ? this.#recovery.repair(rtp) : this.#recovery.received(packet)) {
      const again = parseRtp(recovered)
      if (again !== undefined) this.#video.take(again, now, false)
    }
  }

  #endScreenSound(): void {
    this.#screenSound?.close()
    this.#screenSound = undefined
  }

  #takeRtp(kind: MediaKind, rtp: RtpPacket, now: Ms, arrivedAt: Ms): void {
    const leftOut = isOfScreen(kind) ? 0 : (this.#forwarded?.[kind].leftOutBefore(rtp, now) ?? 0)
    this.reception.received(kind, rtp, now, leftOut)
    if (kind === 'screenSound') {
      this.#screenSound?.take(rtp, arrivedAt)
      return
    }
    if (kind === 'audio') {
      // What waited for this thread waited no longer than what asks for it: the ring buffer alone makes up for such a stall.
      this.#audioBuffer.insert(rtp, arrivedAt)
      this.#noteLevel(rtp, now)
      return
    }
    if (kind === 'video') this.#layer = forwardingOf(rtp)?.picture?.layer
    ;(kind === 'video' ? this.#video : this.#screen).take(rtp, now, leftOut > 0)
  }

  #noteLevel(rtp: RtpPacket, now: Ms): void {
    const level = forwardingOf(rtp)?.audioLevel?.level
    if (level === undefined) return
    this.#voice.arrived(level, now)
    this.#listener.spoke?.(level)
  }
}
