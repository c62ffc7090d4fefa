/** Tells main what was picked, captures it, and says what went wrong. */
import type { ScreenPick } from '../../../src-shared/ipc/screen-sources.ts'
import { t } from '../../app/language/language.svelte.ts'
import { request } from '../../bridge/sightline.ts'
import type { ScreenContent } from '../../devices/media-session.ts'
import { attempt, notices } from '../notices/notices.svelte.ts'
import type { Sharing } from './sharing.svelte.ts'

/** `true`: it is shared from now on, with or without its sound. */
export async function beginSharing(sharing: Sharing, pick: ScreenPick, content: ScreenContent): Promise<boolean> {
  const picked = await attempt(request('screen.pick', pick))
  if (picked === undefined) return false
  if (picked.value === 'gone') {
    notices.show(t('share.gone'))
    return false
  }
  const shared = await sharing.begin(content, pick.sound)
  if (shared === undefined) notices.show(t(pick.sound ? 'share.refused.withSound' : 'share.refused'))
  else if (shared === 'picture' && pick.sound) notices.show(t('share.sound.refused'))
  else notices.say(t(pick.sound ? 'share.on.withSound' : 'share.on'))
  return shared !== undefined
}
