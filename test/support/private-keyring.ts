/** A session bus and a GNOME keyring in folders of their own: what is locked or missing there is so for nobody else. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const COLLECTION = '/org/freedesktop/secrets/collection/login'

export interface PrivateKeyring {
  /** A folder that goes with it. */
  readonly home: string
  /** For programs that are to use it. */
  readonly environment: Readonly<Record<string, string>>
  /** Starts the keyring's daemon in place of the one before; until then nobody answers on the bus. */
  start(...options: readonly string[]): void
  lock(): void
  close(): void
}

export async function privateBus(): Promise<PrivateKeyring> {
  const home = mkdtempSync(path.join(tmpdir(), 'sightline-keyring-'))
  const runtime = path.join(home, 'run')
  mkdirSync(runtime)
  chmodSync(runtime, 0o700)
  const configuration = path.join(home, 'bus.conf')
  // Starts no services by itself: what answers is what the test started.
  writeFileSync(
    configuration,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig><type>session</type><listen>unix:tmpdir=${home}</listen><auth>EXTERNAL</auth>
    <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  )
  const bus = spawn('dbus-daemon', [`--config-file=${configuration}`, '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [address] = (await once(bus.stdout, 'data')) as [Buffer]
  const environment = {
    PATH: process.env['PATH'] ?? '',
    DBUS_SESSION_BUS_ADDRESS: address.toString().trim(),
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: path.join(home, 'data'),
    HOME: home,
  }
  let daemon: ChildProcess | undefined
  return {
    home,
    environment,
    start(...options) {
      const replace = daemon === undefined ? [] : ['--replace']
      const args = ['--foreground', '--components=secrets', ...replace, ...options]
      const started = spawn('gnome-keyring-daemon', args, { env: environment, stdio: ['pipe', 'ignore', 'ignore'] })
      started.stdin.end('test')
      daemon = started
    },
    lock() {
      const to = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets']
      const call = ['org.freedesktop.Secret.Service.Lock', `array:objpath:${COLLECTION}`]
      execFileSync('dbus-send', [...to, ...call], { env: environment, stdio: 'ignore' })
    },
    close() {
      daemon?.kill()
      bus.kill()
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
