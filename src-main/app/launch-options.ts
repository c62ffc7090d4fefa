/** What the command line and the environment say, parsed once. No Electron in this file. */

export interface LaunchOptions {
  /** A folder for everything of this profile; `undefined`: the usual one. */
  readonly profile: string | undefined
  /** The service's address as a person types it; goes before the one that was chosen in the app. */
  readonly service: string | undefined
  /** A `sightline:` link that the system handed over. */
  readonly link: string | undefined
}

export function launchOptions(args: readonly string[], environment: NodeJS.ProcessEnv): LaunchOptions {
  const value = (name: string) => {
    const prefix = `--${name}=`
    const found = args.find((argument) => argument.startsWith(prefix))?.slice(prefix.length)
    return found === '' ? undefined : found
  }
  return {
    profile: value('profile') ?? (environment['SIGHTLINE_PROFILE'] || undefined),
    service: value('service') ?? (environment['SIGHTLINE_SERVICE'] || undefined),
    link: linkAmong(args),
  }
}

/** Windows and Linux hand a link over as an argument, also to the instance that runs already. */
export function linkAmong(args: readonly string[]): string | undefined {
  return args.find((argument) => /^sightline:/i.test(argument))
}

/** Switches that open a door for a debugger, which reads every secret of the process. */
const DEBUG_SWITCHES = [
  'inspect',
  'inspect-brk',
  'inspect-wait',
  'inspect-port',
  'inspect-publish-uid',
  'debug',
  'debug-brk',
  'debug-port',
  'remote-debugging-port',
  'remote-debugging-pipe',
  'remote-debugging-address',
  'remote-allow-origins',
  'js-flags',
  'gpu-launcher',
  'renderer-cmd-prefix',
  'utility-cmd-prefix',
  'load-extension',
  'disable-web-security',
  'host-rules',
  'host-resolver-rules',
  'ssl-key-log-file',
]

/**
 * The switch for which an installed app does not start, if there is one. `hasSwitch` asks Chromium, which also reads `-name`
 * and other spellings; Node's own switches stand in `args` only.
 */
export function forbiddenSwitch(
  args: readonly string[],
  hasSwitch: (name: string) => boolean,
  build: { readonly packaged: boolean; readonly testBuild: boolean },
): string | undefined {
  if (!build.packaged || build.testBuild) return undefined
  return DEBUG_SWITCHES.find(
    (name) =>
      hasSwitch(name) ||
      args.some((argument) => argument.replace(/^-{1,2}/, '').split('=')[0] === name && argument.startsWith('-')),
  )
}
