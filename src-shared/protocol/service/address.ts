/**
 * The service's address as a person types it: `host`, `host:port`, `[2001:db8::1]:port`, or a `ws://` or `wss://` URL
 * (`http://` and `https://` are taken for these). Without a scheme it is an unencrypted WebSocket on port 8440: what
 * is said is end-to-end encrypted anyway, and a service in the own network has no certificate. With a scheme the
 * port is the scheme's (80 or 443) unless it is named.
 */
import { type Result, failure, success } from '../../base/result.ts'

export const DEFAULT_PORT = 8440
const PATH = '/v1'

export interface ServiceAddress {
  /** TLS. */
  readonly secure: boolean
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

export type AddressFailure = 'empty' | 'scheme' | 'host' | 'port' | 'path'

const SCHEMES: Readonly<Record<string, boolean>> = { ws: false, http: false, wss: true, https: true }

export function parseAddress(text: string): Result<ServiceAddress, AddressFailure> {
  const trimmed = text.trim()
  if (trimmed === '') return failure('empty')
  const url = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(trimmed)
  if (url === null) return withPort(trimmed, false, DEFAULT_PORT)
  const secure = Object.hasOwn(SCHEMES, (url[1] ?? '').toLowerCase())
    ? SCHEMES[(url[1] ?? '').toLowerCase()]
    : undefined
  if (secure === undefined) return failure('scheme')
  return withPort(url[2] ?? '', secure, secure ? 443 : 80)
}

function withPort(text: string, secure: boolean, defaultPort: number): Result<ServiceAddress, AddressFailure> {
  const slash = text.indexOf('/')
  const authority = slash < 0 ? text : text.slice(0, slash)
  const path = slash < 0 ? '' : text.slice(slash)
  if (path !== '' && path !== '/' && path !== PATH) return failure('path')

  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(authority)
  // More than one colon without brackets: a bare IPv6 address, which cannot carry a port.
  const bare6 = bracketed === null && authority.split(':').length > 2
  const [host = '', port] = bracketed !== null ? bracketed.slice(1) : bare6 ? [authority] : authority.split(':')
  const name = host.toLowerCase()
  if (bracketed !== null || bare6 ? !isIpv6(name) : !isHostName(name)) return failure('host')
  if (port === undefined) return success({ secure, host: name, port: defaultPort })
  if (!/^[0-9]{1,5}$/.test(port)) return failure('port')
  const number = Number(port)
  return number >= 1 && number <= 65535 ? success({ secure, host: name, port: number }) : failure('port')
}

/** RFC 1123 section 2.1, and IPv4 in dotted decimal, which is the only thing that a name of digits and dots may be. */
function isHostName(host: string): boolean {
  if (host.length > 253) return false
  const labels = host.split('.')
  if (!labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) return false
  // A name whose last label is a number is an IPv4 address to every URL parser, in forms that only confuse.
  return /^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '') ? isIpv4(labels) : true
}

function isIpv4(labels: readonly string[]): boolean {
  return labels.length === 4 && labels.every((label) => /^(?:0|[1-9][0-9]{0,2})$/.test(label) && Number(label) <= 255)
}

/** RFC 4291 section 2.2, without a zone: groups of one to four digits, at most one `::`, an IPv4 tail allowed. */
function isIpv6(host: string): boolean {
  const halves = host.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const tail4 = last.includes('.')
  if (tail4 && (!isIpv4(last.split('.')) || host.endsWith('::'))) return false
  const plain = tail4 ? groups.slice(0, -1) : groups
  const count = plain.length + (tail4 ? 2 : 0)
  return plain.every((group) => /^[0-9a-f]{1,4}$/.test(group)) && (halves.length === 2 ? count <= 7 : count === 8)
}

/** `host` or `[host]`, and the port unless it is the scheme's own: what stands in the Host header (RFC 9110 section 7.2). */
export function hostHeader(address: ServiceAddress): string {
  const schemePort = address.secure ? 443 : 80
  return address.port === schemePort ? bracket(address.host) : `${bracket(address.host)}:${String(address.port)}`
}

/** As a link names the service: with its port, unless that is https's. */
export function linkAuthority({ host, port }: ServiceAddress): string {
  return hostHeader({ secure: true, host, port })
}

export function serviceUrl(address: ServiceAddress): string {
  return `${address.secure ? 'wss' : 'ws'}://${hostHeader(address)}${PATH}`
}

/** RFC 7064. `port`: UDP, on the service's host. */
export function stunUrl({ host }: ServiceAddress, port: number): string {
  return `stun:${bracket(host)}:${String(port)}`
}

/** Where the relay is reached without UDP. */
export function relayUrl(address: ServiceAddress): string {
  return `${serviceUrl(address)}/relay`
}

/** The shortest text that a person can type into another app to mean the same address. */
export function addressText(address: ServiceAddress): string {
  if (address.secure) return `wss://${hostHeader(address)}`
  return address.port === DEFAULT_PORT ? address.host : `${bracket(address.host)}:${String(address.port)}`
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
