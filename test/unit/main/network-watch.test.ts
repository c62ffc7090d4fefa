import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { watchNetwork } from '../../../src-main/app/network-watch.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const address = (text: string, internal = false): NetworkInterfaceInfo => ({
  address: text,
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  cidr: null,
  family: 'IPv4',
  internal,
})

test('tells of other addresses, not of another order or of what is inside the machine', () => {
  const clock = new FakeClock(0)
  let interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = { a: [address('192.0.2.1')], b: [address('192.0.2.7')] }
  let changes = 0
  const stop = watchNetwork({ clock, interfaces: () => interfaces, changed: () => (changes += 1) })
  clock.advance(10_000)
  interfaces = { lo: [address('127.0.0.1', true)], b: [address('192.0.2.7')], a: [address('192.0.2.1')] }
  clock.advance(10_000)
  expect(changes).toBe(0)
  interfaces = { a: [address('198.51.100.4')], b: [address('192.0.2.7')] }
  clock.advance(2000)
  expect(changes).toBe(1)
  interfaces = {}
  clock.advance(2000)
  expect(changes).toBe(2)
  stop()
  expect(clock.timers).toBe(0)
})
