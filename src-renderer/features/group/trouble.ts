/** Why a member cannot be seen or heard, in a few words; nothing where all is well. */
import type { MemberView } from '../../../src-shared/ipc/group-view.ts'
import type { Translate } from '../../app/language/translator.ts'

export function troubleOf(
  { trust, trouble, present, keyed }: Pick<MemberView, 'trust' | 'trouble' | 'present' | 'keyed'>,
  t: Translate,
): string | undefined {
  if (trust === 'refused') return t('group.trouble.refused')
  if (trouble === 'fork') return t('group.trouble.fork')
  if (trouble === 'withheld') return t('group.trouble.withheld')
  if (!present) return t('group.trouble.away')
  if (trust === 'unreachable') return t('group.trouble.unreachable')
  return keyed ? undefined : t('group.trouble.keys')
}
