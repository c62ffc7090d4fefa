/** The measurements of a call as a table that can be read. */
import type { CallStatistics, VideoCounters } from '../../devices/media-session.ts'
import type { MessageKey, Translate } from '../../app/language/translator.ts'

export interface Group {
  readonly title: MessageKey
  readonly rows: readonly { readonly label: MessageKey; readonly value: string }[]
}

export function statisticsGroups(statistics: CallStatistics, t: Translate, locale: string): readonly Group[] {
  const { video, screen, audio, packets } = statistics
  const none = t('stats.none')
  const number = (value: number) => formatOf(locale, undefined, 0).format(value)
  const unit = (unit: string, value: number | undefined, digits = 0) =>
    value === undefined ? none : formatOf(locale, unit, digits).format(value)
  const ms = (value: number | undefined) => unit('millisecond', value)
  const percent = (share: number) => unit('percent', Math.round(1000 * share) / 10, 1)
  const seconds = (value: number) => t('time.seconds', { seconds: Math.round(value / 100) / 10 })
  const counters = ({ codec, width, height, frames, keyframes, bytes }: VideoCounters) =>
    [
      { label: 'stats.codec', value: codec ?? none },
      { label: 'stats.size', value: width > 0 ? t('stats.size.value', { width, height }) : none },
      { label: 'stats.frames', value: number(frames) },
      { label: 'stats.keyframes', value: number(keyframes) },
      { label: 'stats.bytes', value: unit('megabyte', bytes / 1e6, 1) },
    ] as const
  return [
    {
      title: 'stats.group.connection',
      rows: [
        { label: 'stats.roundTrip', value: ms(statistics.roundTripMs) },
        { label: 'stats.available', value: unit('kilobit-per-second', statistics.sending.availableBitrate / 1000) },
        { label: 'stats.sendingLoss', value: percent(statistics.sending.loss) },
        { label: 'stats.packetsSent', value: number(packets.sent) },
        { label: 'stats.packetsReceived', value: number(packets.received) },
        { label: 'stats.packetsLost', value: number(packets.lost) },
        { label: 'stats.packetsRepeated', value: number(packets.repeated) },
        { label: 'stats.packetsRefused', value: number(packets.refused) },
        { label: 'stats.packetsDropped', value: number(packets.dropped) },
      ],
    },
    {
      title: 'stats.group.videoReceived',
      rows: [
        ...counters(video.received),
        { label: 'stats.rendered', value: number(video.received.rendered) },
        {
          label: 'stats.freezes',
          value: t('stats.freezes.value', { count: video.received.freezes, time: seconds(video.received.freezeMs) }),
        },
        { label: 'stats.skew', value: ms(statistics.audioVideoSkewMs) },
      ],
    },
    {
      title: 'stats.group.videoSent',
      rows: [...counters(video.sent), { label: 'stats.keyframesRequested', value: number(video.keyframesRequested) }],
    },
    ...(screen.received.codec === undefined
      ? []
      : [
          {
            title: 'stats.group.screenReceived' as const,
            rows: [
              ...counters(screen.received),
              { label: 'stats.rendered' as const, value: number(screen.received.rendered) },
            ],
          },
        ]),
    ...(screen.sent.codec === undefined
      ? []
      : [{ title: 'stats.group.screenSent' as const, rows: counters(screen.sent) }]),
    {
      title: 'stats.group.audio',
      rows: [
        { label: 'stats.audioSent', value: seconds(audio.sentMs) },
        { label: 'stats.audioPlayed', value: seconds(audio.playedMs) },
        { label: 'stats.audioConcealed', value: seconds(audio.concealedMs) },
        { label: 'stats.audioBuffer', value: ms(audio.bufferMs) },
      ],
    },
  ]
}

/** Making one takes a hundred times as long as using it, and the table is made anew every second of a call. */
const formats = new Map<string, Intl.NumberFormat>()

function formatOf(locale: string, unit: string | undefined, digits: number): Intl.NumberFormat {
  const key = [locale, unit, digits].join()
  const known = formats.get(key)
  if (known !== undefined) return known
  const made = new Intl.NumberFormat(locale, {
    ...(unit === undefined ? {} : { style: 'unit', unit }),
    maximumFractionDigits: digits,
  })
  formats.set(key, made)
  return made
}
