/**
 * Under which names this service may be dialled. A device signs the name that it dialled (docs/protocol/service.md,
 * Authenticate); a service that is asked to accept a proof for another name is being used by a false one.
 */
import { X509Certificate } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'

export interface OwnNames {
  /** `host` as in a Host header: a name or address, and a port unless it is the scheme's own. */
  has(host: string): boolean
  /** What others can type to reach this service, most useful first. */
  reachable(): readonly string[]
}

export interface NamesOptions {
  readonly port: number
  readonly secure: boolean
  /** The one address that the service listens on; all without one. */
  readonly host: string | undefined
  /** `name` (with any port) or `name:port`, from the operator. */
  readonly names: readonly string[]
  /** PEM; the names in its subjectAltName are the service's. */
  readonly certificate: string | undefined
}

export function createOwnNames(options: NamesOptions): OwnNames {
  const schemePort = options.secure ? 443 : 80
  const given = new Set([...options.names, ...certificateNames(options.certificate)].map(canonical))
  const withPort = (host: string) => (options.port === schemePort ? host : `${host}:${String(options.port)}`)
  return {
    has(host) {
      const dialled = canonical(host)
      if (given.has(dialled) || given.has(dialled.replace(/:[0-9]+$/, ''))) return true
      const own = ['localhost', hostname(), `${hostname()}.local`, ...interfaceAddresses(true)]
      return own.some((name) => canonical(withPort(name)) === dialled)
    },
    reachable: () => [
      ...new Set([
        ...given,
        ...(options.host === undefined ? interfaceAddresses(false) : [options.host]).map(withPort),
      ]),
    ],
  }
}

/** Interfaces of containers, virtual machines and tunnels: their addresses are of use to few others. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|vEthernet|tun|tap|wg|utun|zt|tailscale|lxc|podman|cni)/

/** Own addresses, those of real interfaces first, IPv4 before IPv6, which stands in brackets. */
function interfaceAddresses(internal: boolean): string[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map((address) => ({ ...address, rank: VIRTUAL.test(name) ? 2 : 0 })),
  )
  return (
    all
      // Link-local addresses need a zone that no address of ours can carry.
      .filter(({ address, internal: loopback }) => (internal || !loopback) && !/^fe80:/i.test(address))
      .map(({ address, family, rank }) => ({
        text: family === 'IPv6' ? `[${address}]` : address,
        rank: rank + (family === 'IPv6' ? 1 : 0),
      }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ text }) => text)
  )
}

/** Lower case, and IPv6 addresses in their one short spelling. */
function canonical(host: string): string {
  const bracketed = /^\[(.*)\](:[0-9]+)?$/.exec(host)
  if (bracketed === null || !URL.canParse(`http://[${bracketed[1] ?? ''}]`)) return host.toLowerCase()
  return `${new URL(`http://[${bracketed[1] ?? ''}]`).hostname}${bracketed[2] ?? ''}`
}

function certificateNames(pem: string | undefined): string[] {
  const names = pem === undefined ? undefined : new X509Certificate(pem).subjectAltName
  return (names ?? '').split(', ').flatMap((name) => {
    const [kind, value = ''] = name.split(/:(.*)/s)
    if (kind === 'DNS' && !value.startsWith('*')) return [value]
    return kind === 'IP Address' ? [value.includes(':') ? `[${value}]` : value] : []
  })
}
