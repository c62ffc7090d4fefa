/**
 * This folder is the media worker: the only place where media is in the clear. Captured frames come in and are encoded,
 * packetised and protected; protected packets come in and are opened, put in order, decoded and shown. It holds the
 * media keys of the running call and no others, and reaches the network only through the media port. This file joins
 * the parts: one engine for each call.
 */
import { unreachable } from '../../src-shared/base/result.ts'
import type { Ms } from '../../src-shared/base/time.ts'
import type { FromMain } from '../../src-shared/ipc/media-port.ts'
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
import { FramePump } from './frame-pump.ts'
import { LevelMeter } from './level-meter.ts'
import type { FromWorker, VideoLimits } from './messages.ts'
import { Pacer } from './pacer.ts'
import { PortLink } from './port-link.ts'
import { type Opened, Protection } from './protection.ts'
import { randomBytes } from './random.ts'
import { RateControl } from './rate-control.ts'
import { PacketRequests, patienceFor, SentPackets } from './repair.ts'
import { type ReportedKind, Reports } from './reports.ts'
import { VideoPlayout } from './video-playout.ts'
import { VideoSender } from './video-sender.ts'

/** From a frame's writing to the screen: half a frame of the screen and the compositor. */
const SCREEN_LATENCY: Ms = 16
const SYNC_INTERVAL: Ms = 250
/** While packets are missing, they are looked after this often. */
const MISSING_INTERVAL: Ms = 10

type MessageFromMain = Exclude<FromMain, { kind: 'packets' | 'credit' }>

export class MediaEngine {
  readonly camera: FramePump<VideoFrame>
  readonly microphone: FramePump<AudioData>
  readonly audioPlayout: AudioPlayout
  readonly #post: (message: FromWorker) => void
  readonly #protection = new Protection()
  readonly #sync = new PlayoutSync()
  readonly #rate: RateControl
  readonly #pacer = new Pacer((packets) => this.#sendPackets(packets))
  readonly #reports: Reports
  readonly #audioSender: AudioSender
  readonly #videoSender: VideoSender
  readonly #audioBuffer = new AudioReceiver()
  readonly #videoBuffer = new VideoReceiver()
  readonly #videoPlayout: VideoPlayout
  readonly #requests = new PacketRequests()
  readonly #sentPackets = new SentPackets()
  #sentSinceReport = 0
  #missingTimer: ReturnType<typeof setTimeout> | undefined
  #link: PortLink | undefined
  #path: 'relay' | 'direct' | undefined
  #received = 0
  #refused = 0
  #heard: PlayoutPlan | undefined
  #skew: Ms | undefined
  #syncTimer: ReturnType<typeof setInterval> | undefined

