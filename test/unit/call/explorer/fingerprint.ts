/**
 * What makes two worlds behave differently, as a number: 53 bits (cyrb53), so that among a million states two are mixed up once in
 * 18 000 runs. Left out is what no later step looks at, such as why a call ended.
 */
import type { DeviceState } from '../../../../src-shared/call/machine/state.ts'
import type { ControlStream, Device, KnownCall, World } from './world.ts'

const texts = new WeakMap<object, string>()
const stateTexts = new WeakMap<DeviceState, string>()

export function fingerprint(world: World): number {
  return hash(
    [
      ...world.devices.map(deviceText),
      sorted(world.mail),
      sorted(world.accepts),
      world.streams.map(streamText).sort().join(),
      sorted(world.proofs),
      Object.values(world.budgets).join(),
    ].join('#'),
  )
}

function sorted(items: readonly object[]): string {
  return items.length === 0 ? '' : items.map(textOf).sort().join()
}

/** Of something that never changes. */
function textOf(item: object): string {
  let text = texts.get(item)
  if (text === undefined) {
    text = JSON.stringify(item)
    texts.set(item, text)
  }
  return text
}

function stateText(state: DeviceState): string {
  let text = stateTexts.get(state)
  if (text === undefined) {
    const { call, hideAddress } = state
    // An ended call blocks nothing: it differs from none only on the screen.
    const shown = call.kind === 'ended' ? '' : JSON.stringify(call)
    text = `${shown}${hideAddress ? 'h' : ''}${sorted(state.finished)}`
    stateTexts.set(state, text)
  }
  return text
}

function deviceText({ state, timers, pending, links, direct, calls, unused, choice }: Device): string {
  const { call } = state
  const current = call.kind === 'idle' || call.kind === 'ended' ? undefined : call.callId
  return [
    stateText(state),
    [...timers].sort().join(),
    sorted(pending),
    links.map(({ callId, open }) => `${callId}${open ? '+' : '-'}`).join(),
    direct ? JSON.stringify(direct) : '',
    calls.map((known) => callText(known, current)).join(),
    unused.length,
    choice.video && current !== undefined ? 'v' : '',
  ].join('|')
}

function streamText({ callId, from, records }: ControlStream): string {
  if (records.length === 0) return ''
  const texts = records.map(({ message, relay, direct }) => `${textOf(message)}${relay ? 'r' : ''}${direct ? 'd' : ''}`)
  return `${callId}${from}${texts.join()}`
}

function callText({ callId, role, peer, accepted, session, past }: KnownCall, current: string | undefined): string {
  if (past) return `${callId}past`
  if (callId === current) return `${callId}${peer ?? ''}${accepted ? 'y' : ''}${session ? 's' : ''}`
  return role === 'caller' || session ? `${callId}${session ? 's' : ''}` : ''
}

function hash(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
