/** Which keys a state has, needs and may use: what the rest of the machine and the runner ask of it. */
import type { DeviceId } from '../../call/machine/events.ts'
import { type Epoch, memberOf } from './roster.ts'
import type { Given, GroupCall, HeldEpoch, Inside, OwnKey, Person } from './state.ts'

export function personOf({ people }: Inside, device: DeviceId): Person | undefined {
  return people.find((person) => person.device === device)
}

/** May be given keys (R34, R35). */
export function isFit({ trust, trouble }: Person): boolean {
  return trust === 'trusted' && trouble === 'none'
}

export function currentKey({ own }: Inside): OwnKey {
  const key = own.at(-1)
  if (key === undefined) throw new Error('inside without an own key')
  return key
}

export function currentEpoch({ held }: Inside): HeldEpoch {
  const epoch = held.at(-1)
  if (epoch === undefined) throw new Error('inside without an epoch')
  return epoch
}

/**
 * The epoch under whose own key media and records leave; `undefined`: none do. Whoever holds that key and is in trouble, untrusted or
 * out would hear what is sent with it (R33 to R35).
 */
export function sendingEpoch(call: GroupCall): Epoch | undefined {
  if (call.kind !== 'inside' || !call.confirmed) return undefined
  const key = call.own.find(({ epoch }) => epoch === call.using)
  return key?.given.every((given) => mayHear(call, given)) === true ? key.epoch : undefined
}

function mayHear(call: Inside, { device, join }: Given): boolean {
  const person = personOf(call, device)
  // A member that came anew has lost what its earlier stay was given.
  return person !== undefined && (person.join !== join || isFit(person))
}

/** R31: the newest MemberKey of an epoch below `epoch`, of this stay; else the Join's. */
export function usableMemberKey(call: Inside, device: DeviceId, epoch: Epoch): Epoch {
  const first = memberOf(call.roster, device)?.firstEpoch ?? epoch
  const known = call.memberKeys.find((keys) => keys.device === device)?.epochs ?? []
  return known.findLast((named) => named >= first && named < epoch) ?? 0
}

/** Whose KeyShare of the current epoch is missing while they are there to be asked. */
export function missingShares(call: Inside): readonly DeviceId[] {
  if (!call.roomOpen) return []
  const { from, got } = currentEpoch(call)
  return from.filter((device) => !got.includes(device) && call.present.includes(device))
}

/** Everybody who may have the current epoch's key was sent it. */
export function allAreGiven(call: Inside): boolean {
  const { given } = currentKey(call)
  return call.people.every(
    (person) =>
      !awaitsKey(person) ||
      given.some(({ device, join, sent }) => device === person.device && join === person.join && sent),
  )
}

function awaitsKey({ trust, trouble }: Person): boolean {
  return trouble === 'none' && (trust === 'trusted' || trust === 'checking')
}

/** The MemberKeys whose private halves this device holds, by the epochs that they name. */
export function receiveKeysOf(call: GroupCall): readonly Epoch[] {
  // The Join's, which names none. A new Join takes the place of the one before.
  if (call.kind === 'founding' || call.kind === 'joining') return [0]
  if (call.kind !== 'inside') return []
  const serving = call.held.flatMap(({ receiveKey }) => (receiveKey === undefined ? [] : [receiveKey]))
  return [...serving, call.roster.epoch]
}
