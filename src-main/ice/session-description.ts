/**
 * The session descriptions that the library wants (RFC 8866, RFC 8839, RFC 8842), written from and read into the few values that matter.
 * No foreign description ever reaches the library: only these values do, each checked here, so that nobody can add a line.
 */
import { isIP } from 'node:net'
import { type Bytes, fromHex, toHex } from '../../src-shared/base/bytes.ts'
import { CHANNEL_MID, MEDIA_MID } from './node-peer.ts'

export interface Credentials {
  /** SHA-256 of the DTLS certificate. */
  readonly fingerprint: Bytes
  readonly iceUfrag: string
  readonly icePwd: string
}

const FINGERPRINT_LENGTH = 32
/** Characters; ours and the relay's have about a thousand. */
const DESCRIPTION_MAX = 16_384
const SETUPS: readonly Setup[] = ['actpass', 'active', 'passive']
/** RFC 8839 section 5.4: `ice-char`, at least 4 of them in a ufrag and 22 in a password. */
const UFRAG = /^[A-Za-z0-9+/]{4,256}$/
const PWD = /^[A-Za-z0-9+/]{22,256}$/
/** RFC 8839 section 5.1: foundation, component, transport, priority, address, port, type; extensions are not passed on. */
const CANDIDATE =
  /^candidate:([A-Za-z0-9+/]{1,32}) ([12]) (udp) (\d{1,10}) (\S{1,45}) (\d{1,5}) typ (host|srflx|prflx|relay)( .*)?$/i

/** `undefined` for a fingerprint or credentials that no implementation of ICE makes. */
export function checkedCredentials({ fingerprint, iceUfrag, icePwd }: Credentials): Credentials | undefined {
  const valid = fingerprint.length === FINGERPRINT_LENGTH && UFRAG.test(iceUfrag) && PWD.test(icePwd)
  return valid ? { fingerprint, iceUfrag, icePwd } : undefined
}

/**
 * The candidate in canonical form, or `undefined`. Only IP addresses pass: a host name would make this device ask the DNS for it,
 * and only UDP: nothing else is spoken.
 */
export function checkedCandidate(candidate: string): string | undefined {
  const [, foundation, component, , priority, address, port, type] = CANDIDATE.exec(candidate) ?? []
  if (foundation === undefined || component === undefined || priority === undefined) return undefined
  if (address === undefined || port === undefined || type === undefined) return undefined
  const portNumber = Number(port)
  if (isIP(address) === 0 || portNumber < 1 || portNumber > 0xffff || Number(priority) > 0xffff_ffff) return undefined
  return `candidate:${foundation} ${component} UDP ${priority} ${address} ${port} typ ${type.toLowerCase()}`
}

/** RFC 8842 section 5.2. An offer leaves open who begins with DTLS; whoever answers decides. */
export type Setup = 'actpass' | 'active' | 'passive'

/** What the other end would have written, with nothing in it but these values. */
export function describe({ fingerprint, iceUfrag, icePwd }: Credentials, setup: Setup): string {
  const transport = [`a=ice-ufrag:${iceUfrag}`, `a=ice-pwd:${icePwd}`, `a=setup:${setup}`]
  const lines = [
    'v=0',
    'o=- 1 0 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${MEDIA_MID} ${CHANNEL_MID}`,
    `a=fingerprint:sha-256 ${toColonHex(fingerprint)}`,
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    `a=mid:${MEDIA_MID}`,
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    ...transport,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=mid:${CHANNEL_MID}`,
    'a=sendrecv',
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    ...transport,
  ]
  return lines.map((line) => `${line}\r\n`).join('')
}

export interface Description extends Credentials {
  readonly setup: Setup
  readonly candidates: readonly string[]
}

/** The values of a description; `undefined` if one is missing or malformed. Everything else in it is passed over. */
export function readDescription(sdp: string): Description | undefined {
  if (sdp.length > DESCRIPTION_MAX) return undefined
  const fingerprint = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\r?$/im.exec(sdp)?.[1]
  const iceUfrag = /^a=ice-ufrag:(\S+)\r?$/m.exec(sdp)?.[1]
  const icePwd = /^a=ice-pwd:(\S+)\r?$/m.exec(sdp)?.[1]
  const setup = SETUPS.find((value) => sdp.includes(`\na=setup:${value}\r\n`))
  if (fingerprint === undefined || iceUfrag === undefined || icePwd === undefined || setup === undefined)
    return undefined
  const credentials = checkedCredentials({ fingerprint: fromColonHex(fingerprint), iceUfrag, icePwd })
  const candidates = Array.from(sdp.matchAll(/^a=(candidate:.*?)\r?$/gm), ([, text = '']) => text)
  return credentials && { ...credentials, setup, candidates }
}

/** A description without the sender's addresses. */
export function withoutCandidates(sdp: string): string {
  return sdp.replace(/a=(?:candidate:.*|end-of-candidates)\r\n/g, '')
}

export function fromColonHex(text: string): Uint8Array {
  return fromHex(text.replaceAll(':', ''))
}

function toColonHex(bytes: Bytes): string {
  return (toHex(bytes).match(/../g) ?? []).join(':').toUpperCase()
}
