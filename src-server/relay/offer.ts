/**
 * Takes a device's offer apart and builds the one that the native library gets to see, from nothing but checked tokens.
 * The library's parser and its connections abort or hang on some inputs (two media sections and one malformed RTCP
 * packet stop every connection of the process), so no foreign line reaches it. Candidates are left out: the relay
 * answers checks and begins none, and so cannot be made to send packets to a third party.
 */
import { SDP_MAX } from '../../src-shared/protocol/service/limits.ts'

export interface Offer {
  /** In the order of the offer: exactly one of each kind. */
  readonly sections: readonly OfferSection[]
  readonly ufrag: string
  readonly pwd: string
  /** `sha-256` and 32 colon-separated bytes. */
  readonly fingerprint: string
  readonly payloadType: string
}

export interface OfferSection {
  readonly kind: 'video' | 'application'
  readonly mid: string
}

const LINE = /^[a-z]=[\x20-\x7e]*$/
const VIDEO = /^m=video [0-9]{1,5} UDP\/TLS\/RTP\/SAVPF ([0-9]{2,3})(?: [0-9]{1,3})*$/
const APPLICATION = /^m=application [0-9]{1,5} UDP\/DTLS\/SCTP webrtc-datachannel$/
const MID = /^a=mid:([A-Za-z0-9-]{1,16})$/
/** RFC 8839 section 5.4. */
const UFRAG = /^a=ice-ufrag:([A-Za-z0-9+/]{4,256})$/
const PWD = /^a=ice-pwd:([A-Za-z0-9+/]{22,256})$/
const FINGERPRINT = /^a=fingerprint:(sha-256 [0-9A-F]{2}(?::[0-9A-F]{2}){31})$/i

/** `undefined` for whatever is not an offer of one video and one data channel section with one set of credentials. */
export function parseOffer(sdp: string): Offer | undefined {
  if (sdp.length > SDP_MAX) return undefined
  const lines = sdp.split(/\r?\n/)
  if (lines.pop() !== '' || !lines.every((line) => LINE.test(line))) return undefined
  const media = lines.filter((line) => line.startsWith('m='))
  const mids = lines.flatMap((line) => MID.exec(line)?.[1] ?? [])
  if (media.length !== 2 || mids.length !== 2 || mids[0] === mids[1]) return undefined

  const sections = media.flatMap((line, index): OfferSection[] => {
    const kind = VIDEO.test(line) ? 'video' : APPLICATION.test(line) ? 'application' : undefined
    return kind === undefined ? [] : [{ kind, mid: mids[index] ?? '' }]
  })
  const ufrag = only(lines, 'a=ice-ufrag:', UFRAG)
  const pwd = only(lines, 'a=ice-pwd:', PWD)
  const fingerprint = only(lines, 'a=fingerprint:', FINGERPRINT)
  const payloadType = media.flatMap((line) => VIDEO.exec(line)?.[1] ?? [])[0]
  if (sections.length !== 2 || sections[0]?.kind === sections[1]?.kind || payloadType === undefined) return undefined
  if (ufrag === undefined || pwd === undefined || fingerprint === undefined) return undefined
  return { sections, ufrag, pwd, fingerprint, payloadType }
}

export function buildOffer(offer: Offer): string {
  const transport = [
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${offer.ufrag}`,
    `a=ice-pwd:${offer.pwd}`,
    `a=fingerprint:${offer.fingerprint}`,
    'a=setup:actpass',
  ]
  const sections = offer.sections.flatMap(({ kind, mid }) =>
    kind === 'video'
      ? [
          `m=video 9 UDP/TLS/RTP/SAVPF ${offer.payloadType}`,
          ...transport,
          `a=mid:${mid}`,
          'a=sendrecv',
          'a=rtcp-mux',
          `a=rtpmap:${offer.payloadType} VP8/90000`,
        ]
      : ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', ...transport, `a=mid:${mid}`, 'a=sctp-port:5000'],
  )
  const mids = offer.sections.map(({ mid }) => mid).join(' ')
  const session = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', `a=group:BUNDLE ${mids}`]
  return [...session, ...sections, ''].join('\r\n')
}

/**
 * The answer with a host candidate for each of `addresses` that it does not have: the library names only the addresses
 * of the machine's interfaces, not loopback, and none that lies before a NAT.
 */
export function addCandidates(answer: string, addresses: readonly string[], port: number): string {
  const missing = addresses.filter((address) => !answer.includes(` ${address} ${String(port)} typ host`))
  const lines = missing.map(
    // Below the priority of the library's own host candidates (RFC 8445 section 5.1.2.1).
    (address, index) =>
      `a=candidate:${String(90 + index)} 1 UDP ${String(2_000_000_000 - index)} ${address} ${String(port)} typ host\r\n`,
  )
  const end = answer.indexOf('a=end-of-candidates')
  return end < 0 ? answer + lines.join('') : answer.slice(0, end) + lines.join('') + answer.slice(end)
}

/** The value that all lines with `prefix` agree on. */
function only(lines: readonly string[], prefix: string, form: RegExp): string | undefined {
  const values = new Set(lines.filter((line) => line.startsWith(prefix)).map((line) => form.exec(line)?.[1]))
  const [value] = values
  return values.size === 1 ? value : undefined
}
