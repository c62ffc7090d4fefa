/**
 * One other side of a call: all that it takes to hear and see one person. Opened packets go in; sound goes to the mixer,
 * the picture to its sink, and what is missing is asked for. A 1:1 call has one of these, a group one for each member.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { AudioReceiver } from '../../src-shared/media/audio-receiver.ts'
import { forwardingOf } from '../../src-shared/media/forwarding.ts'
import { ForwardedStream } from '../../src-shared/media/forwarded-stream.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import { PlayoutSync } from '../../src-shared/media/playout-sync.ts'
import type { PlayoutPlan, VideoBuffer } from '../../src-shared/media/received.ts'
import { parseRtp, type RtpPacket } from '../../src-shared/media/rtp.ts'
import type { MemberStatistics } from '../devices/group-session.ts'
import type { AudioPlayout } from './audio-playout.ts'
import type { PictureSize } from './messages.ts'
import type { PictureSink } from './picture-sink.ts'
import type { Opened } from './protection.ts'
import { Reception, type ReportedKind } from './reception.ts'
import { PacketRequests, patienceFor } from './repair.ts'
import type { Reports } from './reports.ts'
import { VideoPlayout } from './video-playout.ts'
import { Voice } from './voice.ts'

/** From a frame's writing to the screen: half a frame of the screen and the compositor. */
const SCREEN_LATENCY: Ms = 16
const SYNC_INTERVAL: Ms = 250
/**
 * The picture is not held back for so much: sound that comes after its picture is noticed from 125 ms on (ITU-R BT.1359),
 * and the sound card alone takes some 50 ms.
 */
const TOLERATED_LEAD: Ms = 100
/** While packets are missing, they are looked after this often. */
const MISSING_INTERVAL: Ms = 10

export interface RemoteListener {
  /** Of the picture that is shown; `undefined`: none. */
  size(size: PictureSize | undefined): void
  /** The decoder of this format broke down. */
  failed(codec: VideoCodec): void
  /** In a group: how loud a packet says that it is, decibels below full scale. */
  spoke?(level: number): void
}

/** Asks the sender, or in a group the relay. */
export interface PictureRequests {
  requestKeyframe(ssrc: number): void
  requestPackets(ssrc: number, lost: readonly number[]): void
}

export interface RemoteOptions {
  readonly reports: Reports
  readonly pictureRequests: PictureRequests
  readonly speaker: AudioPlayout
  /** Which buffer suits the streams that come in. */
  readonly pictures: VideoBuffer
  /** The relay chooses which packets come. */
  readonly forwarded: boolean
}

export class RemoteParty {
  readonly reception = new Reception({ senderReport: (kind, info) => this.#sync.senderReport(kind, info) })
  readonly #reports: Reports
  readonly #pictureRequests: PictureRequests
  readonly #listener: RemoteListener
  readonly #speaker: AudioPlayout
  readonly #sync = new PlayoutSync()
  readonly #requests = new PacketRequests()
  readonly #audioBuffer = new AudioReceiver()
  readonly #videoBuffer: VideoBuffer
  /** In a group: what is left out by the relay. */
  readonly #forwarded: Readonly<Record<ReportedKind, ForwardedStream>> | undefined
  readonly #voice: Voice
  readonly #videoPlayout: VideoPlayout
  /** Since `packetsTaken`. */
  #pictureCame = false
  #heard: PlayoutPlan | undefined
  #skew: Ms | undefined
  #missingTimer: ReturnType<typeof setTimeout> | undefined
  #syncTimer: ReturnType<typeof setInterval> | undefined

  /** `sink`: `undefined` while nobody looks. */
  constructor(sink: PictureSink | undefined, options: RemoteOptions, listener: RemoteListener) {
    const { reports, pictureRequests, speaker, pictures, forwarded } = options
    this.#reports = reports
    this.#pictureRequests = pictureRequests
    this.#listener = listener
    this.#speaker = speaker
    this.#videoBuffer = pictures
    this.#forwarded = forwarded ? { audio: new ForwardedStream(), video: new ForwardedStream() } : undefined
    reports.add(this.reception)
    this.#voice = new Voice(this.#audioBuffer, {
      heard: (rtpTimestamp, at) => (this.#heard = { rtpTimestamp, at }),
    })
    speaker.add(this.#voice)
    this.#videoPlayout = new VideoPlayout(this.#videoBuffer, sink, {
      size: (size) => listener.size(size),
      shown: (rtpTimestamp, at) => this.#noteSkew({ rtpTimestamp, at: at + SCREEN_LATENCY }),
      failed: (codec) => listener.failed(codec),
      polled: (now) => this.#askForKeyframe(now),
    })
  }

