import Info from '@lucide/svelte/icons/info'
import Lock from '@lucide/svelte/icons/lock'
import EyeOff from '@lucide/svelte/icons/eye-off'
import Palette from '@lucide/svelte/icons/palette'
import Server from '@lucide/svelte/icons/server'
import User from '@lucide/svelte/icons/user'
import Video from '@lucide/svelte/icons/video'
import type { Icon } from '../../ui/icon.ts'
import type { SettingsSection } from '../people/place.svelte.ts'

export const sectionIcons: Readonly<Record<SettingsSection, Icon>> = {
  profile: User,
  av: Video,
  privacy: EyeOff,
  security: Lock,
  appearance: Palette,
  service: Server,
  about: Info,
}
