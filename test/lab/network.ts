/**
 * Two homes on two sides of a core, each behind a router, in network namespaces that this process makes and removes:
 *
 *     a ── router a ══ impaired link ══ core ── router b ── b
 *
 * The service listens in the core. Whatever leaves `a` or reaches it crosses the impaired link, to the service and to
 * `b` alike. Nothing here has a way to the outside.
 */
import { execFileSync } from 'node:child_process'
import { type ImpairedLink, openImpairedLink } from './impaired-link.ts'

/** `open`: a router without address translation. `cone`: a port keeps its mapping. `symmetric`: another port for each destination. */
export type Nat = 'open' | 'cone' | 'symmetric'

export interface LabNetwork {
  readonly a: string
  readonly b: string
  readonly core: string
  /** Of the service, reachable from both homes. */
  readonly serviceHost: string
  readonly link: ImpairedLink
  /** Connections that stand do not survive it: `changeAddress` lets the apps notice. */
  setNat(a: Nat, b: Nat): void
  /** The home gets another address, as on another Wi-Fi network. */
  changeAddress(home: 'a' | 'b'): void
  /** Nothing passes between the homes any more, in the core where the service is. */
  separateHomes(): void
  reconnectHomes(): void
  /** Who runs in the namespaces must have ended. */
  close(): Promise<void>
}

const SERVICE_HOST = '10.9.0.1'
const MTU = '1500'

export async function makeNetwork(): Promise<LabNetwork> {
  const name = (part: string) => `lab${process.pid}-${part}`
  const [a, b, core] = [name('a'), name('b'), name('core')]
  const routers = { a: name('ra'), b: name('rb') }
  const all = [a, b, core, routers.a, routers.b]
  for (const namespace of all) {
    ip('netns', 'add', namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    within(namespace, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6')
    forward(namespace, true)
  }
  ip('-n', core, 'addr', 'add', `${SERVICE_HOST}/32`, 'dev', 'lo')

  const [deviceA, deviceCore] = [`lab${process.pid}a`, `lab${process.pid}c`]
  const link = await openImpairedLink(deviceA, deviceCore)
  ip('link', 'set', deviceA, 'netns', routers.a, 'name', 'out')
  ip('link', 'set', deviceCore, 'netns', core, 'name', 'to-a')
  pair([core, 'to-b'], [routers.b, 'out'])
  pair([a, 'lan'], [routers.a, 'in'])
  pair([b, 'lan'], [routers.b, 'in'])
  for (const [side, home, router, number] of [
    ['a', a, routers.a, 1],
    ['b', b, routers.b, 2],
  ] as const) {
    up(core, `to-${side}`, `10.9.${number}.1/24`)
    up(router, 'out', `10.9.${number}.2/24`)
    up(router, 'in', `10.${number}.0.1/24`)
    up(home, 'lan', `10.${number}.0.2/24`)
    ip('-n', home, 'route', 'add', 'default', 'via', `10.${number}.0.1`)
    ip('-n', router, 'route', 'add', 'default', 'via', `10.9.${number}.1`)
    ip('-n', core, 'route', 'add', `10.${number}.0.0/24`, 'via', `10.9.${number}.2`)
  }

  const last = { a: 2, b: 2 }
  return {
    a,
    b,
    core,
    serviceHost: SERVICE_HOST,
    link,
    setNat(kindA, kindB) {
      translate(routers.a, kindA)
      translate(routers.b, kindB)
    },
    changeAddress(home) {
      const [namespace, number] = home === 'a' ? [a, 1] : [b, 2]
      last[home] += 1
      ip('-n', namespace, 'addr', 'flush', 'dev', 'lan')
      ip('-n', namespace, 'addr', 'add', `10.${number}.0.${last[home]}/24`, 'dev', 'lan')
      ip('-n', namespace, 'route', 'replace', 'default', 'via', `10.${number}.0.1`)
    },
    separateHomes: () => forward(core, false),
    reconnectHomes: () => forward(core, true),
    async close() {
      await link.close()
      for (const namespace of all) ip('netns', 'del', namespace)
    },
  }
}

/** Behind a NAT nothing gets in that was not asked for. */
function translate(router: string, kind: Nat): void {
  within(router, 'nft', 'flush', 'ruleset')
  if (kind === 'open') return
  const masquerade = kind === 'symmetric' ? 'masquerade fully-random' : 'masquerade'
  within(
    router,
    'nft',
    `add table ip lab;
     add chain ip lab out { type nat hook postrouting priority 100; };
     add rule ip lab out oifname out ${masquerade};
     add chain ip lab through { type filter hook forward priority 0; policy drop; };
     add rule ip lab through iifname in accept;
     add rule ip lab through ct state established,related accept;
     add chain ip lab to { type filter hook input priority 0; policy accept; };
     add rule ip lab to iifname out ct state new drop`,
  )
}

function forward(namespace: string, on: boolean): void {
  within(namespace, 'sh', '-c', `echo ${Number(on)} > /proc/sys/net/ipv4/ip_forward`)
}

function pair([namespaceA, deviceA]: [string, string], [namespaceB, deviceB]: [string, string]): void {
  const ends = ['netns', namespaceA, 'type', 'veth', 'peer', 'name', deviceB, 'netns', namespaceB]
  ip('link', 'add', deviceA, ...ends)
}

function up(namespace: string, device: string, address: string): void {
  ip('-n', namespace, 'addr', 'add', address, 'dev', device)
  ip('-n', namespace, 'link', 'set', device, 'mtu', MTU, 'up')
}

function within(namespace: string, ...command: readonly string[]): void {
  ip('netns', 'exec', namespace, ...command)
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
