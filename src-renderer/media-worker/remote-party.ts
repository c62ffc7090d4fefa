/**
 * One other side of a call: all that it takes to hear and see one person. Opened packets go in; sound goes to the mixer,
 * the picture to its sink, and what is missing is asked for. A 1:1 call has one of these, a group one for each member.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { AudioReceiver } from '../../src-shared/media/audio-receiver.ts'
import { PlayoutSync } from '../../src-shared/media/playout-sync.ts'
import type { PlayoutPlan } from '../../src-shared/media/received.ts'
import { parseRtp } from '../../src-shared/media/rtp.ts'
import { VideoReceiver } from '../../src-shared/media/video-receiver.ts'
import type { CallStatistics } from '../devices/media-session.ts'
import type { AudioPlayout } from './audio-playout.ts'
import type { PictureSize } from './messages.ts'
import type { PictureSink } from './picture-sink.ts'
import type { Opened } from './protection.ts'
import { Reception } from './reception.ts'
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
}

export interface RemoteStatistics {
  /** `Date.now()` of the first of each that was shown and played. */
  readonly firstFrameAt: number | undefined
  readonly firstSoundAt: number | undefined
  readonly video: CallStatistics['video']['received']
  readonly keyframesRequested: number
  readonly audio: Pick<CallStatistics['audio'], 'playedMs' | 'concealedMs' | 'bufferMs'>
  readonly lost: number
  readonly skew: Ms | undefined
  readonly roundTrip: Ms | undefined
}

export class RemoteParty {
  readonly #reports: Reports
  readonly #speaker: AudioPlayout
  readonly #sync = new PlayoutSync()
  readonly #reception = new Reception({ senderReport: (kind, info) => this.#sync.senderReport(kind, info) })
  readonly #requests = new PacketRequests()
  readonly #audioBuffer = new AudioReceiver()
  readonly #videoBuffer = new VideoReceiver()
  readonly #voice: Voice
  readonly #videoPlayout: VideoPlayout
  #heard: PlayoutPlan | undefined
  #skew: Ms | undefined
  #missingTimer: ReturnType<typeof setTimeout> | undefined
  #syncTimer: ReturnType<typeof setInterval> | undefined

  constructor(sink: PictureSink, reports: Reports, speaker: AudioPlayout, listener: RemoteListener) {
    this.#reports = reports
    this.#speaker = speaker
    reports.add(this.#reception)
    this.#voice = new Voice(this.#audioBuffer, {
      heard: (rtpTimestamp, at) => (this.#heard = { rtpTimestamp, at }),
    })
    speaker.add(this.#voice)
    this.#videoPlayout = new VideoPlayout(this.#videoBuffer, sink, {
      size: (size) => listener.size(size),
      shown: (rtpTimestamp, at) => this.#noteSkew({ rtpTimestamp, at: at + SCREEN_LATENCY }),
      failed: (codec) => reports.withdraw(codec),
      polled: (now) => this.#askForKeyframe(now),
    })
  }

  get statistics(): RemoteStatistics {
    const { playedMs, concealedMs, bufferMs } = this.#audioBuffer.statistics
    return {
      firstFrameAt: this.#videoPlayout.firstAt,
      firstSoundAt: this.#voice.firstAt,
      video: this.#videoPlayout.counters,
      keyframesRequested: this.#videoBuffer.statistics.keyframesRequested,
      audio: { playedMs, concealedMs, bufferMs: bufferMs + this.#speaker.ringMs },
      lost: this.#reception.lost,
      skew: this.#skew,
      roundTrip: this.#reception.roundTrip,
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
      this.#reports.take(kind, packet, now, this.#reception)
      return
    }
    const rtp = parseRtp(packet)
    if (rtp === undefined) return
    this.#reception.received(kind, rtp, now)
    if (kind === 'audio') this.#audioBuffer.insert(rtp, now)
    else {
      this.#requests.arrived(rtp.ssrc, rtp.sequenceNumber, now)
      this.#videoBuffer.insert(rtp, now)
    }
  }

  /** All packets that came in together were taken. */
  packetsTaken(): void {
    this.#videoPlayout.poll()
    this.#askForMissing()
  }

  /** The other side switched its camera on or off. */
  setOn(isOn: boolean): void {
    this.#videoPlayout.setOn(isOn)
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
    this.#videoPlayout.close()
    this.#voice.close()
  }

  #askForKeyframe(now: Ms): void {
    if (!this.#videoBuffer.takeKeyframeRequest(now, this.#reception.roundTrip)) return
    const media = this.#reception.ssrc('video')
    if (media !== undefined) this.#reports.requestKeyframe(media)
  }

  /** Asks at once, and again while the answer does not come. */
  #askForMissing(): void {
    clearTimeout(this.#missingTimer)
    const { roundTrip } = this.#reception
    const patience = patienceFor(roundTrip)
    this.#videoBuffer.setPatience(patience)
    const lost = this.#requests.take(performance.now(), roundTrip, patience)
    const media = this.#reception.ssrc('video')
    if (media !== undefined && lost.length > 0) this.#reports.requestPackets(media, lost)
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
