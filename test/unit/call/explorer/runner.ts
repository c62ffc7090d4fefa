/** What the runner, mail, the relay, the control channel and the direct path would do with each effect. */
import type { CallEffect, ControlToSend } from '../../../../src-shared/call/machine/effects.ts'
import type { CallEvent, ControlMessage, DeviceId } from '../../../../src-shared/call/machine/events.ts'
import { initialState } from '../../../../src-shared/call/machine/state.ts'
import type { CallId } from '../../../../src-shared/ipc/snapshot.ts'
import {
  ANSWER_MEDIA,
  type Device,
  type DirectEnd,
  knownCall,
  type KnownCall,
  type Link,
  onItsWay,
  type Step,
  Violation,
  type World,
} from './world.ts'

function requireCall(device: Device, callId: CallId): KnownCall {
  const call = knownCall(device, callId)
  if (call === undefined) throw new Violation(`${device.id} acts on call ${callId}, which it does not know`)
  return call
}

/** Gives `event` to a device and executes what it asks for. Changes `world`. */
export function feed(world: World, device: Device, event: CallEvent, machine: Step): void {
  before(device, event)
  const { state, effects } = machine(device.state, event)
  device.state = state
  for (const effect of effects) execute(world, device, effect, event)
}

/** What the runner does with an event before the machine sees it. */
function before(device: Device, event: CallEvent): void {
  switch (event.kind) {
    case 'user-call':
      device.choice = event.media
      break
    case 'user-accept':
    case 'user-media':
      if ('callId' in device.state.call && device.state.call.callId === event.callId) device.choice = event.media
      if (event.kind === 'user-accept') requireCall(device, event.callId).accepted = true
      break
    case 'invite': {
      const { callId, from } = event.invitation
      if (knownCall(device, callId) !== undefined) break
      device.calls.push({
        callId,
        role: 'callee',
        invited: [],
        peer: from,
        accepted: false,
        session: false,
        recorded: 0,
        past: false,
      })
      break
    }
    case 'accept-made': {
      const { call } = device.state
      // Made too late: the runner erases it.
      if (call.kind === 'incoming' && call.callId === event.callId) requireCall(device, event.callId).session = true
      break
    }
    case 'accept-verified': {
      const { call } = device.state
      if (call.kind !== 'outgoing' || call.callId !== event.callId) break
      const known = requireCall(device, event.callId)
      known.session = true
      known.peer = event.device
      break
    }
    default:
  }
}

