/** The measurements of a call as a table that can be read. */
import type { CallStatistics, VideoCounters } from '../../devices/media-session.ts'
import type { MessageKey, Translate } from '../../app/language/translator.ts'
import { type FigureGroup, type FigureRow, Figures } from './figures.ts'

const LIMITS = { network: 'stats.limitedBy.network', computer: 'stats.limitedBy.computer' } as const

export function statisticsGroups(statistics: CallStatistics, t: Translate, locale: string): readonly FigureGroup[] {
  const { video, screen, audio, packets } = statistics
  const limit = video.sent.limitedBy
  const figures = new Figures(t, locale)
  const group = (title: MessageKey, rows: readonly FigureRow[]): FigureGroup => ({ id: title, title: t(title), rows })
  const counters = (of: VideoCounters) =>
    [
      { label: 'stats.codec', value: of.codec ?? figures.none },
      { label: 'stats.size', value: figures.size(of) },
      { label: 'stats.frames', value: figures.number(of.frames) },
      { label: 'stats.keyframes', value: figures.number(of.keyframes) },
      { label: 'stats.bytes', value: figures.megabytes(of.bytes) },
    ] as const
  return [
    group('stats.group.connection', [
      { label: 'stats.roundTrip', value: figures.ms(statistics.roundTripMs) },
      { label: 'stats.available', value: figures.bitrate(statistics.sending.availableBitrate) },
      { label: 'stats.sendingLoss', value: figures.percent(statistics.sending.loss) },
      { label: 'stats.packetsSent', value: figures.number(packets.sent) },
      { label: 'stats.packetsReceived', value: figures.number(packets.received) },
      { label: 'stats.packetsLost', value: figures.number(packets.lost) },
      { label: 'stats.packetsRepeated', value: figures.number(packets.repeated) },
      { label: 'stats.packetsRefused', value: figures.number(packets.refused) },
      { label: 'stats.packetsDropped', value: figures.number(packets.dropped) },
    ]),
    group('stats.group.videoReceived', [
      ...counters(video.received),
      { label: 'stats.rendered', value: figures.number(video.received.rendered) },
      {
        label: 'stats.freezes',
        value: figures.freezes(video.received),
      },
      { label: 'stats.skew', value: figures.ms(statistics.audioVideoSkewMs) },
    ]),
    group('stats.group.videoSent', [
      ...counters(video.sent),
      { label: 'stats.limitedBy', value: limit === undefined ? figures.none : t(LIMITS[limit]) },
      { label: 'stats.keyframesRequested', value: figures.number(video.keyframesRequested) },
    ]),
    ...(screen.received.codec === undefined
      ? []
      : [
          group('stats.group.screenReceived', [
            ...counters(screen.received),
            { label: 'stats.rendered', value: figures.number(screen.received.rendered) },
          ]),
        ]),
    ...(screen.sent.codec === undefined ? [] : [group('stats.group.screenSent', counters(screen.sent))]),
    group('stats.group.audio', [
      { label: 'stats.audioSent', value: figures.seconds(audio.sentMs) },
      { label: 'stats.audioPlayed', value: figures.seconds(audio.playedMs) },
      { label: 'stats.audioConcealed', value: figures.seconds(audio.concealedMs) },
      { label: 'stats.audioBuffer', value: figures.ms(audio.bufferMs) },
    ]),
  ]
}
