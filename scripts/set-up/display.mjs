/**
 * Runs a command on a machine without a screen: under a private X server, a private session bus and a throw-away,
 * unlocked GNOME keyring, all of which end with the command. `withDesktop(command, args)` → exit code.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A session bus that starts no services by itself: the keyring is the one started here, or none. */
const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
`

const INSIDE = `
export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS
[ "$SIGHTLINE_KEYRING" = none ] || printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null
"$@" & child=$!
trap 'kill -TERM $child 2>/dev/null' TERM INT
wait $child; code=$?
wait $child 2>/dev/null
exit $code`

/** Room for an app's window: what shares the screen encodes all of it. */
const SCREEN = '-screen 0 1120x800x24 -nolisten tcp'

/**
 * @param {{ keyring?: 'unlocked' | 'none', display?: boolean, env?: NodeJS.ProcessEnv }} options `display: false`: there is a screen, only the keyring is private.
 * @returns {Promise<number>} the command's exit code
 */
export async function withDesktop(command, args, { keyring = 'unlocked', display = true, env = process.env } = {}) {
  const home = mkdtempSync(path.join(tmpdir(), 'sightline-desktop-'))
  const bus = path.join(home, 'bus.conf')
  const runtime = path.join(home, 'run')
  writeFileSync(bus, BUS)
  mkdirSync(runtime)
  chmodSync(runtime, 0o700)
  const inner = ['dbus-run-session', `--config-file=${bus}`, '--', 'bash', '-c', INSIDE, 'bash', command, ...args]
  const [first, ...rest] = display ? ['xvfb-run', '-a', '-s', SCREEN, ...inner] : inner
  try {
    return await run(first, rest, {
      ...env,
      XDG_DATA_HOME: path.join(home, 'data'),
      XDG_RUNTIME_DIR: runtime,
      XDG_CURRENT_DESKTOP: 'GNOME',
      NO_AT_BRIDGE: '1',
      SIGHTLINE_KEYRING: keyring,
      SIGHTLINE_DESKTOP: 'private',
    })
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A process group of its own, so that an interrupt ends the whole desktop. */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env, detached: true })
    const forward = (signal) => {
      try {
        process.kill(-child.pid, signal)
      } catch {
        // It has ended already.
      }
    }
    const onInterrupt = () => forward('SIGTERM')
    process.on('SIGINT', onInterrupt)
    process.on('SIGTERM', onInterrupt)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onInterrupt)
      resolve(signal ? 1 : (code ?? 1))
    })
  })
}

/** `true` on Linux where no keychain service answers on the session bus: the demo then brings its own. */
export function keyringMissing() {
  if (process.platform !== 'linux') return false
  if (!process.env.DBUS_SESSION_BUS_ADDRESS) return true
  const query = [
    '--session',
    '--dest=org.freedesktop.DBus',
    '--print-reply',
    '/',
    'org.freedesktop.DBus.NameHasOwner',
    'string:org.freedesktop.secrets',
  ]
  return !spawnSync('dbus-send', query, { encoding: 'utf8' }).stdout?.includes('true')
}