function execute(world: World, device: Device, effect: CallEffect, cause: CallEvent): void {
  const { callId } = effect
  switch (effect.kind) {
    case 'resolve':
      device.pending.push({ kind: 'resolved', callId, account: device.account === 'a' ? 'b' : 'a' })
      return
    case 'prepare':
      device.pending.push({ kind: 'prepared', callId })
      return
    case 'send-invites':
      sendInvites(world, device, callId)
      return
    case 'send-cancel':
      for (const to of cancelTargets(device, callId, effect.to)) {
        world.mail.push({ to, event: { kind: 'cancel', callId, from: device.id, reason: effect.reason } })
      }
      return
    case 'send-answered':
      for (const other of world.devices) {
        if (other.account !== device.account || other === device) continue
        world.mail.push({ to: other.id, event: { kind: 'answered', callId } })
      }
      return
    case 'send-reply': {
      const { peer } = requireCall(device, callId)
      if (peer === undefined) throw new Violation('a reply to nobody')
      world.mail.push({ to: peer, event: { kind: 'reply', callId, from: device.id, answer: effect.answer } })
      return
    }
    case 'open-relay':
      if (device.links.some((link) => link.callId === callId)) throw new Violation('a second link for one call')
      device.links.push({ callId, open: false })
      device.pending.push({ kind: 'relay-opened', callId })
      return
    case 'make-accept': {
      const { call } = device.state
      // R25 says yes for the user who called the same person.
      if (cause.kind === 'invite' && call.kind === 'incoming') requireCall(device, callId).accepted = true
      device.pending.push({ kind: 'accept-made', callId })
      return
    }
    case 'send-accept': {
      const known = requireCall(device, callId)
      if (!known.accepted) throw new Violation(`${device.id} answers without its user's yes (R19)`)
      if (!known.session || known.peer === undefined) throw new Violation('an Accept that was not made')
      const accept = { callId, from: device.id, to: known.peer, forged: false }
      const there = world.accepts.some((other) => other.from === device.id && other.callId === callId && !other.forged)
      if (!there && linkIsOpen(device, callId)) world.accepts.push(accept)
      return
    }
    case 'verify-accept': {
      const answering = world.devices[effect.accept - 1]
      device.pending.push(
        answering === undefined
          ? { kind: 'accept-refused', callId }
          : { kind: 'accept-verified', callId, device: answering.id, media: ANSWER_MEDIA },
      )
      return
    }
    case 'send-control':
      sendControl(world, device, callId, effect.message)
      return
    case 'resend-control':
      for (const stream of world.streams) {
        if (stream.callId !== callId || stream.from !== device.id) continue
        for (const record of stream.records) Object.assign(record, pathsOf(device, callId))
      }
      return
    case 'send-profile':
      requireConfirmed(device, callId)
      if (requireCall(device, callId).role !== 'callee') throw new Violation('the caller names itself twice')
      return
    case 'open-direct':
      requireConfirmed(device, callId)
      if (device.direct !== undefined) throw new Violation('two direct paths')
      device.direct = { callId, pathId: effect.pathId, connected: false, announced: false, stands: false, quiet: false }
      if (effect.role === 'offerer') announce(device, device.direct)
      return
    case 'connect-direct': {
      requireConfirmed(device, callId)
      const { direct } = device
      if (direct?.pathId !== effect.pathId) throw new Violation('connects a path that is not open')
      direct.connected = true
      if (!direct.announced) announce(device, direct)
      return
    }
    case 'send-path-proof': {
      const { peer } = requireCall(device, callId)
      if (peer === undefined) throw new Violation('a proof for nobody')
      world.proofs.push({ callId, pathId: effect.pathId, from: device.id, to: peer })
      return
    }
    case 'close-direct':
      closeDirect(world, device, callId, effect.pathId)
      return
    case 'give-keys': {
      const known = requireCall(device, callId)
      if (!known.session || !known.accepted) throw new Violation(`${device.id} starts media before the yes`)
      if (known.role === 'caller' && cause.kind !== 'accept-verified') {
        throw new Violation('the caller starts media without a verified Accept (R20)')
      }
      return
    }
    case 'start-timer': {
      const name = `${callId}/${effect.timer}`
      if (!device.timers.includes(name)) device.timers.push(name)
      return
    }
    case 'cancel-timer':
      device.timers = device.timers.filter((name) => name !== `${callId}/${effect.timer}`)
      return
    case 'cancel-all-timers':
      device.timers = device.timers.filter((name) => !name.startsWith(`${callId}/`))
      return
    case 'release':
      release(world, device, callId)
      return
    case 'record':
      if (++requireCall(device, callId).recorded > 1) throw new Violation(`${device.id} notes one call twice`)
      return
    case 'set-receiver':
    case 'offer-rekey':
    case 'answer-rekey':
    case 'finish-rekey':
    case 'drop-old-keys':
    case 'show-path':
    case 'show-remote-media':
      return
  }
}

function sendInvites(world: World, device: Device, callId: CallId): void {
  const { call } = device.state
  if (call.kind !== 'outgoing') throw new Violation('invites outside a call')
  const sentAt = ++device.sentInvites
  const invited = world.devices.filter(({ account }) => account === call.account).map(({ id }) => id)
  device.calls = device.calls.map((known) => (known.callId === callId ? { ...known, invited } : known))
  for (const to of invited) {
    const invitation = {
      callId,
      from: device.id,
      account: device.account,
      media: call.local,
      sentAt,
      remaining: 60_000,
      admission: 'ring',
      known: true,
    } as const
    world.mail.push({ to, event: { kind: 'invite', invitation } })
  }
}

function cancelTargets(device: Device, callId: CallId, to: 'invited' | 'others' | 'peer'): readonly DeviceId[] {
  const { invited, peer } = requireCall(device, callId)
  switch (to) {
    case 'invited':
      return invited
    case 'others':
      return invited.filter((id) => id !== peer)
    case 'peer':
      return peer === undefined ? [] : [peer]
  }
}