  constructor(picture: WritableStream<VideoFrame>, limits: VideoLimits, post: (message: FromWorker) => void) {
    this.#post = post
    this.#rate = new RateControl(videoBitrate('vp8', 1280, 720, 30).start, limits.maxBitrate)
    const audio = senderOf('audio', AUDIO_CLOCK_RATE)
    const video = senderOf('video', VIDEO_CLOCK_RATE)
    this.#reports = new Reports(
      { audio, video },
      {
        send: (kind, compound) => this.#sendReport(kind, compound),
        senderReport: (kind, info) => this.#sync.senderReport(kind, info),
        receptionReport: (kind, loss) => {
          if (kind === 'video') this.#adaptRate(loss)
        },
        keyframeRequested: () => this.#videoSender.requestKeyframe(),
        packetsMissing: (sequenceNumbers) => this.#repair(sequenceNumbers),
      },
    )
    this.#audioSender = new AudioSender(
      audio,
      this.#outlet((packets) => this.#sendRtp('audio', packets)),
    )
    this.#videoSender = new VideoSender(
      video,
      this.#outlet((packets) => this.#sendRtp('video', packets)),
      this.#rate,
      limits,
    )
    const meter = new LevelMeter((level) => this.#post({ kind: 'level', level }))
    this.camera = new FramePump((frame, isFirst) => this.#videoSender.take(frame, isFirst))
    this.microphone = new FramePump((sound, isFirst) => {
      meter.take(sound)
      this.#audioSender.take(sound, isFirst)
    })
    this.audioPlayout = new AudioPlayout(this.#audioBuffer, {
      heard: (rtpTimestamp, at) => (this.#heard = { rtpTimestamp, at }),
    })
    this.#videoPlayout = new VideoPlayout(this.#videoBuffer, picture, {
      size: (size) => this.#post({ kind: 'remote-video', size }),
      shown: (rtpTimestamp, at) => this.#noteSkew({ rtpTimestamp, at: at + SCREEN_LATENCY }),
      polled: (now) => this.#askForKeyframe(now),
    })
  }

  attach(port: MessagePort): void {
    this.#link?.close()
    this.#link = new PortLink(port, {
      packets: (packets) => this.#takePackets(packets),
      message: (message) => this.#takeMessage(message),
    })
    this.#reports.start()
    this.#syncTimer = setInterval(() => this.#synchronise(), SYNC_INTERVAL)
  }

  mute(muted: boolean): void {
    this.#audioSender.mute(muted)
  }

  /** Erases all keys. What comes in afterwards is refused, and nothing goes out. */
  end(): void {
    this.#protection.erase()
    this.#pacer.clear()
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
    this.#link?.close()
  }

  statistics(): CallStatistics {
    const { playedMs, concealedMs, bufferMs } = this.#audioBuffer.statistics
    return {
      suite: this.#protection.suite,
      path: this.#path,
      firstRemoteFrameAt: this.#videoPlayout.firstAt,
      firstRemoteAudioAt: this.audioPlayout.firstAt,
      video: {
        codec: this.#videoPlayout.codec ?? this.#videoSender.codec,
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
      packets: {
        sent: this.#link?.packetsSent ?? 0,
        received: this.#received,
        lost: this.#reports.lost,
        refused: this.#refused,
        dropped: this.#link?.packetsDropped ?? 0,
      },
      audioVideoSkewMs: this.#skew,
      roundTripMs: this.#reports.roundTrip,
    }
  }

  #takeMessage(message: MessageFromMain): void {
    switch (message.kind) {
      case 'keys':
        this.#protection.install(message)
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

  #takePackets(packets: readonly Uint8Array[]): void {
    const now = performance.now()
    for (const packet of packets) {
      const opened = this.#protection.open(packet)
      if (opened.ok) this.#takeOpened(opened.value, now)
      else this.#refused += 1
    }
    this.#videoPlayout.poll()
    this.#askForMissing()
  }

  #takeOpened({ kind, rtcp, packet }: Opened, now: Ms): void {
    this.#received += 1
    // This version neither sends nor shows screens.
    if (kind === 'screen') return
    if (rtcp) {
      this.#reports.take(kind, packet, now)
      return
    }
    const rtp = parseRtp(packet)
    if (rtp === undefined) return
    this.#reports.received(kind, rtp, now)
    if (kind === 'video') this.#requests.arrived(rtp.ssrc, rtp.sequenceNumber, now)
    const buffer = kind === 'audio' ? this.#audioBuffer : this.#videoBuffer
    buffer.insert(rtp, now)
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

  #repair(sequenceNumbers: readonly number[]): void {
    const packets = this.#sentPackets.find(sequenceNumbers, performance.now(), this.#reports.roundTrip)
    if (packets.length > 0) this.#sendPackets(packets)
  }

  /** What was lost and sent again does not appear in the report, but was lost all the same. */
  #adaptRate(reportedLoss: number): void {
    const missing = this.#sentPackets.takeRequested() / Math.max(1, this.#sentSinceReport)
    this.#sentSinceReport = 0
    this.#rate.reported(Math.max(reportedLoss, Math.min(1, missing)), this.#reports.roundTrip)
  }

  #outlet<Sent>(send: (packets: readonly Uint8Array[]) => Sent) {
    const isOpen = (): boolean => this.#protection.canSend && this.#link?.isFull === false
    return {
      get isOpen(): boolean {
        return isOpen()
      },
      send,
    }
  }

  #sendRtp(kind: ReportedKind, packets: readonly Uint8Array[]): boolean {
    const protectedPackets = packets.map((packet) => this.#protection.protectRtp(kind, packet))
    if (kind === 'audio') return this.#sendPackets(protectedPackets)
    this.#sentPackets.remember(protectedPackets, performance.now())
    this.#sentSinceReport += packets.length
    return this.#pacer.enqueue(protectedPackets, this.#rate.bitrate)
  }

  #sendReport(kind: ReportedKind, compound: Uint8Array): void {
    if (this.#protection.canSend) this.#sendPackets([this.#protection.protectRtcp(kind, compound)])
  }

  #sendPackets(packets: readonly Uint8Array[]): boolean {
    const sent = this.#link?.send(packets) ?? false
    // Whatever it was, a frame of the picture may have been among it.
    if (!sent) this.#videoSender.requestKeyframe()
    return sent
  }

  #synchronise(): void {
    const audio = this.#audioBuffer.plan()
    const video = this.#videoBuffer.plan()
    const delays = this.#sync.update(
      audio && { ...audio, at: audio.at + this.audioPlayout.latency },
      video && { ...video, at: video.at + SCREEN_LATENCY },
      performance.now(),
    )
    this.#audioBuffer.setExtraDelay(delays.audio)
    this.#videoBuffer.setExtraDelay(delays.video)
  }

  #noteSkew(shown: PlayoutPlan): void {
    if (this.#heard !== undefined) this.#skew = this.#sync.skew(this.#heard, shown)
  }
}

function senderOf(kind: ReportedKind, clockRate: number): RtpSender {
  return new RtpSender({ ssrc: newSsrc(kind, randomBytes, new Set()), clockRate, random: randomBytes })
}
