/** Rate limits, own names, the log's discretion. */
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createLog, describeError } from '../../../src-server/app/log.ts'
import { createOwnNames } from '../../../src-server/app/own-names.ts'
import { addressKey, createRateLimits } from '../../../src-server/app/rate-limits.ts'
import { readConfiguration } from '../../../src-server/app/configuration.ts'
import { jittered, retryDelay } from '../../../src-main/signaling/backoff.ts'

describe('rate limits', () => {
  it('give so many points for each key', async () => {
    const limits = createRateLimits({ handles: { points: 2, seconds: 60 } })
    expect(await limits.allow('handles', 'a')).toBe(true)
    expect(await limits.allow('handles', 'a')).toBe(true)
    expect(await limits.allow('handles', 'a')).toBe(false)
    expect(await limits.allow('handles', 'b')).toBe(true)
    expect(await limits.allow('frames', 'a')).toBe(true)
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fd00::2', 'fd00:0:0:0'],
  ])('know %s as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})

describe('own names', () => {
  const options = { port: 8440, secure: false, host: undefined, names: [], certificate: undefined }

  it('are those of this machine, with the own port', () => {
    const names = createOwnNames(options)
    expect(names.has('127.0.0.1:8440')).toBe(true)
    expect(names.has('LOCALHOST:8440')).toBe(true)
    expect(names.has(`${hostname()}:8440`)).toBe(true)
    expect(names.has('127.0.0.1:8441')).toBe(false)
    expect(names.has('127.0.0.1')).toBe(false)
    expect(names.has('evil.example:8440')).toBe(false)
    expect(names.has('')).toBe(false)
  })

  it('and those that the operator gave, at any port unless one is named', () => {
    const names = createOwnNames({ ...options, names: ['Calls.Example', 'other.example:9000', '[2001:DB8:0::1]'] })
    expect(names.has('calls.example')).toBe(true)
    expect(names.has('calls.example:8440')).toBe(true)
    expect(names.has('other.example:9000')).toBe(true)
    expect(names.has('other.example:8440')).toBe(false)
    expect(names.has('[2001:db8::1]:8440')).toBe(true)
    expect(names.has('calls.example.evil.example')).toBe(false)
    expect(names.reachable()).toContain('calls.example')
  })

  it('leave out the port of the scheme', () => {
    expect(createOwnNames({ ...options, port: 443, secure: true }).has('127.0.0.1')).toBe(true)
    expect(createOwnNames({ ...options, port: 443 }).has('127.0.0.1')).toBe(false)
  })
})

describe('the log', () => {
  it('keeps what an error says to itself', () => {
    const error = Object.assign(new TypeError('duplicate key: handle=alice'), { code: '23505', detail: 'alice' })
    const described = describeError(error)
    expect(described).toMatchObject({ error: 'TypeError', code: '23505' })
    expect(JSON.stringify(described)).not.toContain('alice')
    expect(describeError('alice')).toEqual({ error: 'string' })
  })

  it('writes lines without the name of the machine', () => {
    const lines: string[] = []
    createLog('info', { write: (line) => void lines.push(line) }).info('the service is running', { port: 1 })
    expect(Object.keys(JSON.parse(lines[0] ?? '')).sort()).toEqual(['level', 'msg', 'port', 'time'])
  })
})

describe('the configuration', () => {
  it('needs nothing', () => {
    const read = readConfiguration([], {})
    if (!read.ok) throw new Error(read.reason)
    expect(read.value.options).toMatchObject({ port: 8440, relayPort: undefined, host: undefined, names: [] })
  })

  it('takes arguments before the environment', () => {
    const environment = { SIGHTLINE_PORT: '1000', SIGHTLINE_NAMES: 'a.example, b.example', SIGHTLINE_RELAY_PORT: '' }
    const read = readConfiguration(['--port', '2000', '--json'], environment)
    if (!read.ok) throw new Error(read.reason)
    expect(read.value.options).toMatchObject({ port: 2000, relayPort: undefined, names: ['a.example', 'b.example'] })
    expect(read.value.json).toBe(true)
  })

  it.each([
    [['--port', '70000']],
    [['--port', 'x']],
    [['--unknown']],
    [['--log', 'loud']],
    [['--tls-cert', 'only-one.pem']],
    [['--tls-cert', '/nowhere/a.pem', '--tls-key', '/nowhere/b.pem']],
  ])('says what is wrong with %j', (argv) => {
    expect(readConfiguration(argv, {}).ok).toBe(false)
  })
})

describe('trying again', () => {
  const low = () => Uint8Array.of(0)
  const high = () => Uint8Array.of(255)

  it('waits longer each time, up to a limit, and never exactly like the others', () => {
    expect([0, 1, 2, 3, 20].map((failures) => retryDelay(failures, high))).toEqual([500, 1000, 2000, 4000, 30_000])
    expect([0, 1, 20].map((failures) => retryDelay(failures, low))).toEqual([250, 500, 15_000])
    expect(jittered(60_000, low)).toBe(30_000)
  })
})