function linkIsOpen(device: Device, callId: CallId): boolean {
  return device.links.some((link) => link.callId === callId && link.open)
}

/** The paths that the runner sends a record on: the relay if it is open, the direct one once the peer's proof verified. */
function pathsOf(device: Device, callId: CallId): { relay: boolean; direct: boolean } {
  const { call } = device.state
  const proven = call.kind === 'connected' && call.direct.kind === 'open' && call.direct.proven
  return { relay: linkIsOpen(device, callId), direct: proven && device.direct?.callId === callId }
}

function sendControl(world: World, device: Device, callId: CallId, message: ControlToSend): void {
  const { session, peer } = requireCall(device, callId)
  if (!session || peer === undefined) throw new Violation('a control record without keys')
  if (message.type === 'path-offer') {
    requireConfirmed(device, callId)
    if (device.state.hideAddress) throw new Violation(`${device.id} hides its address and offers it`)
  }
  const record = { message, ...pathsOf(device, callId) }
  const stream = world.streams.find((other) => other.callId === callId && other.from === device.id)
  if (stream === undefined) world.streams.push({ callId, from: device.id, to: peer, records: [record] })
  else stream.records.push(record)
}

/** R26, R27: candidates and the direct path only after Confirm, which the caller sends and the callee verifies. */
function requireConfirmed(device: Device, callId: CallId): void {
  if (device.state.call.kind !== 'connected' || device.state.call.callId !== callId) {
    throw new Violation(`${device.id} opens a direct path or gives its name before Confirm (R27)`)
  }
}

function announce(device: Device, direct: DirectEnd): void {
  direct.announced = true
  device.pending.push({ kind: 'direct-local', callId: direct.callId, pathId: direct.pathId, endpoint: 0 })
}

function closeDirect(world: World, device: Device, callId: CallId, pathId: number): void {
  if (device.direct?.pathId !== pathId || device.direct.callId !== callId) return
  const stood = device.direct.stands
  device.direct = undefined
  world.proofs = world.proofs.filter((proof) => proof.callId !== callId || proof.pathId !== pathId)
  for (const stream of world.streams) {
    if (stream.callId === callId) for (const record of stream.records) record.direct = false
  }
  for (const other of world.devices) {
    if (!stood || other === device || other.direct?.callId !== callId || other.direct.pathId !== pathId) continue
    // The link is dead for the other side as well; it is closed by it when it hears so.
    if (other.direct.stands) other.pending.push({ kind: 'direct-lost', callId, pathId })
    other.direct.stands = false
  }
}

function release(world: World, device: Device, callId: CallId): void {
  const known = requireCall(device, callId)
  known.session = false
  if (device.direct !== undefined) closeDirect(world, device, callId, device.direct.pathId)
  device.links = device.links.filter((link) => link.callId !== callId)
  leaveRoom(world, device, callId)
}

function leaveRoom(world: World, device: Device, callId: CallId): void {
  for (const other of world.devices) {
    const { call } = other.state
    if (call.kind === 'connected' && call.callId === callId && call.device === device.id && linkIsOpen(other, callId)) {
      other.pending.push({ kind: 'peer-left', callId })
    }
  }
}

/** Power off: everything in memory is gone; the device comes back without a call. */
export function kill(world: World, device: Device): void {
  for (const { callId } of [...device.links]) release(world, device, callId)
  if (device.direct !== undefined) closeDirect(world, device, device.direct.callId, device.direct.pathId)
  device.state = initialState(device.state.hideAddress)
  device.timers = []
  device.pending = []
  device.calls = device.calls.map((call) => ({ ...call, session: false, past: true }))
  world.streams = world.streams.filter((stream) => stream.from !== device.id || stream.records.some(onItsWay))
}

export function loseRelay(world: World, device: Device, link: Link): void {
  link.open = false
  leaveRoom(world, device, link.callId)
  device.pending.push({ kind: 'relay-lost', callId: link.callId }, { kind: 'relay-opened', callId: link.callId })
}

/** What the peer's runner makes of a record that it opened. */
export function received(message: ControlToSend): ControlMessage {
  return message.type === 'confirm' ? { type: 'confirm', matches: true } : message
}
