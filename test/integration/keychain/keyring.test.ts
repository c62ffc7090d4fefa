/** The questions to the keyring, asked of a real session bus and a real GNOME keyring in folders of their own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectKeyring } from '../../../src-main/keychain/linux-keyring.ts'

const installed = ['/usr/bin/dbus-daemon', '/usr/bin/gnome-keyring-daemon'].every((file) => existsSync(file))

let home: string
let bus: ChildProcess
let environment: NodeJS.ProcessEnv
const daemons: number[] = []

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'keyring-'))
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
  bus = spawn('dbus-daemon', [`--config-file=${configuration}`, '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const address = await new Promise<string>((resolve) =>
    bus.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim())),
  )
  environment = {
    PATH: process.env['PATH'],
    DBUS_SESSION_BUS_ADDRESS: address,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: path.join(home, 'data'),
    HOME: home,
  }
})

afterEach(() => {
  for (const daemon of daemons.splice(0)) {
    try {
      process.kill(daemon)
    } catch {
      // It ended with its bus.
    }
  }
  bus.kill()
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

function startKeyring(...options: string[]): void {
  const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...options], {
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  if (daemon.pid !== undefined) daemons.push(daemon.pid)
  daemon.stdin.end('test')
}

function callSecrets(member: string, ...parameters: string[]): void {
  const to = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets']
  execFileSync('dbus-send', [...to, `org.freedesktop.Secret.Service.${member}`, ...parameters], {
    env: environment,
    stdio: 'ignore',
  })
}

async function state(): Promise<string | undefined> {
  const keyring = await connectKeyring('gnome_libsecret', 'Sightline test', environment)
  try {
    return await keyring?.state()
  } finally {
    keyring?.close()
  }
}

async function becomes(wanted: string): Promise<void> {
  for (let tries = 0; tries < 100 && (await state()) !== wanted; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(await state()).toBe(wanted)
}

describe.runIf(installed)('the keyring', () => {
  it('is absent on a bus without one, and where there is no bus at all', async () => {
    expect(await state()).toBe('absent')
    for (const address of ['unix:path=/nonexistent', 'tcp:host=localhost,port=1', '']) {
      expect(await connectKeyring('gnome_libsecret', 'x', { DBUS_SESSION_BUS_ADDRESS: address })).toBeUndefined()
    }
  })

  it('is unlocked, locked, and asked to unlock without waiting for anybody', async () => {
    startKeyring('--unlock')
    await becomes('unlocked')
    callSecrets('Lock', 'array:objpath:/org/freedesktop/secrets/collection/login')
    expect(await state()).toBe('locked')
    const keyring = await connectKeyring('gnome_libsecret', 'Sightline test', environment)
    // Nobody here can show the dialogue; that is not an error of ours.
    await keyring?.askToUnlock()
    expect(await keyring?.state()).toBe('locked')
    keyring?.close()
  })

  it('counts as locked while there is no collection to put a key into', async () => {
    startKeyring()
    await becomes('locked')
  })

  it('asks for a wallet on KDE, and finds none here', async () => {
    const keyring = await connectKeyring('kwallet6', 'Sightline test', environment)
    expect(await keyring?.state()).toBe('absent')
    keyring?.close()
  })
})

describe('a bus that does not answer', () => {
  it('counts as none: the app goes on', async () => {
    const { createServer } = await import('node:net')
    const socket = path.join(home, 'mute')
    const server = createServer((client) => client.end('REJECTED EXTERNAL\r\n'))
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    expect(
      await connectKeyring('gnome_libsecret', 'x', { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` }),
    ).toBeUndefined()
    server.close()
  })
})