  get statistics(): MemberStatistics {
    const { playedMs, concealedMs, bufferMs } = this.#audioBuffer.statistics
    return {
      firstFrameAt: this.#videoPlayout.firstAt,
      firstSoundAt: this.#voice.firstAt,
      video: this.#videoPlayout.counters,
      keyframesRequested: this.#videoBuffer.statistics.keyframesRequested,
      audio: { playedMs, concealedMs, bufferMs: bufferMs + this.#speaker.ringMs },
      lost: this.reception.lost,
      skewMs: this.#skew,
      roundTripMs: this.reception.roundTrip,
    }
  }

  start(): void {
    this.#syncTimer ??= setInterval(() => this.#synchronise(), SYNC_INTERVAL)
  }

  /** An authentic packet came in. */
  take({ kind, rtcp, packet }: Opened, now: Ms): void {
    // This version neither sends nor shows screens.
    if (kind === 'screen') return
    if (rtcp) {
      this.#reports.take(kind, packet, now, this.reception)
      return
    }
    const rtp = parseRtp(packet)
    if (rtp !== undefined) this.#takeRtp(kind, rtp, now)
  }

  /** All packets that came in together were taken. */
  packetsTaken(): void {
    // Most messages bring sound only, and what waits for time to pass has timers of its own.
    if (!this.#pictureCame) return
    this.#pictureCame = false
    this.#videoPlayout.poll()
    this.#askForMissing()
  }

  /** The other side switched its camera on or off. */
  setOn(isOn: boolean): void {
    this.#videoPlayout.setOn(isOn)
  }

  /** Another place for the picture; `undefined`: nobody looks, nothing is decoded. */
  show(sink: PictureSink | undefined): void {
    if (sink === undefined) this.#requests.clear()
    this.#videoPlayout.show(sink)
  }

  /** Packets of the picture that were missed since the last call of this, whether or not they came later. */
  takeMissed(): number {
    return this.#requests.takeMissed()
  }

  pathChanged(): void {
    this.#videoPlayout.poll()
  }

  /** Nothing comes in any more. */
  stop(): void {
    clearInterval(this.#syncTimer)
    clearTimeout(this.#missingTimer)
    this.#videoPlayout.setOn(false)
  }

  close(): void {
    this.stop()
    this.#reports.remove(this.reception)
    this.#speaker.remove(this.#voice)
    this.#videoPlayout.close()
    this.#voice.close()
  }

  #takeRtp(kind: ReportedKind, rtp: RtpPacket, now: Ms): void {
    const leftOut = this.#forwarded?.[kind].leftOutBefore(rtp, now) ?? 0
    this.reception.received(kind, rtp, now, leftOut)
    if (kind === 'audio') {
      this.#audioBuffer.insert(rtp, now)
      this.#noteLevel(rtp, now)
    } else if (this.#videoPlayout.isShown) {
      this.#requests.arrived(rtp.ssrc, rtp.sequenceNumber, now, leftOut > 0)
      this.#videoBuffer.insert(rtp, now)
      this.#pictureCame = true
    }
  }

  #noteLevel(rtp: RtpPacket, now: Ms): void {
    const level = forwardingOf(rtp)?.audioLevel?.level
    if (level === undefined) return
    this.#voice.arrived(level, now)
    this.#listener.spoke?.(level)
  }

  #askForKeyframe(now: Ms): void {
    if (!this.#videoBuffer.takeKeyframeRequest(now, this.reception.roundTrip)) return
    const media = this.#videoBuffer.ssrc
    if (media !== undefined) this.#pictureRequests.requestKeyframe(media)
  }

  /** Asks at once, and again while the answer does not come. */
  #askForMissing(): void {
    clearTimeout(this.#missingTimer)
    const { roundTrip } = this.reception
    const patience = patienceFor(roundTrip)
    this.#videoBuffer.setPatience(patience)
    const lost = this.#requests.take(performance.now(), roundTrip, patience)
    const media = this.#requests.ssrc
    if (media !== undefined && lost.length > 0) this.#pictureRequests.requestPackets(media, lost)
    if (!this.#requests.isEmpty) this.#missingTimer = setTimeout(() => this.#askForMissing(), MISSING_INTERVAL)
  }

  #synchronise(): void {
    const audio = later(this.#audioBuffer.plan(), this.#speaker.latency)
    const video = later(this.#videoBuffer.plan(), SCREEN_LATENCY)
    const lead = audio && video ? -(this.#sync.skew(audio, video) ?? 0) : 0
    const tolerated = Math.min(TOLERATED_LEAD, Math.max(0, lead))
    const delays = this.#sync.update(audio, later(video, tolerated), performance.now())
    this.#audioBuffer.setExtraDelay(delays.audio)
    this.#videoBuffer.setExtraDelay(delays.video)
  }

  #noteSkew(shown: PlayoutPlan): void {
    if (this.#heard !== undefined) this.#skew = this.#sync.skew(this.#heard, shown)
  }
}

function later(plan: PlayoutPlan | undefined, by: Ms): PlayoutPlan | undefined {
  return plan && { ...plan, at: plan.at + by }
}
