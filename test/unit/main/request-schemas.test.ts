import { REACTIONS } from '../../../src-shared/ipc/group-view.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOwnUrl } from '../../../src-main/ipc/channels.ts'
import { checkArgument, mayAsk, REQUEST_NAMES } from '../../../src-main/ipc/request-schemas.ts'
import { checkWorkerMessage, MAX_BATCH } from '../../../src-main/ipc/worker-message.ts'
import type { RequestName, Requests } from '../../../src-shared/ipc/contract.ts'
import { CREDITS } from '../../../src-shared/ipc/media-port.ts'

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const accountId = hex(64)
const callId = hex(32)
const handle = fc.string({ maxLength: 320 })
const name = fc.string({ minLength: 1, maxLength: 100 }).filter((text) => text.trim() !== '')
const media = fc.record({ audio: fc.boolean(), video: fc.boolean(), screen: fc.boolean() })
const mediaAtFirst = media.map((choice) => ({ ...choice, screen: false }))
const member = accountId
const people = fc.array(handle, { minLength: 1, maxLength: 32 })
const nothing = fc.constant(undefined)

const valid: { readonly [Name in RequestName]: fc.Arbitrary<Requests[Name]['argument']> } = {
  'snapshot.get': nothing,
  'account.checkHandle': handle,
  'account.create': fc.record({ name, handle }),
  'account.rename': name,
  'startup.retry': nothing,
  'service.use': fc.option(fc.string({ maxLength: 300 }), { nil: undefined }),
  'contact.find': handle,
  'contact.add': fc.record({ handle, name }),
  'contact.rename': fc.record({ accountId, name }),
  'contact.remove': accountId,
  'contact.block': fc.record({ accountId, blocked: fc.boolean() }),
  'contact.setVerified': fc.record({ accountId, verified: fc.boolean() }),
  'contact.acceptNewKey': handle,
  'contact.safetyNumber': accountId,
  'history.remove': fc.string({ minLength: 1, maxLength: 64 }),
  'history.clear': nothing,
  'history.markSeen': nothing,
  'settings.update': fc.record(
    {
      theme: fc.constantFrom('system', 'light', 'dark'),
      hideAddress: fc.boolean(),
      preferredSuite: fc.constantFrom('AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'),
      cameraId: fc.option(fc.string({ maxLength: 256 }), { nil: undefined }),
      microphoneId: fc.option(fc.string({ maxLength: 256 }), { nil: undefined }),
      speakerId: fc.option(fc.string({ maxLength: 256 }), { nil: undefined }),
      videoCodec: fc.constantFrom('automatic', 'VP8', 'VP9', 'H264'),
      floatingWindow: fc.boolean(),
      ringtone: fc.boolean(),
      contactsOnly: fc.boolean(),
      language: fc.constantFrom('system', 'en'),
    },
    { requiredKeys: [] },
  ),
  'call.start': fc.record({ handle, media: mediaAtFirst }),
  'call.accept': fc.record({ callId, media: mediaAtFirst }),
  'call.decline': callId,
  'call.end': callId,
  'call.setMedia': fc.record({ callId, media }),
  'call.dismiss': callId,
  'call.openMediaPort': callId,
  'group.start': fc.record({ handles: people, media: mediaAtFirst }),
  'group.upgrade': fc.record({ callId, handles: people }),
  'group.invite': fc.record({ callId, handles: people }),
  'group.join': fc.record({ callId, media: mediaAtFirst }),
  'group.forget': callId,
  'group.remove': fc.record({ callId, member }),
  'group.setHost': fc.record({ callId, member, host: fc.boolean() }),
  'group.askToMute': fc.record({ callId, member }),
  'group.raiseHand': fc.record({ callId, up: fc.boolean() }),
  'group.react': fc.record({ callId, emoji: fc.constantFrom(...REACTIONS) }),
  'group.say': fc.record({ callId, text: fc.string({ minLength: 1, maxLength: 1000 }) }),
  'group.markChatRead': callId,
  'group.createLink': fc.record({ callId, hours: fc.constantFrom(1, 24, 168) }),
  'group.withdrawLink': callId,
  'group.knock': fc.record({ link: fc.string({ maxLength: 300 }), media: mediaAtFirst }),
  'group.admit': fc.record({ callId, guest: member }),
  'group.refuse': fc.record({ callId, guest: member }),
  'group.compareWords': callId,
  'screen.sources': nothing,
  'screen.pick': fc.record({
    id: fc.stringMatching(/^(?:screen|window):[0-9]{1,20}:[0-9]{1,20}$/),
    sound: fc.boolean(),
  }),
  'window.setFullScreen': fc.boolean(),
  'window.show': nothing,
}

/** Names whose surrounding spaces are cut off. */
const trimmed = new Set<RequestName>(['account.create', 'account.rename', 'contact.add', 'contact.rename'])

