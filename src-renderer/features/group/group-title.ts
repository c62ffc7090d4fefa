/** What a group call is called: by those who are in it, or are called to it. */
import type { GroupView } from '../../../src-shared/ipc/group-view.ts'
import type { Translate } from '../../app/language/translator.ts'

/** Names that are said singly. */
const NAMED = 2

export function groupTitle(
  group: Pick<GroupView, 'members' | 'invitees' | 'phase'>,
  t: Translate,
  locale: string,
): string {
  const { members, invitees, phase } = group
  if (phase.kind === 'knocking') return phase.at.name
  return titleOf(
    (members.length > 0 ? members : invitees).map(({ name }) => name),
    t,
    locale,
  )
}

export function titleOf(names: readonly string[], t: Translate, locale: string): string {
  if (names.length === 0) return t('group.title')
  const shown = names.slice(0, NAMED)
  const more = names.length - shown.length
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  return list.format(more > 0 ? [...shown, t('group.title.more', { count: more })] : shown)
}
