/** The own side of a group call: voice, layers of the picture, and what is said about the others' streams. */
import { forwardingElements } from '../../src-shared/media/forwarding.ts'
import { AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE, type VideoCodec } from '../../src-shared/media/payload-types.ts'
import { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { GroupSsrcs } from '../../src-shared/media/ssrc.ts'
import { AudioLevelMeter } from './audio-level.ts'
import { AudioSender, VOICE } from './audio-sender.ts'
import type { CodecSelection } from './codec-selection.ts'
import type { OpenedInGroup } from './group-protection.ts'
import { LAYER_HEIGHTS } from './layer-plan.ts'
import type { CapturedScreen, VideoLimits } from './messages.ts'
import { randomBytes } from './random.ts'
import type { SendingRate } from './sending-rate.ts'
import type { Reception } from './reception.ts'
import { Reports } from './reports.ts'
import { ScreenSender } from './screen-sender.ts'
import { ScreenSoundSender } from './screen-sound-sender.ts'
import { Simulcast } from './simulcast.ts'
import type { Transport } from './transport.ts'

export interface OwnSideOptions {
  readonly ssrcPrefix: number
  readonly transport: Transport<OpenedInGroup>
  readonly rate: SendingRate
  readonly selection: CodecSelection
  readonly limits: VideoLimits
  readonly decodableThere: (codecs: readonly VideoCodec[], from: Reception | undefined) => void
}

export class GroupOwnSide {
  readonly voice: AudioSender
  readonly pictures: Simulcast
  readonly screen: ScreenSender
  readonly screenSound: ScreenSoundSender
  readonly reports: Reports

  constructor({ ssrcPrefix, transport, rate, selection, limits, decodableThere }: OwnSideOptions) {
    const ssrcs = new GroupSsrcs(ssrcPrefix, randomBytes)
    const audio = soundStream(ssrcs, 'audio')
    const lowest = pictureStream(ssrcs, 'video')
    const upper = LAYER_HEIGHTS.slice(1).map(() => pictureStream(ssrcs, 'video', lowest.timestampOffset))
    const screen = pictureStream(ssrcs, 'screen')
    const screenSound = soundStream(ssrcs, 'screenSound')
    this.reports = new Reports(
      { audio, video: lowest, screen, screenSound, upper },
      {
        send: (kind, compound) => transport.sendReport(kind, compound),
        decodableThere,
        // For lost packets, and keyframes of the camera's layers, the relay asks, in the name of all. A screen is one stream for
        // all, and whoever cannot go on with it says so itself.
        keyframeRequested: (ssrc) => {
          if (ssrc === screen.ssrc) this.screen.requestKeyframe()
        },
      },
    )
    const meter = new AudioLevelMeter()
    this.voice = new AudioSender(audio, VOICE, {
      isOpen: () => transport.isOpen,
      send: (packets) => transport.sendSound('audio', packets),
      redundancy: () => rate.redundancy,
      describe: (sound) => forwardingElements({ audioLevel: meter.measure(sound) }),
    })
    this.pictures = new Simulcast([lowest, ...upper], rate, selection, limits, {
      isOpen: () => transport.isOpen,
      send: (ssrc, packets) => transport.sendPicture(ssrc, packets, rate.pacing),
    })
    this.screen = new ScreenSender(
      { stream: screen, rate, selection, describe: () => forwardingElements({}) },
      {
        isOpen: () => transport.isOpen,
        send: (packets) => transport.sendPicture(screen.ssrc, packets, rate.pacing),
      },
    )
    this.screenSound = new ScreenSoundSender(screenSound, rate, {
      isOpen: () => transport.isOpen,
      send: (packets) => transport.sendSound('screenSound', packets),
      describe: () => forwardingElements({}),
    })
  }

  shareScreen({ frames, sound, content }: CapturedScreen): void {
    this.screen.share(frames, content)
    this.screenSound.share(sound)
  }

  endScreen(): void {
    this.screen.end()
    this.screenSound.share(undefined)
  }

  close(): void {
    this.reports.stop()
    this.voice.close()
    this.endScreen()
    this.pictures.close()
  }
}

function soundStream(ssrcs: GroupSsrcs, kind: 'audio' | 'screenSound'): RtpSender {
  return new RtpSender({ ssrc: ssrcs.next(kind), clockRate: AUDIO_CLOCK_RATE, random: randomBytes })
}

function pictureStream(ssrcs: GroupSsrcs, kind: 'video' | 'screen', timestampOffset?: number): RtpSender {
  return new RtpSender({
    ssrc: ssrcs.next(kind),
    clockRate: VIDEO_CLOCK_RATE,
    random: randomBytes,
    ...(timestampOffset === undefined ? {} : { timestampOffset }),
  })
}
