/** Service addresses as people type them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressText, hostHeader, parseAddress, serviceUrl } from '../../../src-shared/protocol/service/address.ts'

const good: readonly [string, string, string][] = [
  ['calls.example', 'ws://calls.example:8440/v1', 'calls.example:8440'],
  ['  Calls.Example ', 'ws://calls.example:8440/v1', 'calls.example:8440'],
  ['calls.example:9000', 'ws://calls.example:9000/v1', 'calls.example:9000'],
  ['192.168.1.20', 'ws://192.168.1.20:8440/v1', '192.168.1.20:8440'],
  ['192.168.1.20:80', 'ws://192.168.1.20/v1', '192.168.1.20'],
  ['localhost', 'ws://localhost:8440/v1', 'localhost:8440'],
  ['::1', 'ws://[::1]:8440/v1', '[::1]:8440'],
  ['[2001:DB8::1]:9000', 'ws://[2001:db8::1]:9000/v1', '[2001:db8::1]:9000'],
  ['::ffff:10.0.0.1', 'ws://[::ffff:10.0.0.1]:8440/v1', '[::ffff:10.0.0.1]:8440'],
  ['wss://calls.example', 'wss://calls.example/v1', 'calls.example'],
  ['WSS://calls.example:8440/', 'wss://calls.example:8440/v1', 'calls.example:8440'],
  ['https://calls.example/v1', 'wss://calls.example/v1', 'calls.example'],
  ['ws://calls.example', 'ws://calls.example/v1', 'calls.example'],
  ['http://[fd00::2]:8440', 'ws://[fd00::2]:8440/v1', '[fd00::2]:8440'],
]

const bad: readonly [string, string][] = [
  ['', 'empty'],
  ['   ', 'empty'],
  ['ftp://calls.example', 'scheme'],
  ['toString://calls.example', 'scheme'],
  ['javascript:alert(1)', 'port'],
  ['calls.example:', 'port'],
  ['calls.example:0', 'port'],
  ['calls.example:65536', 'port'],
  ['calls.example:8e3', 'port'],
  ['-calls.example', 'host'],
  ['calls..example', 'host'],
  ['call s.example', 'host'],
  ['user@calls.example', 'host'],
  ['300.1.1.1', 'host'],
  ['1.2.3', 'host'],
  ['0x7f.1', 'host'],
  ['[::1', 'host'],
  ['[calls.example]', 'host'],
  ['1:2:3:4:5:6:7:8:9', 'host'],
  ['1::2::3', 'host'],
  ['fe80::1%eth0', 'host'],
  ['wss://calls.example/v2', 'path'],
  ['calls.example/v1?x=1', 'path'],
  [`${'a'.repeat(64)}.example`, 'host'],
]

describe('parseAddress', () => {
  it.each(good)('understands %s', (typed, url, host) => {
    const parsed = parseAddress(typed)
    if (!parsed.ok) throw new Error(parsed.reason)
    expect(serviceUrl(parsed.value)).toBe(url)
    expect(hostHeader(parsed.value)).toBe(host)
    // What is shown to be typed again means the same.
    expect(parseAddress(addressText(parsed.value))).toEqual(parsed)
    expect(URL.canParse(serviceUrl(parsed.value))).toBe(true)
  })

  it.each(bad)('refuses %j', (typed, reason) => {
    expect(parseAddress(typed)).toEqual({ ok: false, reason })
  })

  it('never throws, and makes URLs that the platform takes', () => {
    const typed = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.domain(),
      fc.ipV6(),
      fc.ipV4(),
      fc.stringMatching(/^[a-z0-9.:[\]/-]{0,20}$/),
    )
    fc.assert(
      fc.property(typed, (text) => {
        const parsed = parseAddress(text)
        return !parsed.ok || URL.canParse(serviceUrl(parsed.value))
      }),
      { numRuns: 3000 },
    )
  })
})
