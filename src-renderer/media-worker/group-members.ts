/** The other members of a group as this computer hears and sees them: one `RemoteParty` for each stay in the call. */
import type { Ms } from '../../src-shared/base/time.ts'
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { GroupMember } from '../../src-shared/ipc/media-port.ts'
import { LayeredVideoReceiver } from '../../src-shared/media/layered-video-receiver.ts'
import { VIDEO_CODECS, type VideoCodec } from '../../src-shared/media/payload-types.ts'
import { kindOfSsrc } from '../../src-shared/media/ssrc.ts'
import type { MemberStatistics } from '../devices/group-session.ts'
import type { AudioPlayout } from './audio-playout.ts'
import type { OpenedInGroup } from './group-protection.ts'
import { type RemoteListener, RemoteParty, type RemoteSinks } from './remote-party.ts'
import type { Reports } from './reports.ts'

interface Present {
  readonly ssrcPrefix: number
  readonly party: RemoteParty
}

export interface MembersOptions {
  readonly speaker: AudioPlayout
  readonly requests: { stalled(member: MemberId): void; missing(ssrc: number, lost: readonly number[]): void }
  readonly sinksOf: (member: MemberId) => RemoteSinks
  readonly listenerOf: (member: MemberId) => RemoteListener
}

export class GroupMembers {
  readonly #options: MembersOptions
  readonly #present = new Map<MemberId, Present>()
  /** Got packets since `packetsTaken`. */
  readonly #served = new Set<RemoteParty>()

  constructor(options: MembersOptions) {
    this.#options = options
  }

  get statistics(): Readonly<Record<MemberId, MemberStatistics>> {
    return Object.fromEntries([...this.#present].map(([id, { party }]) => [id, party.statistics]))
  }

  /** The formats of pictures that all of them decode, as far as they said. */
  get decodable(): readonly VideoCodec[] {
    const parties = [...this.#present.values()]
    return VIDEO_CODECS.filter((codec) => parties.every(({ party }) => party.reception.decodable.includes(codec)))
  }

  /** Who is in from now on. */
  set(members: readonly GroupMember[], reports: Reports): void {
    const stays = new Map(members.map(({ id, ssrcPrefix }) => [id, ssrcPrefix]))
    for (const [id, { ssrcPrefix, party }] of this.#present) {
      if (stays.get(id) === ssrcPrefix) continue
      party.close()
      this.#present.delete(id)
    }
    for (const { id, ssrcPrefix, media } of members) {
      const present = this.#present.get(id) ?? { ssrcPrefix, party: this.#enter(id, reports) }
      this.#present.set(id, present)
      present.party.setOn(media)
    }
  }

  take(packet: OpenedInGroup, now: Ms, arrivedAt: Ms): void {
    const present = this.#present.get(packet.from)
    if (present === undefined) return
    present.party.take(packet, now, arrivedAt)
    this.#served.add(present.party)
  }

  packetsTaken(): void {
    for (const party of this.#served) party.packetsTaken()
    this.#served.clear()
  }

  /** Of all members' pictures, since the last call of this. */
  takeMissed(): number {
    return [...this.#present.values()].reduce((sum, { party }) => sum + party.takeMissed(), 0)
  }

  /** Members are shown elsewhere now. */
  rearrange(): void {
    for (const [id, { party }] of this.#present) party.show(this.#options.sinksOf(id))
  }

  close(): void {
    for (const { party } of this.#present.values()) party.close()
    this.#present.clear()
  }

  #enter(id: MemberId, reports: Reports): RemoteParty {
    const { speaker, requests, sinksOf, listenerOf } = this.#options
    const pictureRequests = {
      requestKeyframe: (ssrc: number) => {
        // Of a camera the relay asks for the layer that comes here; a screen is asked of its sender.
        if (kindOfSsrc(ssrc) === 'screen') reports.requestKeyframe(ssrc)
        else requests.stalled(id)
      },
      requestPackets: (ssrc: number, lost: readonly number[]) => requests.missing(ssrc, lost),
    }
    const streams = { reports, pictureRequests, speaker, pictures: new LayeredVideoReceiver(), forwarded: true }
    const party = new RemoteParty(sinksOf(id), streams, listenerOf(id))
    party.start()
    return party
  }
}
