/**
 * What a group call's own side sends and what comes from each member, with how much it is a second. It can be passed on to others:
 * it names nobody, and members stand in it in the order in which they came.
 */
import type { Ms, UnixMs } from '../../../src-shared/base/time.ts'
import type { GroupProof, MemberId } from '../../../src-shared/ipc/group-view.ts'
import type { GroupStatistics, MemberStatistics } from '../../devices/group-session.ts'
import type { SendingStatistics, VideoCounters } from '../../devices/media-session.ts'

/** Readings, one a second, that figures a second are made of: over less they flicker. */
const READINGS = 3

/** Bits and frames a second, lately; `undefined` before there is anything to compare with. */
export interface Pace {
  readonly bitrate: number | undefined
  readonly framesPerSecond: number | undefined
}

export interface MemberReport extends MemberStatistics {
  readonly pace: { readonly video: Pace; readonly screen: Pace }
  /** Of its packets, lately. */
  readonly loss: number | undefined
}

export interface GroupReport {
  readonly suite: string | undefined
  readonly epoch: number | undefined
  readonly keysAgeMs: Ms | undefined
  readonly transport: GroupProof['transport']
  readonly sending: SendingStatistics
  readonly roundTripMs: number | undefined
  readonly sent: {
    /** The smallest first. */
    readonly layers: readonly (VideoCounters & Pace)[]
    readonly screen: (VideoCounters & Pace) | undefined
    readonly sound: { readonly sentMs: number; readonly bytes: number; readonly bitrate: number | undefined }
  }
  readonly packets: GroupStatistics['packets']
  readonly members: readonly MemberReport[]
}

/** What the statistics do not know of the call. */
export interface About {
  readonly proof: Pick<GroupProof, 'epoch' | 'keysSince' | 'transport'> | undefined
  readonly members: readonly MemberId[]
}

interface Reading {
  readonly at: UnixMs
  readonly statistics: GroupStatistics
}

export class GroupReports {
  #past: readonly Reading[] = []

  report(statistics: GroupStatistics, about: About, at: UnixMs): GroupReport {
    const first = this.#past.at(0)
    this.#past = [...this.#past, { at, statistics }].slice(-READINGS)
    return reportOf({ at, statistics }, first, about)
  }
}

function reportOf({ at, statistics }: Reading, first: Reading | undefined, { proof, members }: About): GroupReport {
  const { suite, sending, roundTripMs, packets, sent } = statistics
  const span = first === undefined ? 0 : at - first.at
  const before = first?.statistics
  return {
    suite,
    epoch: proof?.epoch,
    keysAgeMs: proof && at - proof.keysSince,
    transport: proof?.transport,
    sending,
    roundTripMs,
    sent: {
      layers: sent.layers.map((layer, i) => ({ ...layer, ...paceOf(layer, before?.sent.layers[i], 'frames', span) })),
      screen: sent.screen && { ...sent.screen, ...paceOf(sent.screen, before?.sent.screen, 'frames', span) },
      sound: {
        sentMs: sent.soundMs,
        bytes: sent.soundBytes,
        bitrate: perSecond(8 * sent.soundBytes, before && 8 * before.sent.soundBytes, span),
      },
    },
    packets,
    members: members.flatMap((id) => {
      const now = statistics.members[id]
      return now === undefined ? [] : [memberReport(now, before?.members[id], span)]
    }),
  }
}

function memberReport(now: MemberStatistics, before: MemberStatistics | undefined, span: Ms): MemberReport {
  const pace = (of: 'video' | 'screen') => paceOf(now[of], before?.[of], 'rendered', span)
  return { ...now, pace: { video: pace('video'), screen: pace('screen') }, loss: before && lossBetween(before, now) }
}

/** The share of packets that were lost in between; `undefined` if there were none. Those that came late after all lower it. */
export function lossBetween(
  before: Pick<MemberStatistics, 'lost' | 'received'>,
  now: Pick<MemberStatistics, 'lost' | 'received'>,
): number | undefined {
  const lost = Math.max(0, now.lost - before.lost)
  const all = lost + now.received - before.received
  return all > 0 ? lost / all : undefined
}

function paceOf<Counter extends 'frames' | 'rendered'>(
  now: VideoCounters & Readonly<Record<Counter, number>>,
  before: (VideoCounters & Readonly<Record<Counter, number>>) | undefined,
  frames: Counter,
  span: Ms,
): Pace {
  return {
    bitrate: perSecond(8 * now.bytes, before && 8 * before.bytes, span),
    framesPerSecond: perSecond(now[frames], before?.[frames], span),
  }
}

function perSecond(now: number, before: number | undefined, span: Ms): number | undefined {
  // Who came anew counts from zero again.
  return before === undefined || now < before || span <= 0 ? undefined : Math.round((1000 * (now - before)) / span)
}