describe('the validators of requests', () => {
  it.each(REQUEST_NAMES)('%s: takes what the contract allows', (request) => {
    fc.assert(
      fc.property<[unknown]>(valid[request], (argument) => {
        const checked = checkArgument(request, argument)
        expect(checked.ok).toBe(true)
        if (checked.ok && !trimmed.has(request)) expect(checked.value).toEqual(argument)
      }),
    )
  })

  it.each(REQUEST_NAMES)('%s: refuses an unknown key, a missing key and another type', (request) => {
    fc.assert(
      fc.property<[unknown]>(valid[request], (argument) => {
        if (typeof argument === 'object' && argument !== null) {
          expect(checkArgument(request, { ...argument, more: 1 }).ok).toBe(false)
          if (request !== 'settings.update') {
            for (const key of Object.keys(argument)) {
              const rest = Object.fromEntries(Object.entries(argument).filter(([other]) => other !== key))
              expect(checkArgument(request, rest).ok).toBe(false)
            }
          }
        } else {
          expect(checkArgument(request, { argument }).ok).toBe(false)
        }
        expect(checkArgument(request, [argument]).ok).toBe(false)
        expect(checkArgument(request, null).ok).toBe(false)
        expect(checkArgument(request, 7).ok).toBe(false)
      }),
    )
  })

  it.each(REQUEST_NAMES)('%s: answers anything at all without throwing', (request) => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
        (argument) => {
          const checked = checkArgument(request, argument)
          expect(typeof checked.ok).toBe('boolean')
        },
      ),
    )
  })

  it('refuses what is too long, and ids that are not ids', () => {
    expect(checkArgument('contact.find', 'a'.repeat(321)).ok).toBe(false)
    expect(checkArgument('account.rename', 'a'.repeat(101)).ok).toBe(false)
    expect(checkArgument('account.rename', '   ').ok).toBe(false)
    expect(checkArgument('call.end', 'A'.repeat(32)).ok).toBe(false)
    expect(checkArgument('call.end', 'a'.repeat(33)).ok).toBe(false)
    expect(checkArgument('contact.remove', '../../etc').ok).toBe(false)
    expect(checkArgument('settings.update', { theme: 'sepia' }).ok).toBe(false)
    expect(checkArgument('screen.pick', { id: 'tab:1:0', sound: false }).ok).toBe(false)
    expect(checkArgument('screen.pick', { id: 'screen:1:0 ', sound: false }).ok).toBe(false)
    const media = { audio: true, video: true, screen: true }
    expect(checkArgument('call.accept', { callId: 'a'.repeat(32), media }).ok).toBe(false)
    expect(checkArgument('call.setMedia', { callId: 'a'.repeat(32), media }).ok).toBe(true)
    expect(checkArgument('settings.update', { theme: undefined }).ok).toBe(false)
    expect(checkArgument('settings.update', JSON.parse('{"__proto__": {"theme": "dark"}}')).ok).toBe(false)
  })

  it('lets the incoming window answer a call and nothing else', () => {
    expect(REQUEST_NAMES.filter((request) => mayAsk('incoming', request))).toEqual([
      'snapshot.get',
      'call.accept',
      'call.decline',
    ])
    expect(REQUEST_NAMES.every((request) => mayAsk('main', request))).toBe(true)
  })
})

describe('the sender', () => {
  it('is a page of ours', () => {
    expect(isOwnUrl('app://sightline/index.html')).toBe(true)
    for (const url of [
      'app://sightline.evil/index.html',
      'app://sightline@evil/index.html',
      'app://sightline',
      'app://other/index.html',
      'https://sightline/index.html',
      'data:text/html,app://sightline/',
      'about:blank',
      '',
    ]) {
      expect(isOwnUrl(url)).toBe(false)
    }
  })
})

describe('messages of the media worker', () => {
  it('are packets, credit, or what a group’s worker asks of the relay', () => {
    const batch = Uint8Array.of(0, 1, 7)
    expect(checkWorkerMessage({ kind: 'packets', batch })).toEqual({ kind: 'packets', batch })
    expect(checkWorkerMessage({ kind: 'credit', count: CREDITS })).toEqual({ kind: 'credit', count: CREDITS })
    for (const request of [
      { kind: 'look', downlink: 500, pictures: [{ member: 'ab'.repeat(32), layer: 2 }] },
      { kind: 'stalled', member: '00'.repeat(32) },
      { kind: 'missing', ssrc: 0xffff_ffff, sequenceNumbers: [0, 0xffff] },
    ])
      expect(checkWorkerMessage(request)).toEqual(request)
  })

  it('are nothing else', () => {
    for (const data of [
      undefined,
      'packets',
      { kind: 'packets' },
      { kind: 'packets', batch: [1, 2] },
      { kind: 'packets', batch: new ArrayBuffer(3) },
      { kind: 'packets', batch: new Uint8Array(MAX_BATCH + 1) },
      { kind: 'credit', count: 0 },
      { kind: 'credit', count: CREDITS + 1 },
      { kind: 'credit', count: 0.5 },
      { kind: 'credit', count: Number.NaN },
      { kind: 'keys' },
      { kind: 'look', downlink: -1, pictures: [] },
      { kind: 'look', downlink: 0, pictures: [{ member: 'AB'.repeat(32), layer: 0 }] },
      { kind: 'look', downlink: 0, pictures: [{ member: 'ab'.repeat(32), layer: 8 }] },
      { kind: 'look', downlink: 0, pictures: Array(33).fill({ member: 'ab'.repeat(32), layer: 0 }) },
      { kind: 'stalled', member: 'somebody' },
      { kind: 'missing', ssrc: 1, sequenceNumbers: [] },
      { kind: 'missing', ssrc: 1, sequenceNumbers: Array(65).fill(1) },
      { kind: 'missing', ssrc: 2 ** 32, sequenceNumbers: [1] },
      { kind: 'missing', ssrc: 1, sequenceNumbers: [0.5] },
    ]) {
      expect(checkWorkerMessage(data)).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.anything(), (data) => {
        expect(checkWorkerMessage(data)).toBeUndefined()
      }),
    )
  })
})
