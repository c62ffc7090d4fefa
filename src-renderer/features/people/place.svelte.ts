/** Where the person is in the main window. Survives a call, which takes the window over for a while. */

export type SettingsSection = 'profile' | 'av' | 'privacy' | 'security' | 'appearance' | 'service' | 'about'

class Place {
  screen = $state<'people' | 'settings'>('people')
  section = $state<SettingsSection>('profile')
  query = $state('')
  /** Key of the person who is shown; a handle that was typed is the key of someone new. */
  chosen = $state<string | undefined>()
  newCall = $state(false)
  /** What the field for a new call begins with: a link that was opened. */
  newCallWith = $state('')
  newGroup = $state(false)

  choose(key: string | undefined): void {
    this.screen = 'people'
    this.chosen = key
  }

  openSettings(section: SettingsSection = 'profile'): void {
    this.section = section
    this.screen = 'settings'
  }
}

export const place = new Place()
