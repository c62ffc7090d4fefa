/** Theme, language and direction of the whole document. A call is always dark: the picture is what should be bright. */
import type { Settings } from '../../src-shared/ipc/snapshot.ts'
import { language, t } from './language/language.svelte.ts'

export function applyAppearance(settings: Settings | undefined, inCall: boolean, title: string): void {
  const root = document.documentElement
  language.use(settings?.language ?? 'system')
  root.lang = language.locale
  root.dir = language.direction
  const theme = inCall ? 'dark' : (settings?.theme ?? 'system')
  if (theme === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = theme
  document.title = title === '' ? t('app.name') : title
}
