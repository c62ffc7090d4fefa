/** What makes two worlds behave differently, as a short name: 53 bits, so that among a million states two are mixed up once in 18 000 runs. */
import { hash, headOf } from './chain.ts'
import type { Device, World } from './world.ts'

const texts = new WeakMap<object, string>()

export function fingerprint({ devices, mail, room, budgets, honest }: World): string {
  return hash(
    [
      ...devices.map(deviceText),
      mail.map(textOf).sort().join(),
      headOf(room.chain),
      room.devices.join(),
      Object.values(budgets).join(),
      honest,
    ].join('#'),
  )
}

/** Of something that never changes. */
function textOf(item: object): string {
  let text = texts.get(item)
  if (text === undefined) {
    text = JSON.stringify(item, (key, value: unknown) => (key === 'chain' ? headOf(value as []) : value))
    texts.set(item, text)
  }
  return text
}

function deviceText(device: Device): string {
  const { state, link, chain, emptyRoom, inbox, results, timers, shares, senderKeys, sending } = device
  const { call } = state
  return [
    call.kind === 'ended' ? '' : textOf(call),
    textOf(state.finished),
    device.oneToOne === undefined ? '' : textOf(device.oneToOne),
    `${link}${emptyRoom ? 'e' : ''}${device.invited ? 'i' : ''}${device.withheld ? 'w' : ''}`,
    headOf(chain),
    inbox.map(textOf).join(),
    results.map(textOf).join(),
    timers
      .map(({ name, about }) => `${name}${about ?? ''}`)
      .sort()
      .join(),
    shares.map(textOf).join(),
    senderKeys.join(),
    sending,
    [...device.heldKeys].sort().join(),
    [...device.privates].sort().join(),
    device.publics.map(textOf).sort().join(),
    device.join,
  ].join('|')
}
