/** The questions to the keyring, asked of a real session bus and a real GNOME keyring in folders of their own. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectKeyring } from '../../../src-main/keychain/linux-keyring.ts'
import { privateBus, type PrivateKeyring } from '../../support/private-keyring.ts'

const installed = ['/usr/bin/dbus-daemon', '/usr/bin/gnome-keyring-daemon'].every((file) => existsSync(file))

let keyring: PrivateKeyring

beforeEach(async () => {
  keyring = await privateBus()
})
afterEach(() => keyring.close())

async function state(): Promise<string | undefined> {
  const connection = await connectKeyring('gnome_libsecret', 'Sightline test', keyring.environment)
  try {
    return await connection?.state()
  } finally {
    connection?.close()
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
    keyring.start('--unlock')
    await becomes('unlocked')
    keyring.lock()
    expect(await state()).toBe('locked')
    const connection = await connectKeyring('gnome_libsecret', 'Sightline test', keyring.environment)
    // Nobody here can show the dialogue; that is not an error of ours.
    await connection?.askToUnlock()
    expect(await connection?.state()).toBe('locked')
    connection?.close()
  })

  it('counts as locked while there is no collection to put a key into', async () => {
    keyring.start()
    await becomes('locked')
  })

  it('asks for a wallet on KDE, and finds none here', async () => {
    const connection = await connectKeyring('kwallet6', 'Sightline test', keyring.environment)
    expect(await connection?.state()).toBe('absent')
    connection?.close()
  })
})

describe('a bus that does not answer', () => {
  it('counts as none: the app goes on', async () => {
    const { createServer } = await import('node:net')
    const socket = path.join(keyring.home, 'mute')
    const server = createServer((client) => client.end('REJECTED EXTERNAL\r\n'))
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    expect(
      await connectKeyring('gnome_libsecret', 'x', { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` }),
    ).toBeUndefined()
    server.close()
  })
})
