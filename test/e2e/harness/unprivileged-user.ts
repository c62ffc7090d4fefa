/**
 * Runs an app as an ordinary user of this machine, with the Chromium sandbox on and a session bus and keyring of its own.
 * Needs root, to make the user and to become them; the user is removed at the end.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface UnprivilegedUser {
  readonly name: string
  /** A program that runs `executable` as this user with whatever arguments it gets. */
  wrap(executable: string): string
  /** A folder of the user's. */
  folder(name: string): string
  remove(): void
}

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
`

export function createUnprivilegedUser(): UnprivilegedUser {
  const name = `sl${process.pid}`
  const home = mkdtempSync(path.join(tmpdir(), 'sightline-home-'))
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/bash', name])
  writeFileSync(path.join(home, 'bus.conf'), BUS)
  // The display admits who holds its cookie.
  const cookie = process.env['XAUTHORITY']
  if (cookie) copyFileSync(cookie, path.join(home, 'cookie'))
  const own = () => execFileSync('chown', ['-R', name, home])
  own()
  let programs = 0
  return {
    name,
    wrap(executable) {
      const runtime = path.join(home, `run-${++programs}`)
      mkdirSync(runtime, { mode: 0o700 })
      const script = path.join(home, `app-${programs}`)
      writeFileSync(
        script,
        `#!/bin/bash
# Playwright adds the switch because it is root itself.
arguments=()
for argument in "$@"; do [ "$argument" = --no-sandbox ] || arguments+=("$argument"); done
exec setpriv --reuid=${name} --regid=${name} --init-groups --reset-env \\
  env HOME=${home} DISPLAY="$DISPLAY" XAUTHORITY=${home}/cookie XDG_RUNTIME_DIR=${runtime} XDG_DATA_HOME=${runtime}/data \\
  XDG_CURRENT_DESKTOP=GNOME NO_AT_BRIDGE=1 \\
  dbus-run-session --config-file=${home}/bus.conf -- bash -c \\
  'export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS; printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null; "$@"' \\
  bash "${executable}" "\${arguments[@]}"
`,
      )
      chmodSync(script, 0o755)
      chmodSync(home, 0o755)
      own()
      return script
    },
    folder(folder) {
      const full = path.join(home, folder)
      mkdirSync(full, { recursive: true })
      own()
      return full
    },
    remove() {
      execFileSync('userdel', [name])
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}
