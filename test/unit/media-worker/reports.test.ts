/** docs/protocol/media.md, section 2: which formats a side decodes, told in its reports. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Reports } from '../../../src-renderer/media-worker/reports.ts'
import { buildRtcp, parseRtcp, type RtcpPacket } from '../../../src-shared/media/rtcp.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import type { VideoCodec } from '../../../src-shared/media/payload-types.ts'
import type { MediaKind } from '../../../src-shared/media/ssrc.ts'
import { seededRandom } from '../../support/seeded-random.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** What `reports` sends comes to `into`, while the network lets it through. */
function side(into: () => Reports | undefined, network: { lost: boolean }) {
  const heard: (readonly VideoCodec[])[] = []
  const parity: boolean[] = []
  const stream = (ssrc: number, clockRate: number) =>
    new RtpSender({ ssrc, clockRate, random: seededRandom(String(ssrc)) })
  const reports = new Reports(
    {
      audio: stream(0x11, 48_000),
      video: stream(0x12, 90_000),
      screen: stream(0x13, 90_000),
      screenSound: stream(0x10, 48_000),
    },
    {
      send: (kind, compound) => {
        if (!network.lost) into()?.take(kind, compound, performance.now())
      },
      decodableThere: (codecs) => heard.push(codecs),
      parityTaken: (taken) => parity.push(taken),
    },
  )
  return { reports, heard, parity }
}

function pair() {
  const network = { lost: false }
  const there = side(() => undefined, network)
  const here = side(() => there.reports, network)
  here.reports.start()
  return { network, here: here.reports, heard: there.heard, parity: there.parity, there: there.reports }
}

describe('the formats that a side decodes', () => {
  it('are not told before they are known, and then in every report', () => {
    const { here, heard } = pair()
    vi.advanceTimersByTime(3000)
    expect(heard).toEqual([])
    here.tellDecodable(['VP8', 'H264'])
    vi.advanceTimersByTime(2000)
    expect(heard).toEqual([
      ['VP8', 'H264'],
      ['VP8', 'H264'],
    ])
    here.stop()
  })

  it('come through as soon as the network lets one report through', () => {
    const { network, here, heard } = pair()
    here.tellDecodable(['VP8', 'VP9', 'H264'])
    network.lost = true
    vi.advanceTimersByTime(5000)
    expect(heard).toEqual([])
    network.lost = false
    vi.advanceTimersByTime(1000)
    expect(heard).toEqual([['VP8', 'VP9', 'H264']])
    here.stop()
  })

  it('lose one whose decoder broke down, and never the one that every side decodes', () => {
    const { here, heard } = pair()
    here.tellDecodable(['VP8', 'VP9', 'H264'])
    here.withdraw('H264')
    here.withdraw('VP8')
    vi.advanceTimersByTime(1000)
    expect(heard).toEqual([['VP8', 'VP9']])
    here.stop()
  })

  it('name repair packets where they are of use, and no format of pictures for them', () => {
    const { here, heard, parity } = pair()
    here.tellDecodable(['VP8'])
    vi.advanceTimersByTime(1000)
    here.tellDecodable(['VP8'], { parity: true })
    vi.advanceTimersByTime(1000)
    expect(parity).toEqual([false, true])
    expect(heard).toEqual([['VP8'], ['VP8']])
    here.stop()
  })

  it('may be of a later version: what is unknown is passed over', () => {
    const { there, heard } = pair()
    const compound = buildRtcp([{ kind: 'decodable-formats', sender: 0x12, payloadTypes: [45, 98, 96, 35, 111] }])
    there.take('video', compound, 0)
    expect(heard).toEqual([['VP9', 'VP8']])
  })

  it('are those of pictures: a list among reports about sound is passed over', () => {
    const { there, heard } = pair()
    const compound = buildRtcp([{ kind: 'decodable-formats', sender: 0x11, payloadTypes: [111, 98] }])
    there.take('audio', compound, 0)
    expect(heard).toEqual([])
  })
})

describe('a shared screen', () => {
  const AUDIO = 0x21
  const VIDEO = 0x22
  const SCREEN = 0x23
  const SCREEN_SOUND = 0x20

  function reporting() {
    const sent: { kind: MediaKind; packets: readonly RtcpPacket[] }[] = []
    const keyframes: number[] = []
    const missing: number[] = []
    const stream = (ssrc: number, clockRate: number) =>
      new RtpSender({ ssrc, clockRate, random: seededRandom(String(ssrc)) })
    const own = {
      audio: stream(AUDIO, 48_000),
      video: stream(VIDEO, 90_000),
      screen: stream(SCREEN, 90_000),
      screenSound: stream(SCREEN_SOUND, 48_000),
    }
    const reports = new Reports(own, {
      send: (kind, compound) => sent.push({ kind, packets: parseRtcp(compound) ?? [] }),
      decodableThere: () => undefined,
      keyframeRequested: (ssrc) => keyframes.push(ssrc),
      packetsMissing: (ssrc) => missing.push(ssrc),
    })
    return { reports, own, sent, keyframes, missing }
  }

  it('is not reported on before there is one', () => {
    const { reports, own, sent } = reporting()
    reports.start()
    vi.advanceTimersByTime(3000)
    expect(sent.some(({ kind }) => kind === 'screen' || kind === 'screenSound')).toBe(false)
    own.screen.packets({
      payloadType: 96,
      payloads: [new Uint8Array(9)],
      timestampUs: 1000,
      capturedAt: 1,
      marker: true,
    })
    vi.advanceTimersByTime(1000)
    const report = sent.find(({ kind }) => kind === 'screen')
    expect(report?.packets[0]).toMatchObject({ kind: 'sender-report', ssrc: SCREEN })
    // It may come without sound.
    expect(sent.some(({ kind }) => kind === 'screenSound')).toBe(false)
    own.screenSound.packets({
      payloadType: 111,
      payloads: [new Uint8Array(160)],
      timestampUs: 1000,
      capturedAt: 1,
      marker: true,
    })
    vi.advanceTimersByTime(1000)
    const soundReport = sent.find(({ kind }) => kind === 'screenSound')
    expect(soundReport?.packets[0]).toMatchObject({ kind: 'sender-report', ssrc: SCREEN_SOUND })
    reports.stop()
  })

  it('is asked for under its own key, in the name of the own screen', () => {
    const { reports, sent } = reporting()
    reports.requestKeyframe(0x33)
    reports.requestPackets(0x33, [7])
    reports.requestKeyframe(0x32)
    expect(sent.map(({ kind }) => kind)).toEqual(['screen', 'screen', 'video'])
    expect(sent[0]?.packets.at(-1)).toEqual({ kind: 'picture-loss', sender: SCREEN, media: 0x33 })
    expect(sent[1]?.packets).toMatchObject([{ kind: 'negative-acknowledgement', sender: SCREEN, lost: [7] }])
  })

  it('answers for itself, and for no sound', () => {
    const { reports, keyframes, missing } = reporting()
    const ask = (media: number) => {
      const sender = 0x33
      const lost = [3]
      reports.take('screen', buildRtcp([{ kind: 'negative-acknowledgement', sender, media, lost }]), 0)
      reports.take(
        'screen',
        buildRtcp([
          { kind: 'receiver-report', ssrc: sender, reports: [] },
          { kind: 'picture-loss', sender, media },
        ]),
        0,
      )
    }
    for (const media of [AUDIO, VIDEO, SCREEN, 0x99]) ask(media)
    expect([keyframes, missing]).toEqual([
      [VIDEO, SCREEN],
      [VIDEO, SCREEN],
    ])
  })
})
