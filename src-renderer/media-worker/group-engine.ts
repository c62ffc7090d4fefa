/** The media of a group call: one own side, and as many other sides as there are members (docs/protocol/group.md, section 7). */
import type { GroupFromMain } from '../../src-shared/ipc/media-port.ts'
import type { VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import { parseRtcp } from '../../src-shared/media/rtcp.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import { MISSING_MAX } from '../../src-shared/protocol/relay-frame.ts'
import type { GroupStatistics } from '../devices/group-session.ts'
import { AudioPlayout } from './audio-playout.ts'
import { CodecSelection } from './codec-selection.ts'
import { FramePump } from './frame-pump.ts'
import { GroupMembers } from './group-members.ts'
import { GroupOwnSide } from './group-own-side.ts'
import { GroupProtection, type OpenedInGroup } from './group-protection.ts'
import { LevelMeter } from './level-meter.ts'
import { Looking } from './looking.ts'
import type { CapturedScreen, FromWorker, VideoLimits } from './messages.ts'
import { SendingRate } from './sending-rate.ts'
import { LEVEL_INTERVAL, SpeakingLevels } from './speaking-levels.ts'
import { Stage } from './stage.ts'
import { type MessageFromMain, Transport } from './transport.ts'
import { decodableCodecs, encodableCodecs } from './video-codec.ts'

export class GroupEngine {
  readonly camera: FramePump<VideoFrame>
  readonly microphone: FramePump<AudioData>
  readonly audioPlayout = new AudioPlayout()
  readonly stage = new Stage(() => this.#members.rearrange())
  readonly looking = new Looking((request) => this.#transport.ask(request))
  readonly #post: (message: FromWorker) => void
  readonly #limits: VideoLimits
  readonly #protection = new GroupProtection()
  readonly #transport: Transport<OpenedInGroup>
  readonly #rate: SendingRate
  readonly #selection = new CodecSelection()
  readonly #levels = new SpeakingLevels()
  readonly #members: GroupMembers
  /** From the moment when its SSRCs are known. */
  #own: GroupOwnSide | undefined
  #waitingScreen: CapturedScreen | undefined
  #decodable: readonly VideoCodec[] | undefined
  #wanted: readonly number[] | undefined
  #isMuted = true
  #isMetering = false
  #levelTimer: ReturnType<typeof setInterval> | undefined

  constructor(limits: VideoLimits, post: (message: FromWorker) => void) {
    this.#post = post
    this.#limits = limits
    this.#rate = new SendingRate(limits.maxBitrate, () => this.camera.isOn)
    this.#transport = new Transport(this.#protection, {
      arrived: (packet, arrivedAt) => this.looking.arrived(packet, arrivedAt),
      opened: (packet, now, arrivedAt) => this.#members.take(packet, now, arrivedAt),
      batchTaken: () => {
        this.#members.packetsTaken()
        this.looking.packetsTaken(() => this.#members.takeMissed())
      },
      message: (message) => this.#takeMessage(message),
      sent: (packets, now) => this.#rate.sent(packets, now),
      sentAgain: (bytes) => this.#rate.sentAgain(bytes),
      dropped: () => {
        this.#own?.pictures.requestKeyframes()
        this.#own?.screen.requestKeyframe()
      },
    })
    this.#members = new GroupMembers({
      speaker: this.audioPlayout,
      requests: {
        stalled: (member) => this.#transport.ask({ kind: 'stalled', member }),
        missing: (ssrc, lost) => {
          for (let at = 0; at < lost.length; at += MISSING_MAX) {
            this.#transport.ask({ kind: 'missing', ssrc, sequenceNumbers: lost.slice(at, at + MISSING_MAX) })
          }
        },
      },
      sinksOf: (member) => this.stage.sinksOf(member),
      listenerOf: (member) => ({
        size: (size) => post({ kind: 'member-video', member, size }),
        screenSize: (size) => post({ kind: 'member-screen', member, size }),
        failed: (codec) => this.#own?.reports.withdraw(codec),
        spoke: (level) => this.#levels.heard(member, level),
      }),
    })
    const meter = new LevelMeter((level) => post({ kind: 'level', level }))
    this.camera = new FramePump((frame, isFirst) => {
      if (this.#own === undefined) frame.close()
      else this.#own.pictures.take(frame, isFirst)
    })
    this.microphone = new FramePump((sound, isFirst) => {
      if (this.#isMetering) meter.take(sound)
      if (this.#own === undefined) sound.close()
      else this.#own.voice.take(sound, isFirst)
    })
    void encodableCodecs().then((codecs) => this.#selection.encodable(codecs))
    void decodableCodecs().then((codecs) => {
      this.#decodable = codecs
      this.#own?.reports.tellDecodable(codecs)
    })
  }

  attach(port: MessagePort): void {
    this.#transport.attach(port)
    this.#own?.reports.start()
    this.looking.tell()
    this.#levelTimer ??= setInterval(() => this.#tellLevels(), LEVEL_INTERVAL)
  }

  mute(muted: boolean): void {
    this.#isMuted = muted
    this.#own?.voice.mute(muted)
  }

  preferCodec(choice: VideoCodecChoice): void {
    this.#selection.prefer(choice)
  }

  /** Before this side is in the call, it waits for that: a call of two that becomes a group brings its screen along. */
  shareScreen(screen: CapturedScreen): void {
    this.#dropScreen()
    if (this.#own === undefined) this.#waitingScreen = screen
    else this.#own.shareScreen(screen)
  }

  endScreenSound(): void {
    if (this.#waitingScreen !== undefined) {
      void this.#waitingScreen.sound?.cancel()
      this.#waitingScreen = { ...this.#waitingScreen, sound: undefined }
    }
    this.#own?.screenSound.share(undefined)
  }

  endScreen(): void {
    this.#dropScreen()
    this.#own?.endScreen()
  }

  /** The own level is reported only while somebody looks. */
  meter(on: boolean): void {
    this.#isMetering = on
  }

  /** Erases all keys. What comes in afterwards is refused, and nothing goes out. */
  end(): void {
    this.#transport.end()
    this.#own?.close()
    this.#dropScreen()
    this.#members.close()
    clearInterval(this.#levelTimer)
    this.#levelTimer = undefined
  }

  close(): void {
    this.end()
    this.camera.use(undefined)
    this.microphone.use(undefined)
    this.stage.close()
    this.audioPlayout.close()
    this.#transport.close()
  }

  statistics(): GroupStatistics {
    const { refused, ...packets } = this.#transport.counters
    return {
      suite: this.#transport.suite,
      sending: this.#rate.statistics,
      roundTripMs: this.#rate.roundTrip,
      sent: {
        layers: this.#own?.pictures.counters ?? [],
        screen: this.#own?.screen.counters,
        soundMs: this.#own?.voice.sentMs ?? 0,
        soundBytes: this.#own?.voice.sentBytes ?? 0,
      },
      packets: { ...packets, refused: refused + this.#protection.expired },
      members: this.#members.statistics,
    }
  }

  #takeMessage(message: MessageFromMain): void {
    switch (message.kind) {
      case 'members':
        this.#setMembers(message)
        return
      case 'sending-keys':
        this.#protection.useToSend(message)
        return
      case 'member-keys':
        this.#transport.takeLate(this.#protection.useToReceive(message, performance.now()))
        return
      case 'drop-epochs':
        this.#protection.dropEpochs(message.before)
        return
      case 'wanted-layers':
        this.#wanted = message.layers
        this.#own?.pictures.want(message.layers)
        return
      case 'keyframe':
        this.#own?.pictures.requestKeyframeOf(message.layer)
        return
      case 'missing':
        this.#transport.sendAgain(message.ssrc, message.sequenceNumbers)
        return
      case 'arrivals':
        for (const packet of parseRtcp(message.report) ?? []) {
          if (packet.kind === 'congestion-feedback') this.#rate.reported(packet, performance.now())
        }
        return
      case 'end':
        this.end()
        return
      default:
        throw new Error(`a message for a 1:1 call: ${message.kind}`)
    }
  }

  #setMembers({ ownSsrcPrefix, others }: Extract<GroupFromMain, { kind: 'members' }>): void {
    this.#own ??= this.#enter(ownSsrcPrefix)
    this.#protection.setMembers(others)
    this.#members.set(others, this.#own.reports)
    this.#selectCodec()
  }

  #enter(ssrcPrefix: number): GroupOwnSide {
    const own = new GroupOwnSide({
      ssrcPrefix,
      transport: this.#transport,
      rate: this.#rate,
      selection: this.#selection,
      limits: this.#limits,
      decodableThere: (codecs, from) => {
        if (from !== undefined) from.decodable = codecs
        this.#selectCodec()
      },
    })
    own.voice.mute(this.#isMuted)
    if (this.#wanted !== undefined) own.pictures.want(this.#wanted)
    if (this.#decodable !== undefined) own.reports.tellDecodable(this.#decodable)
    own.reports.start()
    if (this.#waitingScreen !== undefined) own.shareScreen(this.#waitingScreen)
    this.#waitingScreen = undefined
    return own
  }

  #dropScreen(): void {
    void this.#waitingScreen?.frames.cancel()
    void this.#waitingScreen?.sound?.cancel()
    this.#waitingScreen = undefined
  }

  /** One that somebody does not decode is of no use: all get the same. */
  #selectCodec(): void {
    this.#selection.decodable(this.#members.decodable)
  }

  #tellLevels(): void {
    const levels = this.#levels.take()
    if (levels.length > 0) this.#post({ kind: 'levels', levels })
  }
}
