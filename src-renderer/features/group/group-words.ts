/** How it stands with a group's call, in a sentence. */
import type { GroupView } from '../../../src-shared/ipc/group-view.ts'
import type { MessageKey, Translate } from '../../app/language/translator.ts'
import type { GroupWeakness } from './group-quality.ts'

const PAUSES: Readonly<Record<NonNullable<GroupView['paused']>, MessageKey>> = {
  unconfirmed: 'group.paused.unconfirmed',
  trouble: 'group.paused.trouble',
  forked: 'group.paused.forked',
}

const WEAK = { there: 'group.weak.there', here: 'group.weak.here', both: 'group.weak.both' } as const

/** Where there is nobody to look at. */
export function stateSentence(group: GroupView, t: Translate): string {
  const { phase, invitees, link } = group
  switch (phase.kind) {
    case 'calling':
      if (invitees.length > 0) return t('group.calling', { count: invitees.length })
      return t(link === undefined ? 'group.alone' : 'group.waiting')
    case 'knocking':
      return t('group.knocking', { name: phase.at.name })
    case 'joining':
      return t('group.joining')
    case 'reconnecting':
      return t('call.reconnecting')
    default:
      return t('group.alone')
  }
}

/** Why nothing is sent; `undefined` while it is. */
export function pauseSentence({ paused }: GroupView, t: Translate): string | undefined {
  return paused === undefined ? undefined : t(PAUSES[paused])
}

export function weakSentence(weakness: GroupWeakness | undefined, group: GroupView, t: Translate): string | undefined {
  if (weakness?.side === 'own') return t(WEAK[weakness.way])
  const name = group.members.find(({ id }) => id === weakness?.member)?.name
  return name === undefined ? undefined : t('call.weak.theirs', { name })
}

/** Of all members together, as the head of the call shows it. */
export function groupVerification({ paused, members }: GroupView): 'key-changed' | 'verified' | 'unverified' {
  if (paused === 'forked' || members.some(({ verification }) => verification === 'key-changed')) return 'key-changed'
  const isVerified = members.length > 0 && members.every(({ verification }) => verification === 'verified')
  return isVerified ? 'verified' : 'unverified'
}
