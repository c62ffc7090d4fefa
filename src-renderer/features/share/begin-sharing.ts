/** Tells main what was picked, captures it, and says what went wrong. */
import { t } from '../../app/language/language.svelte.ts'
import { request } from '../../bridge/sightline.ts'
import type { ScreenContent } from '../../devices/media-session.ts'
import { attempt, notices } from '../notices/notices.svelte.ts'
import type { Sharing } from './sharing.svelte.ts'

/** `true`: it is shared from now on. */
export async function beginSharing(sharing: Sharing, id: string, content: ScreenContent): Promise<boolean> {
  const picked = await attempt(request('screen.pick', id))
  if (picked === undefined) return false
  const began = picked.value === 'picked' && (await sharing.begin(content))
  if (!began) notices.show(t(picked.value === 'gone' ? 'share.gone' : 'share.refused'))
  else notices.say(t('share.on'))
  return began
}
