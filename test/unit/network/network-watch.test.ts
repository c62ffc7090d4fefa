import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { type NetworkChange, watchNetwork } from '../../../src-main/network/network-watch.ts'
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
  const changes: NetworkChange[] = []
  const stop = watchNetwork({ clock, interfaces: () => interfaces, changed: (change) => changes.push(change) })
  clock.advance(10_000)
  interfaces = { lo: [address('127.0.0.1', true)], b: [address('192.0.2.7')], a: [address('192.0.2.1')] }
  clock.advance(10_000)
  expect(changes).toEqual([])
  interfaces = { a: [address('198.51.100.4')], b: [address('192.0.2.7')] }
  clock.advance(2000)
  expect(changes.length).toBe(1)
  const gone = (address: string | undefined) => changes.at(-1)?.isGone(address)
  expect(['192.0.2.1', '192.0.2.7', '198.51.100.4', '127.0.0.1', undefined].map(gone)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
  interfaces = {}
  clock.advance(2000)
  expect(changes.length).toBe(2)
  stop()
  expect(clock.timers).toBe(0)
})
