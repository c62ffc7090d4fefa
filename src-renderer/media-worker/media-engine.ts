/**
 * This folder is the media worker: the only place where media is in the clear. Captured frames come in and are encoded,
 * packetised and protected; protected packets come in and are opened, put in order, decoded and shown. It holds the
 * media keys of the running call and no others, and reaches the network only through the media port. This file joins
 * the parts: one engine for each call.
 */
import type { VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import { ArrivalLog } from '../../src-shared/media/congestion/arrival-log.ts'
import { AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE } from '../../src-shared/media/payload-types.ts'
import { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { sequenceNumberOf, ssrcOf } from '../../src-shared/media/rtp.ts'
import { kindOfSsrc, type MediaKind, newSsrc } from '../../src-shared/media/ssrc.ts'
import { VideoReceiver } from '../../src-shared/media/video-receiver.ts'
import type { CallStatistics } from '../devices/media-session.ts'
import { AudioPlayout } from './audio-playout.ts'
import { AudioSender, VOICE } from './audio-sender.ts'
import { CodecSelection } from './codec-selection.ts'
import { FramePump } from './frame-pump.ts'
import { LevelMeter } from './level-meter.ts'
import type { CapturedScreen, FromWorker, RemotePictures, VideoLimits } from './messages.ts'
import { PictureParity } from './picture-parity.ts'
import { TrackSink } from './picture-sink.ts'
import { type Opened, Protection } from './protection.ts'
import { randomBytes } from './random.ts'
import { rehearseProtection } from './rehearsal.ts'
import { RemoteParty } from './remote-party.ts'
import { Reports } from './reports.ts'
import { ScreenSender } from './screen-sender.ts'
import { ScreenSoundSender } from './screen-sound-sender.ts'
import { SendingRate } from './sending-rate.ts'
import { type MessageFromMain, Transport } from './transport.ts'
import { decodableCodecs, encodableCodecs } from './video-codec.ts'
import { VideoSender } from './video-sender.ts'

export class MediaEngine {
  readonly camera: FramePump<VideoFrame>
  readonly microphone: FramePump<AudioData>
  readonly audioPlayout = new AudioPlayout()
  readonly #protection = new Protection()
  readonly #transport: Transport<Opened>
  readonly #rate: SendingRate
  readonly #arrivals = new ArrivalLog()
  readonly #reports: Reports
  readonly #selection = new CodecSelection()
  readonly #audioSender: AudioSender
  readonly #videoSender: VideoSender
  readonly #screenSender: ScreenSender
  readonly #screenSound: ScreenSoundSender
  readonly #sinks: { readonly video: TrackSink; readonly screen: TrackSink }
  readonly #remote: RemoteParty
  #isMetering = false
  /** The other side has a use for repair packets. */
  #isParityTaken = false
  #path: 'relay' | 'direct' | undefined

  constructor(pictures: RemotePictures, limits: VideoLimits, post: (message: FromWorker) => void) {
    const own = {
      audio: senderOf('audio', AUDIO_CLOCK_RATE),
      video: senderOf('video', VIDEO_CLOCK_RATE),
      screen: senderOf('screen', VIDEO_CLOCK_RATE),
      screenSound: senderOf('screenSound', AUDIO_CLOCK_RATE),
    }
    const repairs = senderOf('video', VIDEO_CLOCK_RATE, own.video.ssrc)
    const parity: PictureParity = new PictureParity(repairs, own.video.ssrc, () =>
      this.#isParityTaken ? rate.path : undefined,
    )
    const rate = new SendingRate(
      limits.maxBitrate,
      () => this.camera.isOn,
      () => parity.share,
    )
    this.#rate = rate
    const transport = new Transport(this.#protection, {
      opened: (opened, now, arrivedAt) => {
        const { rtcp, packet } = opened
        if (!rtcp) this.#arrivals.arrived(ssrcOf(packet), sequenceNumberOf(packet), arrivedAt)
        this.#remote.take(opened, now, arrivedAt)
      },
      batchTaken: () => {
        this.#remote.packetsTaken()
        const report = this.#arrivals.takeReport(own.audio.ssrc, performance.now())
        if (report !== undefined) this.#reports.tellArrivals(report)
      },
      sent: (packets, now) => rate.sent(packets, now),
      sentAgain: (bytes) => rate.sentAgain(bytes),
      message: (message) => this.#takeMessage(message),
      // Frames of the pictures may have been among it.
      dropped: () => this.#requestKeyframes(),
    })
    this.#transport = transport
    this.#reports = new Reports(own, {
      send: (kind, compound) => transport.sendReport(kind, compound),
      congestion: (feedback, now) => rate.reported(feedback, now),
      keyframeRequested: (ssrc) =>
        (kindOfSsrc(ssrc) === 'screen' ? this.#screenSender : this.#videoSender).requestKeyframe(),
      decodableThere: (codecs) => this.#selection.decodable(codecs),
      parityTaken: (taken) => (this.#isParityTaken = taken),
      packetsMissing: (ssrc, lost) => transport.sendAgain(ssrc, lost),
    })
    this.#audioSender = new AudioSender(own.audio, VOICE, {
      isOpen: () => transport.isOpen,
      send: (packets) => transport.sendSound('audio', packets),
      redundancy: () => rate.redundancy,
    })
    this.#videoSender = new VideoSender(own.video, rate, this.#selection, limits, {
      isOpen: () => transport.isOpen,
      send: (packets) => transport.sendPicture(own.video.ssrc, parity.protect(packets, performance.now()), rate.pacing),
    })
    this.#screenSender = new ScreenSender(
      { stream: own.screen, rate, selection: this.#selection },
      {
        isOpen: () => transport.isOpen,
        send: (packets) => transport.sendPicture(own.screen.ssrc, packets, rate.pacing),
      },
    )
    this.#screenSound = new ScreenSoundSender(own.screenSound, rate, {
      isOpen: () => transport.isOpen,
      send: (packets) => transport.sendSound('screenSound', packets),
    })
    const meter = new LevelMeter((level) => post({ kind: 'level', level }))
    this.camera = new FramePump((frame, isFirst) => this.#videoSender.take(frame, isFirst))
    this.microphone = new FramePump((sound, isFirst) => {
      if (this.#isMetering) meter.take(sound)
      this.#audioSender.take(sound, isFirst)
    })
    const streams = {
      reports: this.#reports,
      pictureRequests: this.#reports,
      speaker: this.audioPlayout,
      pictures: new VideoReceiver(),
      forwarded: false,
    }
    this.#sinks = { video: new TrackSink(pictures.video), screen: new TrackSink(pictures.screen) }
    this.#remote = new RemoteParty(this.#sinks, streams, {
      size: (size) => post({ kind: 'remote-video', size }),
      screenSize: (size) => post({ kind: 'remote-screen', size }),
      failed: (codec) => this.#reports.withdraw(codec),
    })
    void encodableCodecs().then((codecs) => this.#selection.encodable(codecs))
    void decodableCodecs().then((codecs) => this.#reports.tellDecodable(codecs, { parity: true }))
  }

  attach(port: MessagePort): void {
    this.#transport.attach(port)
    this.#reports.start()
    this.#remote.start()
    // Not before: a preview of the devices shows nothing to anybody.
    void this.#rehearse()
  }

  mute(muted: boolean): void {
    this.#audioSender.mute(muted)
  }

  preferCodec(choice: VideoCodecChoice): void {
    this.#selection.prefer(choice)
  }

  shareScreen({ frames, sound, content }: CapturedScreen): void {
    this.#screenSender.share(frames, content)
    this.#screenSound.share(sound)
  }

  endScreenSound(): void {
    this.#screenSound.share(undefined)
  }

  endScreen(): void {
    this.#screenSender.end()
    this.endScreenSound()
  }

  /** Levels are reported only while somebody looks. */
  meter(on: boolean): void {
    this.#isMetering = on
  }

  /** Erases all keys. What comes in afterwards is refused, and nothing goes out. */
  end(): void {
    this.#transport.end()
    this.#reports.stop()
    this.#remote.stop()
  }

  close(): void {
    this.end()
    this.camera.use(undefined)
    this.microphone.use(undefined)
    this.#audioSender.close()
    this.#videoSender.close()
    this.endScreen()
    this.#remote.close()
    this.#sinks.video.close()
    this.#sinks.screen.close()
    this.audioPlayout.close()
    this.#transport.close()
  }

  statistics(): CallStatistics {
    const remote = this.#remote.statistics
    const { video, screen, screenSound, keyframesRequested, audio, lost, skewMs, roundTripMs } = remote
    return {
      suite: this.#transport.suite,
      path: this.#path,
      firstRemoteFrameAt: remote.firstFrameAt,
      firstRemoteAudioAt: remote.firstSoundAt,
      video: { sent: this.#videoSender.counters, received: video, keyframesRequested },
      screen: { sent: this.#screenSender.counters, received: screen },
      screenSound: { sentMs: this.#screenSound.sentMs, received: screenSound },
      audio: { codec: 'opus', sentMs: this.#audioSender.sentMs, ...audio },
      packets: { ...this.#transport.counters, lost },
      audioVideoSkewMs: skewMs,
      roundTripMs: this.#rate.roundTrip ?? roundTripMs,
      sending: this.#rate.statistics,
    }
  }

  #takeMessage(message: MessageFromMain): void {
    switch (message.kind) {
      case 'keys':
        this.#protection.install(message)
        // The other side may have missed what went before, and has seen nothing yet if this is the first generation.
        this.#requestKeyframes()
        return
      case 'keys-ahead':
        this.#protection.expect(message)
        return
      case 'remote-media':
        this.#remote.setOn(message.media)
        return
      case 'path':
        this.#path = message.path
        this.#rate.pathChanged()
        this.#remote.pathChanged()
        return
      case 'end':
        this.end()
        return
      default:
        throw new Error(`a message for a group: ${message.kind}`)
    }
  }

  async #rehearse(): Promise<void> {
    const { codec } = this.#selection
    const chunk = await this.#videoSender.rehearse()
    if (chunk !== undefined) this.#remote.rehearse(codec, chunk)
    await rehearseProtection(() => this.#transport.isOpen)
  }

  #requestKeyframes(): void {
    this.#videoSender.requestKeyframe()
    this.#screenSender.requestKeyframe()
  }
}

/** `used`: SSRCs of the same kind. */
function senderOf(kind: MediaKind, clockRate: number, ...used: readonly number[]): RtpSender {
  return new RtpSender({ ssrc: newSsrc(kind, randomBytes, new Set(used)), clockRate, random: randomBytes })
}
