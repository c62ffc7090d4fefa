/**
 * Whose connection is the reason why a group hears and sees each other badly. All packets come through the relay: what most members'
 * streams lose, they lose on the own way from there; what one member's alone loses, it loses on its way there.
 */
import type { MemberId } from '../../../src-shared/ipc/group-view.ts'
import type { GroupStatistics } from '../../devices/group-session.ts'
import { ReceivingQuality, SendingQuality } from '../call/connection-quality.ts'

/** Which of the own ways is weak, or whose connection. */
export type GroupWeakness =
  | { readonly side: 'own'; readonly way: 'there' | 'here' | 'both' }
  | { readonly side: 'theirs'; readonly member: MemberId }

type Measured = Pick<GroupStatistics, 'sending'> & {
  readonly members: Readonly<Record<MemberId, { readonly lost: number; readonly received: number }>>
}

export class GroupQuality {
  readonly #sending = new SendingQuality()
  readonly #receiving = new Map<MemberId, ReceivingQuality>()

  /** Takes the counters up to now. */
  measured({ sending, members }: Measured): GroupWeakness | undefined {
    const isSendingWeak = this.#sending.measured(sending)
    for (const id of this.#receiving.keys()) if (members[id] === undefined) this.#receiving.delete(id)
    const counted = Object.entries(members)
    const weak = counted.flatMap(([id, packets]) => (this.#of(id).measured(packets) ? [id] : []))
    // Where there is only one member, there is nobody to compare with: theirs is the likelier reason, as in a call of two.
    const isReceivingWeak = counted.length > 1 && 2 * weak.length > counted.length
    if (isReceivingWeak) return { side: 'own', way: isSendingWeak ? 'both' : 'here' }
    if (isSendingWeak) return { side: 'own', way: 'there' }
    const [member] = weak
    return member === undefined ? undefined : { side: 'theirs', member }
  }

  #of(member: MemberId): ReceivingQuality {
    const known = this.#receiving.get(member)
    if (known !== undefined) return known
    const made = new ReceivingQuality()
    this.#receiving.set(member, made)
    return made
  }
}
