/**
 * This folder is the media worker: the only place where media is in the clear. Captured frames come in and are encoded,
 * packetised and protected; protected packets come in and are opened, put in order, decoded and shown. It holds the
 * media keys of the running call and no others, and reaches the network only through the media port. This file joins
 * the parts: one engine for each call.
 */
import { unreachable } from '../../src-shared/base/result.ts'
import type { Ms } from '../../src-shared/base/time.ts'
import type { VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import { AudioReceiver } from '../../src-shared/media/audio-receiver.ts'
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import { AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE } from '../../src-shared/media/payload-types.ts'
import { PlayoutSync } from '../../src-shared/media/playout-sync.ts'
import type { PlayoutPlan } from '../../src-shared/media/received.ts'
import { parseRtp } from '../../src-shared/media/rtp.ts'
import { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { newSsrc } from '../../src-shared/media/ssrc.ts'
import { VideoReceiver } from '../../src-shared/media/video-receiver.ts'
import type { CallStatistics } from '../devices/media-session.ts'
import { AudioPlayout } from './audio-playout.ts'
import { AudioSender } from './audio-sender.ts'
import { CodecSelection } from './codec-selection.ts'
import { FramePump } from './frame-pump.ts'
import { LevelMeter } from './level-meter.ts'
import type { FromWorker, VideoLimits } from './messages.ts'
import type { Opened } from './protection.ts'
import { randomBytes } from './random.ts'
import { RateControl } from './rate-control.ts'
import { PacketRequests, patienceFor } from './repair.ts'
import { type ReportedKind, Reports } from './reports.ts'
import { type MessageFromMain, Transport } from './transport.ts'
import { decodableCodecs, encodableCodecs } from './video-codec.ts'
import { VideoPlayout } from './video-playout.ts'
import { VideoSender } from './video-sender.ts'

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

export class MediaEngine {
  readonly camera: FramePump<VideoFrame>
  readonly microphone: FramePump<AudioData>
  readonly audioPlayout: AudioPlayout
  readonly #post: (message: FromWorker) => void
  readonly #transport: Transport
  readonly #sync = new PlayoutSync()
  readonly #rate: RateControl
  readonly #reports: Reports
  readonly #requests = new PacketRequests()
  readonly #selection = new CodecSelection()
  readonly #audioSender: AudioSender
  readonly #videoSender: VideoSender
  readonly #audioBuffer = new AudioReceiver()
  readonly #videoBuffer = new VideoReceiver()
  readonly #videoPlayout: VideoPlayout
  #isMetering = false
  #path: 'relay' | 'direct' | undefined
  #heard: PlayoutPlan | undefined
  #skew: Ms | undefined
  #missingTimer: ReturnType<typeof setTimeout> | undefined
  #syncTimer: ReturnType<typeof setInterval> | undefined

  constructor(picture: WritableStream<VideoFrame>, limits: VideoLimits, post: (message: FromWorker) => void) {
    this.#post = post
    this.#rate = new RateControl(videoBitrate('VP8', 1280, 720, 30).start, limits.maxBitrate)
    const transport = new Transport({
      opened: (packet, now) => this.#takeOpened(packet, now),
      batchTaken: () => this.#batchTaken(),
      message: (message) => this.#takeMessage(message),
      // A frame of the picture may have been among it.
      dropped: () => this.#videoSender.requestKeyframe(),
    })
    this.#transport = transport
    const own = { audio: senderOf('audio', AUDIO_CLOCK_RATE), video: senderOf('video', VIDEO_CLOCK_RATE) }
    this.#reports = new Reports(own, {
      send: (kind, compound) => transport.sendReport(kind, compound),
      senderReport: (kind, info) => this.#sync.senderReport(kind, info),
      receptionReport: (kind, loss) => {
        // What was lost and sent again does not appear in the report, but was lost all the same.
        if (kind === 'video') this.#rate.reported(Math.max(loss, transport.takeMissed()), this.#reports.roundTrip)
      },
      keyframeRequested: () => this.#videoSender.requestKeyframe(),
      decodableThere: (codecs) => this.#selection.decodable(codecs),
      packetsMissing: (sequenceNumbers) => transport.sendAgain(sequenceNumbers, this.#reports.roundTrip),
    })
    this.#audioSender = new AudioSender(own.audio, {
      isOpen: () => transport.isOpen,
      send: (packets) => transport.sendSound(packets),
    })
    this.#videoSender = new VideoSender(own.video, this.#rate, this.#selection, limits, {
      isOpen: () => transport.isOpen,
      send: (packets) => transport.sendPicture(packets, this.#rate.bitrate),
    })
    const meter = new LevelMeter((level) => post({ kind: 'level', level }))
    this.camera = new FramePump((frame, isFirst) => this.#videoSender.take(frame, isFirst))
    this.microphone = new FramePump((sound, isFirst) => {
      if (this.#isMetering) meter.take(sound)
      this.#audioSender.take(sound, isFirst)
    })
    this.audioPlayout = new AudioPlayout(this.#audioBuffer, {
      heard: (rtpTimestamp, at) => (this.#heard = { rtpTimestamp, at }),
    })
    this.#videoPlayout = new VideoPlayout(this.#videoBuffer, picture, {
      size: (size) => this.#post({ kind: 'remote-video', size }),
      shown: (rtpTimestamp, at) => this.#noteSkew({ rtpTimestamp, at: at + SCREEN_LATENCY }),
      failed: (codec) => this.#reports.withdraw(codec),
      polled: (now) => this.#askForKeyframe(now),
    })
    void encodableCodecs().then((codecs) => this.#selection.encodable(codecs))
    void decodableCodecs().then((codecs) => this.#reports.tellDecodable(codecs))
  }

  attach(port: MessagePort): void {
    this.#transport.attach(port)
    this.#reports.start()
    this.#syncTimer ??= setInterval(() => this.#synchronise(), SYNC_INTERVAL)
  }

  mute(muted: boolean): void {
    this.#audioSender.mute(muted)
  }

  preferCodec(choice: VideoCodecChoice): void {
    this.#selection.prefer(choice)
  }

  /** Levels are reported only while somebody looks. */
  meter(on: boolean): void {
    this.#isMetering = on
  }

  /** Erases all keys. What comes in afterwards is refused, and nothing goes out. */
  end(): void {
    this.#transport.end()
    this.#reports.stop()
    clearInterval(this.#syncTimer)
    clearTimeout(this.#missingTimer)
    this.#videoPlayout.setOn(false)
  }

  close(): void {
    this.end()
    this.camera.use(undefined)
    this.microphone.use(undefined)
    this.#audioSender.close()
    this.#videoSender.close()
    this.#videoPlayout.close()
    this.audioPlayout.close()
    this.#transport.close()
  }

  statistics(): CallStatistics {
    const { playedMs, concealedMs, bufferMs } = this.#audioBuffer.statistics
    return {
      suite: this.#transport.suite,
      path: this.#path,
      firstRemoteFrameAt: this.#videoPlayout.firstAt,
      firstRemoteAudioAt: this.audioPlayout.firstAt,
      video: {
        sent: this.#videoSender.counters,
        received: this.#videoPlayout.counters,
        keyframesRequested: this.#videoBuffer.statistics.keyframesRequested,
      },
      audio: {
        codec: 'opus',
        sentMs: this.#audioSender.sentMs,
        playedMs,
        concealedMs,
        bufferMs: bufferMs + this.audioPlayout.ringMs,
      },
      packets: { ...this.#transport.counters, lost: this.#reports.lost },
      audioVideoSkewMs: this.#skew,
      roundTripMs: this.#reports.roundTrip,
    }
  }

  #takeMessage(message: MessageFromMain): void {
    switch (message.kind) {
      case 'keys':
        this.#transport.install(message)
        // The other side may have missed what went before, and has seen nothing yet if this is the first generation.
        this.#videoSender.requestKeyframe()
        return
      case 'remote-media':
        this.#videoPlayout.setOn(message.media.video)
        return
      case 'path':
        this.#path = message.path
        this.#rate.pathChanged()
        this.#videoPlayout.poll()
        return
      case 'end':
        this.end()
        return
      default:
        unreachable(message)
    }
  }

  #takeOpened({ kind, rtcp, packet }: Opened, now: Ms): void {
    // This version neither sends nor shows screens.
    if (kind === 'screen') return
    if (rtcp) {
      this.#reports.take(kind, packet, now)
      return
    }
    const rtp = parseRtp(packet)
    if (rtp === undefined) return
    this.#reports.received(kind, rtp, now)
    if (kind === 'audio') this.#audioBuffer.insert(rtp, now)
    else {
      this.#requests.arrived(rtp.ssrc, rtp.sequenceNumber, now)
      this.#videoBuffer.insert(rtp, now)
    }
  }

  #batchTaken(): void {
    this.#videoPlayout.poll()
    this.#askForMissing()
  }

  #askForKeyframe(now: Ms): void {
    if (this.#videoBuffer.takeKeyframeRequest(now, this.#reports.roundTrip)) this.#reports.requestKeyframe()
  }

  /** Asks at once, and again while the answer does not come. */
  #askForMissing(): void {
    clearTimeout(this.#missingTimer)
    const { roundTrip } = this.#reports
    const patience = patienceFor(roundTrip)
    this.#videoBuffer.setPatience(patience)
    const lost = this.#requests.take(performance.now(), roundTrip, patience)
    if (lost.length > 0) this.#reports.requestPackets(lost)
    if (!this.#requests.isEmpty) this.#missingTimer = setTimeout(() => this.#askForMissing(), MISSING_INTERVAL)
  }

  #synchronise(): void {
    const audio = later(this.#audioBuffer.plan(), this.audioPlayout.latency)
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

function senderOf(kind: ReportedKind, clockRate: number): RtpSender {
  return new RtpSender({ ssrc: newSsrc(kind, randomBytes, new Set()), clockRate, random: randomBytes })
}
