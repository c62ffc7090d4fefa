/** The program as it is shipped (`npm test` builds it): started as a process, told to stop, killed, started on what it left behind. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { testDevice, valueOf } from '../../support/test-device.ts'
import { clientOf, closeAll, contentOf, envelopeTo, registered, temporaryFolder, until } from './harness.ts'

const program = fileURLToPath(new URL('../../../out/server/main.js', import.meta.url))
const dataDir = temporaryFolder()
const running = new Set<ChildProcess>()

afterEach(async () => {
  closeAll()
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  running.clear()
})
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const environment = (data = dataDir) => ({
  PATH: process.env['PATH'],
  SIGHTLINE_DATA: data,
  SIGHTLINE_HOST: '127.0.0.1',
  SIGHTLINE_PORT: '0',
})

interface Output {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
}

function run(argv: readonly string[], env: NodeJS.ProcessEnv = environment()): Output {
  const child = spawn(process.execPath, [program, ...argv], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let [out, err] = ['', '']
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (err += text.toString()))
  return { child, out: () => out, err: () => err }
}

async function ready(argv: readonly string[] = []): Promise<Output & { port: number; relayPort: number }> {
  const output = run(['--json', ...argv])
  await until(() => output.out().includes('\n') || output.child.exitCode !== null, 'the service is ready')
  const line: unknown = JSON.parse(output.out().split('\n')[0] ?? '')
  expect(line).toMatchObject({ kind: 'ready', addresses: [expect.stringMatching(/^127\.0\.0\.1:/)] })
  // The line above was matched against this shape.
  const { port, relayPort } = line as { port: number; relayPort: number }
  return { ...output, port, relayPort }
}

async function ended({ child }: Output): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

describe('the program', () => {
  it('stops when it is told to, and leaves no lock', async () => {
    const first = await ready()
    first.child.kill('SIGTERM')
    expect(await ended(first)).toBe(0)
    const second = await ready()
    second.child.kill('SIGINT')
    expect(await ended(second)).toBe(0)
  })

  it('loses nothing when it is killed', async () => {
    const [alice, bob] = [testDevice('alice'), testDevice('bob')]
    const first = await ready()
    // Its clock is the real one, and the certificates are of this year.
    const ofAlice = await registered(alice, 'alice', first.port)
    await registered(bob, 'bob', first.port).then((client) => client.close())
    for (const content of ['one', 'two', 'three']) {
      valueOf(await ofAlice.push(bob.certificate.certHash, envelopeTo(bob, content), Date.now() + 60_000))
    }
    first.child.kill('SIGKILL')
    await ended(first)

    const second = await ready(['--port', String(first.port), '--relay-port', String(first.relayPort)])
    expect([second.port, second.relayPort]).toEqual([first.port, first.relayPort])
    const received: string[] = []
    clientOf(bob, second.port).onEnvelope((envelope) => {
      received.push(contentOf(envelope))
      return Promise.resolve()
    })
    await until(() => received.length === 3, 'all envelopes are there')
    expect(received).toEqual(['one', 'two', 'three'])
  })

  it('says in a sentence why it does not start', async () => {
    const first = await ready()
    const sameData = run([])
    expect(await ended(sameData)).toBe(1)
    expect(sameData.err()).toContain('Another service is running on this data folder')
    const other = temporaryFolder()
    const samePort = run(['--port', String(first.port)], environment(other))
    expect(await ended(samePort)).toBe(1)
    expect(samePort.err()).toContain('Another program uses port')
    await rm(other, { recursive: true, force: true })
    const wrong = run(['--port', 'x'])
    expect(await ended(wrong)).toBe(2)
    expect(wrong.err()).toContain('--port takes a number')
    const help = run(['--help'])
    expect(await ended(help)).toBe(0)
    expect(help.out()).toContain('SIGHTLINE_NAMES')
  })

  it('tells people the addresses to type', async () => {
    const output = run([])
    await until(() => output.out().includes('Others:'), 'the service is ready')
    expect(output.out()).toMatch(/This machine: {2}localhost:[0-9]+\nOthers: {8}127\.0\.0\.1:[0-9]+\n/)
  })

  it('reports to the process that started it, and ends with it', async () => {
    const child = fork(program, ['--log', 'silent'], { env: environment(), silent: true })
    running.add(child)
    const [message] = await once(child, 'message')
    expect(message).toMatchObject({ kind: 'ready' })
    const exit = once(child, 'exit')
    child.disconnect()
    expect((await exit)[0]).toBe(0)
  })
})
