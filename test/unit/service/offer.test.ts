/** No line of a foreign offer reaches the native library. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addCandidates, buildOffer, parseOffer } from '../../../src-server/relay/offer.ts'

const FINGERPRINT = `sha-256 ${Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0').toUpperCase()).join(':')}`

/** What node-datachannel 0.33.4 offers for one video track and one data channel. */
const offered = [
  'v=0',
  'o=rtc 728577844 0 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE m 0',
  'a=ice-options:ice2,trickle',
  `a=fingerprint:${FINGERPRINT}`,
  'm=video 47834 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 192.0.2.2',
  'a=mid:m',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:96 VP8/90000',
  'a=setup:actpass',
  'a=ice-ufrag:cQa6',
  'a=ice-pwd:UvM3Pr0FIloWwYP5ln6p81',
  'a=candidate:1 1 UDP 2114977791 192.0.2.2 47834 typ host',
  'm=application 47834 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 192.0.2.2',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=setup:actpass',
  'a=ice-ufrag:cQa6',
  'a=ice-pwd:UvM3Pr0FIloWwYP5ln6p81',
]
const sdp = (lines: readonly string[]) => [...lines, ''].join('\r\n')
const without = (prefix: string) => offered.filter((line) => !line.startsWith(prefix))
const replaced = (from: string, to: string) => offered.map((line) => (line.startsWith(from) ? to : line))

describe('parseOffer', () => {
  it('takes the values that a connection needs, and nothing else', () => {
    expect(parseOffer(sdp(offered))).toEqual({
      sections: [
        { kind: 'video', mid: 'm' },
        { kind: 'application', mid: '0' },
      ],
      ufrag: 'cQa6',
      pwd: 'UvM3Pr0FIloWwYP5ln6p81',
      fingerprint: FINGERPRINT,
      payloadType: '96',
    })
  })

  const bad: readonly [string, readonly string[]][] = [
    ['two media sections and a channel', [...offered, 'm=video 9 UDP/TLS/RTP/SAVPF 97', 'a=mid:x']],
    ['audio', replaced('m=video', 'm=audio 9 UDP/TLS/RTP/SAVPF 111')],
    ['no channel', offered.slice(0, offered.indexOf('m=application 47834 UDP/DTLS/SCTP webrtc-datachannel'))],
    ['two channels', replaced('m=video', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel')],
    ['no fingerprint', without('a=fingerprint')],
    ['a weaker fingerprint', replaced('a=fingerprint', 'a=fingerprint:sha-1 00:11')],
    ['two fingerprints', [...offered, `a=fingerprint:${FINGERPRINT.replace('00:01', '01:00')}`]],
    ['no credentials', without('a=ice-ufrag')],
    ['a short password', replaced('a=ice-pwd', 'a=ice-pwd:short')],
    ['one mid for both', replaced('a=mid:0', 'a=mid:m')],
    ['a mid that is a line of its own', replaced('a=mid:m', 'a=mid:m\nm=video 9 UDP/TLS/RTP/SAVPF 97')],
    ['a lone carriage return', replaced('s=-', 's=-\rm=video 9 UDP/TLS/RTP/SAVPF 97')],
    ['bytes beyond ASCII', replaced('s=-', 's=\u2028m=video')],
    ['nothing', []],
  ]
  it.each(bad)('refuses %s', (_, lines) => {
    expect(parseOffer(sdp(lines))).toBeUndefined()
  })

  it('never throws, and what it accepts is rebuilt as two sections without a candidate', () => {
    const line = fc.constantFrom(...offered)
    const junk = fc.oneof(line, fc.string({ maxLength: 40 }), fc.constant('m=video 9 UDP/TLS/RTP/SAVPF 97'))
    const mutated = fc
      .array(fc.tuple(fc.nat(offered.length), fc.constantFrom('insert', 'delete', 'replace'), junk), { maxLength: 3 })
      .map((changes) => {
        const lines = [...offered]
        for (const [at, how, what] of changes) {
          if (how === 'insert') lines.splice(at, 0, what)
          else if (how === 'delete') lines.splice(at, 1)
          else lines.splice(at, 1, what)
        }
        return sdp(lines)
      })
    fc.assert(
      fc.property(mutated, (text) => {
        const offer = parseOffer(text)
        if (offer === undefined) return true
        const built = buildOffer(offer)
        return built.split(/[\r\n]+m=/).length === 3 && !built.includes('candidate')
      }),
      { numRuns: 3000 },
    )
  })
})

describe('addCandidates', () => {
  const answer = 'v=0\r\na=candidate:1 1 UDP 2114977791 192.0.2.2 8440 typ host\r\na=end-of-candidates\r\n'

  it('adds what is missing before the end of the candidates', () => {
    const added = addCandidates(answer, ['127.0.0.1', '192.0.2.2'], 8440)
    expect(added.match(/a=candidate/g)).toHaveLength(2)
    expect(added).toMatch(/127\.0\.0\.1 8440 typ host\r\na=end-of-candidates\r\n$/)
  })
})
