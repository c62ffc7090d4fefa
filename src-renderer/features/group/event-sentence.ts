/** What happened in a group call, in a sentence. Nothing for what is seen anyway. */
import type { EventKind, GroupEventLine } from '../../../src-shared/ipc/group-view.ts'
import type { MessageKey, Translate } from '../../app/language/translator.ts'

const sentences: Readonly<Record<EventKind, MessageKey | undefined>> = {
  joined: 'group.event.joined',
  returned: 'group.event.returned',
  left: 'group.event.left',
  lost: 'group.event.lost',
  removed: 'group.event.removed',
  'made-host': 'group.event.madeHost',
  'no-host': 'group.event.noHost',
  'trust-refused': 'group.event.refused',
  fork: 'group.event.fork',
  withheld: 'group.event.withheld',
  unconfirmed: undefined,
  confirmed: undefined,
  'room-forked': 'group.event.roomForked',
  hand: undefined,
}
const ofOneself: Partial<Record<EventKind, MessageKey>> = {
  'made-host': 'group.event.youHost',
  'no-host': 'group.event.youNoHost',
}

export function eventSentence({ kind, who, by }: GroupEventLine, t: Translate): string | undefined {
  const key =
    who === undefined ? (ofOneself[kind] ?? (kind === 'room-forked' ? sentences[kind] : undefined)) : sentences[kind]
  return key && t(key, { name: who?.name ?? '', by: by?.name ?? '' })
}
