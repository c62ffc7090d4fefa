/** The measurements of a group call as a table that can be read. */
import type { MessageKey, Translate } from '../../app/language/translator.ts'
import type { VideoCounters } from '../../devices/media-session.ts'
import { type FigureGroup, type FigureRow, Figures } from '../call/figures.ts'
import { elapsed } from '../time/format-time.ts'
import type { GroupReport, MemberReport, Pace } from './group-report.ts'

const LAYERS = ['stats.layer.small', 'stats.layer.middle', 'stats.layer.large'] as const
const TRANSPORTS = { udp: 'stats.relay.udp', websocket: 'stats.relay.websocket' } as const satisfies Record<
  string,
  MessageKey
>

/** `names`: of the members, as the report has them. */
export function groupFigures(
  report: GroupReport,
  names: readonly string[],
  t: Translate,
  locale: string,
): readonly FigureGroup[] {
  const figures = new Figures(t, locale)
  return [
    ownConnection(report, figures, t),
    ownMedia(report, figures, t),
    ...report.members.map((member, i) => ({
      id: String(i),
      title: t('stats.group.from', { name: names[i] ?? '' }),
      rows: memberRows(member, figures, t),
    })),
  ]
}

function ownConnection(report: GroupReport, figures: Figures, t: Translate): FigureGroup {
  const { transport, sending, packets, epoch, keysAgeMs } = report
  return {
    id: 'connection',
    title: t('stats.group.connection'),
    rows: [
      { label: 'stats.relay', value: transport === undefined ? figures.none : t(TRANSPORTS[transport]) },
      { label: 'stats.suite', value: report.suite ?? figures.none },
      { label: 'stats.epoch', value: epoch === undefined ? figures.none : figures.number(epoch) },
      { label: 'proof.keyAge', value: keysAgeMs === undefined ? figures.none : elapsed(keysAgeMs) },
      { label: 'stats.roundTrip', value: figures.ms(report.roundTripMs) },
      { label: 'stats.available', value: figures.bitrate(sending.availableBitrate) },
      { label: 'stats.sendingLoss', value: figures.percent(sending.loss) },
      { label: 'stats.packetsSent', value: figures.number(packets.sent) },
      { label: 'stats.packetsReceived', value: figures.number(packets.received) },
      { label: 'stats.packetsRepeated', value: figures.number(packets.repeated) },
      { label: 'stats.packetsRefused', value: figures.number(packets.refused) },
      { label: 'stats.packetsDropped', value: figures.number(packets.dropped) },
    ],
  }
}

function ownMedia({ sent }: GroupReport, figures: Figures, t: Translate): FigureGroup {
  const codec = sent.layers.find((layer) => layer.codec !== undefined)?.codec
  const sound = sent.sound.bitrate === 0 ? t('stats.notSent') : figures.bitrate(sent.sound.bitrate)
  return {
    id: 'sent',
    title: t('stats.group.sent'),
    rows: [
      { label: 'stats.codec', value: codec ?? figures.none },
      ...LAYERS.flatMap((label, layer): readonly FigureRow[] => {
        const picture = sent.layers[layer]
        return picture === undefined ? [] : [{ label, value: pictureFigure(picture, picture, figures, t) }]
      }),
      ...(sent.screen === undefined || sent.screen.width === 0
        ? []
        : [{ label: 'stats.screen' as const, value: pictureFigure(sent.screen, sent.screen, figures, t) }]),
      { label: 'stats.sound', value: sound },
    ],
  }
}

function memberRows(member: MemberReport, figures: Figures, t: Translate): readonly FigureRow[] {
  const { video, screen, audio, pace, loss, lost, layer } = member
  const label = LAYERS[layer ?? -1]
  return [
    { label: 'stats.picture', value: pictureFigure(video, pace.video, figures, t) },
    { label: 'stats.layer', value: label === undefined || pace.video.bitrate === 0 ? figures.none : t(label) },
    { label: 'stats.freezes', value: figures.freezes(video) },
    ...(screen.width === 0
      ? []
      : [{ label: 'stats.screen' as const, value: pictureFigure(screen, pace.screen, figures, t) }]),
    { label: 'stats.audioPlayed', value: figures.seconds(audio.playedMs) },
    { label: 'stats.audioConcealed', value: figures.seconds(audio.concealedMs) },
    { label: 'stats.audioBuffer', value: figures.ms(audio.bufferMs) },
    {
      label: 'stats.packetsLost',
      value: t('stats.packetsLost.value', { count: lost, share: figures.percent(loss) }),
    },
  ]
}

/** Its size, how many frames a second, and the bitrate. */
function pictureFigure(
  picture: VideoCounters,
  { bitrate, framesPerSecond }: Pace,
  figures: Figures,
  t: Translate,
): string {
  if (picture.width === 0 || bitrate === 0) return t('stats.notSent')
  if (framesPerSecond === undefined) return figures.size(picture)
  return t('stats.picture.value', {
    size: figures.size(picture),
    frames: framesPerSecond,
    bitrate: figures.bitrate(bitrate),
  })
}
