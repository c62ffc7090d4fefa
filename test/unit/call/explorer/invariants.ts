/** What must hold in every state of the world. What must hold for each single effect is checked in `world.ts`, where it happens. */
import { sendingPath, takesPackets } from '../../../../src-shared/call/machine/state.ts'
import { type Device, knownCall, timerOf, Violation, type World } from './world.ts'

/** For each state that is not at rest: the timers of which one must run, so that it ends. */
function boundsOf({ state: { call } }: Device): readonly string[] {
  switch (call.kind) {
    case 'idle':
    case 'ended':
      return []
    case 'outgoing':
      return call.stage === 'resolving' || call.stage === 'preparing' ? ['set-up'] : ['no-answer']
    case 'incoming':
      if (call.stage === 'ringing') return ['ring']
      return call.stage === 'sent' ? ['confirm'] : ['relay-wait']
    case 'connected':
      return call.live ? ['silence'] : ['reconnect']
  }
}

export function check(world: World): void {
  for (const device of world.devices) checkDevice(device)
  for (const { id, state } of world.devices) {
    if (state.call.kind !== 'connected') continue
    const { callId, role, device: peerId } = state.call
    const peer = world.devices.find((other) => other.id === peerId)
    if (peer?.state.call.kind === 'connected' && peer.state.call.callId === callId) {
      if (peer.state.call.device !== id || peer.state.call.role === role)
        throw new Violation(`${id} and ${peerId} disagree`)
    }
    const answering = world.devices.filter(
      ({ state: { call } }) => call.kind === 'connected' && call.callId === callId && call.role === 'callee',
    )
    if (answering.length > 1) throw new Violation('two devices answered one call (R20)')
    if (role === 'caller' && answering.some((other) => other.id !== peerId)) {
      throw new Violation('the caller talks to one device, another believes that it is meant')
    }
  }
}

function checkDevice(device: Device): void {
  const { id, state, timers, links, direct, calls } = device
  const { call } = state
  const callId = call.kind === 'idle' || call.kind === 'ended' ? undefined : call.callId
  const running = timers.map(timerOf)
  const foreign = running.find((timer) => timer.callId !== callId)
  if (foreign) throw new Violation(`${id}: timer ${foreign.timer} outlives its call`)
  const bounds = boundsOf(device)
  if (bounds.length > 0 && !running.some(({ timer }) => bounds.includes(timer))) {
    throw new Violation(`${id}: nothing ends "${call.kind}"`)
  }
  if (links.some((link) => link.callId !== callId)) throw new Violation(`${id}: a relay link outlives its call`)
  if (direct && (call.kind !== 'connected' || direct.callId !== callId || call.direct.kind !== 'open')) {
    throw new Violation(`${id}: a direct path outlives its call`)
  }
  if (call.kind === 'connected' && call.direct.kind === 'open' && direct?.pathId !== call.direct.pathId) {
    throw new Violation(`${id}: believes in a direct path that is closed`)
  }
  const held = calls.find((known) => known.session && known.callId !== callId)
  if (held) throw new Violation(`${id}: keys outlive their call (R21)`)
  if (callId === undefined || call.kind === 'idle' || call.kind === 'ended') return
  const known = knownCall(device, callId)
  if (sendingPath(call) !== undefined && !(known?.accepted && known.session)) {
    throw new Violation(`${id}: media before both said yes`)
  }
  if (sendingPath(call) === 'direct' && !takesPackets(call, 'direct')) {
    throw new Violation(`${id}: media on a direct path that is not proven (R26)`)
  }
  if (sendingPath(call) === 'direct' && direct?.quiet === true) {
    throw new Violation(`${id}: media on a direct path that is quiet`)
  }
  const isQuiet = call.kind === 'connected' && call.direct.kind === 'open' && call.direct.quiet
  if (isQuiet && !running.some(({ timer }) => timer === 'direct-quiet')) {
    throw new Violation(`${id}: nothing ends a quiet path`)
  }
  if (call.kind === 'connected' && state.hideAddress && call.direct.kind === 'open') {
    throw new Violation(`${id}: hides its address and has a direct path`)
  }
  if ((call.local.video && !device.choice.video) || (call.local.audio && !device.choice.audio)) {
    throw new Violation(`${id}: opens a device that its user did not choose`)
  }
}
