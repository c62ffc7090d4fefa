/**
 * The media of a participant without windows: a clip goes out through the app's own senders, reports and protection, and what comes
 * in is opened and put together to whole frames, but neither decoded nor shown.
 */
import { GroupProtection, type OpenedInGroup } from '../../src-renderer/media-worker/group-protection.ts'
import { Reception } from '../../src-renderer/media-worker/reception.ts'
import { SentPackets } from '../../src-renderer/media-worker/repair.ts'
import { Reports } from '../../src-renderer/media-worker/reports.ts'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { FromMain, GroupFromWorker } from '../../src-shared/ipc/media-port.ts'
import type { MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import { splitPackets } from '../../src-shared/ipc/packet-batch.ts'
import { ForwardedStream } from '../../src-shared/media/forwarded-stream.ts'
import { LayeredVideoReceiver } from '../../src-shared/media/layered-video-receiver.ts'
import { AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE } from '../../src-shared/media/payload-types.ts'
import { parseRtp } from '../../src-shared/media/rtp.ts'
import { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { GroupSsrcs } from '../../src-shared/media/ssrc.ts'
import type { Clip, ClipFrame } from './clip.ts'

/** What came of one other member. */
export interface MemberMedia {
  readonly packets: number
  readonly soundPackets: number
  /** Whole, with all that they refer to: a decoder would show them. */
  readonly frames: number
  readonly framesDropped: number
}

export interface MediaCounters {
  readonly sent: number
  /** Packets that did not authenticate, or whose key never came. */
  readonly refused: number
  readonly members: Readonly<Record<MemberId, MemberMedia>>
}

export interface MediaOutlet {
  send(packets: readonly Bytes[]): void
  ask(request: GroupFromWorker): void
}

const TICK_MS = 10
/** What is later than this after the process stood still is not made up for in one heap. A camera's pictures are late as well. */
const LATE_MS = { audio: 100, video: 1000 } as const
const LAYERS = 2

class Member {
  readonly reception = new Reception({ senderReport: () => undefined })
  readonly #id: MemberId
  readonly #outlet: MediaOutlet
  readonly #pictures = new LayeredVideoReceiver()
  readonly #forwarded = { audio: new ForwardedStream(), video: new ForwardedStream() }
  #packets = 0
  #soundPackets = 0
  #frames = 0

  constructor(id: MemberId, outlet: MediaOutlet) {
    this.#id = id
    this.#outlet = outlet
  }

  get counters(): MemberMedia {
    return {
      packets: this.#packets,
      soundPackets: this.#soundPackets,
      frames: this.#frames,
      framesDropped: this.#pictures.statistics.framesDropped,
    }
  }

  take({ kind, packet }: OpenedInGroup, now: number): void {
    // It looks at nobody's screen.
    if (kind === 'screen' || kind === 'screenSound') return
    const rtp = parseRtp(packet)
    if (rtp === undefined) return
    this.#packets += 1
    this.reception.received(kind, rtp, now, this.#forwarded[kind].leftOutBefore(rtp, now))
    if (kind === 'audio') this.#soundPackets += 1
    else this.#pictures.insert(rtp, now)
  }

  poll(now: number): void {
    this.#frames += this.#pictures.poll(now).length
    if (this.#pictures.takeKeyframeRequest(now, undefined)) this.#outlet.ask({ kind: 'stalled', member: this.#id })
  }
}

/** The streams of one stay. */
interface Own {
  readonly audio: RtpSender
  readonly layers: readonly RtpSender[]
  readonly reports: Reports
  /** Layers that go on: since their last keyframe nothing was left out. */
  readonly running: Set<number>
  readonly sent: Map<number, SentPackets>
}

export class HeadlessMedia {
  readonly #clip: Clip
  readonly #random: RandomBytes
  readonly #outlet: MediaOutlet
  readonly #protection = new GroupProtection()
  readonly #members = new Map<MemberId, Member>()
  readonly #begin = performance.now()
  readonly #timer: NodeJS.Timeout
  #own: Own | undefined
  #choice: Pick<MediaChoice, 'audio' | 'video'>
  #wanted: readonly number[] = []
  /** Frames of the clip that were due, over all rounds. */
  #played = 0
  #sent = 0
  #refused = 0

  constructor(
    clip: Clip,
    random: RandomBytes,
    outlet: MediaOutlet,
    choice: Pick<MediaChoice, 'audio' | 'video'> = { audio: true, video: true },
  ) {
    this.#clip = clip
    this.#choice = choice
    this.#random = random
    this.#outlet = outlet
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  get counters(): MediaCounters {
    const members = [...this.#members].map(([id, member]) => [id, member.counters] as const)
    return { sent: this.#sent, refused: this.#refused + this.#protection.expired, members: Object.fromEntries(members) }
  }

  /** What of the clip goes out from now on; pictures from their next keyframe on. */
  choose(choice: Pick<MediaChoice, 'audio' | 'video'>): void {
    this.#choice = choice
  }

  take(message: FromMain): void {
    switch (message.kind) {
      case 'packets':
        this.#open(splitPackets(message.batch) ?? [])
        return
      case 'members':
        this.#setMembers(message.ownSsrcPrefix, message.others)
        return
      case 'sending-keys':
        this.#protection.useToSend(message)
        return
      case 'member-keys':
        this.#open(this.#protection.useToReceive(message, performance.now()))
        return
      case 'drop-epochs':
        this.#protection.dropEpochs(message.before)
        return
      case 'wanted-layers':
        this.#wanted = message.layers
        return
      case 'missing':
        this.#sendAgain(message.ssrc, message.sequenceNumbers)
        return
      case 'end':
        this.stop()
        return
      default:
      // A keyframe: the clip has one every second and a half.
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#own?.reports.stop()
    this.#protection.erase()
  }

  #setMembers(prefix: number, others: readonly { readonly id: MemberId; readonly ssrcPrefix: number }[]): void {
    this.#own ??= this.#enter(prefix)
    this.#protection.setMembers(others)
    const ids = new Set(others.map(({ id }) => id))
    for (const [id, member] of this.#members) {
      if (ids.has(id)) continue
      this.#own.reports.remove(member.reception)
      this.#members.delete(id)
    }
    for (const id of ids) {
      if (this.#members.has(id)) continue
      const member = new Member(id, this.#outlet)
      this.#members.set(id, member)
      this.#own.reports.add(member.reception)
    }
    this.#outlet.ask({ kind: 'look', downlink: 0, pictures: [...ids].map((member) => ({ member, layer: 0 })) })
  }

  #enter(prefix: number): Own {
    const random = this.#random
    const ssrcs = new GroupSsrcs(prefix, random)
    const audio = new RtpSender({ ssrc: ssrcs.next('audio'), clockRate: AUDIO_CLOCK_RATE, random })
    const lowest = new RtpSender({ ssrc: ssrcs.next('video'), clockRate: VIDEO_CLOCK_RATE, random })
    const { timestampOffset } = lowest
    const upper = Array.from(
      { length: LAYERS - 1 },
      () => new RtpSender({ ssrc: ssrcs.next('video'), clockRate: VIDEO_CLOCK_RATE, random, timestampOffset }),
    )
    const screen = new RtpSender({ ssrc: ssrcs.next('screen'), clockRate: VIDEO_CLOCK_RATE, random })
    const screenSound = new RtpSender({ ssrc: ssrcs.next('screenSound'), clockRate: AUDIO_CLOCK_RATE, random })
    const reports = new Reports(
      { audio, video: lowest, screen, screenSound, upper },
      {
        send: (kind, compound) => {
          if (this.#protection.canSend) this.#outlet.send([this.#protection.protectRtcp(kind, compound)])
        },
        decodableThere: () => undefined,
      },
    )
    reports.tellDecodable(['VP8'])
    reports.start()
    return { audio, layers: [lowest, ...upper], reports, running: new Set(), sent: new Map() }
  }

  #open(packets: readonly Uint8Array[]): void {
    const now = performance.now()
    for (const packet of packets) {
      const opened = this.#protection.open(packet, now)
      if (!opened.ok) {
        if (opened.reason !== 'waiting' && opened.reason !== 'replayed') this.#refused += 1
        continue
      }
      const { from, kind, rtcp } = opened.value
      const member = this.#members.get(from)
      if (!rtcp) member?.take(opened.value, now)
      else this.#own?.reports.take(kind, opened.value.packet, now, member?.reception)
    }
  }

  #tick(): void {
    const now = performance.now()
    for (const member of this.#members.values()) member.poll(now)
    const { frames, duration } = this.#clip
    const elapsed = now - this.#begin
    for (;;) {
      const round = Math.floor(this.#played / frames.length)
      const frame = frames[this.#played % frames.length]
      if (frame === undefined || round * duration + frame.at > elapsed) return
      this.#played += 1
      if (elapsed - (round * duration + frame.at) < LATE_MS[frame.kind]) this.#play(frame, round * duration)
      else if (frame.kind === 'video') this.#own?.running.clear()
    }
  }

  #play({ kind, layer, keyframe, payloadType, payloads, timestampUs, extensions }: ClipFrame, since: number): void {
    const own = this.#own
    const sender = kind === 'audio' ? own?.audio : own?.layers[layer]
    if (own === undefined || sender === undefined || !this.#choice[kind] || !this.#protection.canSend) return
    if (kind === 'video') {
      if (!this.#wanted.includes(layer)) own.running.delete(layer)
      else if (keyframe) own.running.add(layer)
      if (!own.running.has(layer)) return
    }
    const at = since + timestampUs / 1000
    const packets = sender
      .packets({
        payloadType,
        payloads,
        timestampUs: at * 1000,
        capturedAt: this.#begin + at,
        marker: kind === 'video',
        extensions,
      })
      .map((packet) => this.#protection.protectRtp(kind, packet))
    if (kind === 'video') {
      const sent = own.sent.get(sender.ssrc) ?? new SentPackets()
      own.sent.set(sender.ssrc, sent)
      sent.remember(packets, performance.now())
    }
    this.#sent += packets.length
    this.#outlet.send(packets)
  }

  #sendAgain(ssrc: number, sequenceNumbers: readonly number[]): void {
    const packets = this.#own?.sent.get(ssrc)?.find(sequenceNumbers, performance.now(), () => true) ?? []
    if (packets.length > 0) this.#outlet.send(packets)
  }
}
