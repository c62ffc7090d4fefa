/**
 * Holds the relay's UDP port, so that a taken port is noticed at the start and nobody takes it while there is no member.
 * The library does not give a port back before the process ends (measured with 0.33.4: `stop()` leaves it bound), so
 * a service that is started again in the same process finds the port held by itself.
 */
import { IceUdpMuxListener } from 'node-datachannel'
import { randomInt } from 'node:crypto'

const held = new Map<string, IceUdpMuxListener>()

/** Below the range from which systems take the ports of outgoing connections. */
const ANY_FROM = 20_000
const ANY_TO = 32_000
const ATTEMPTS = 20

/** The port's number; `wanted` 0 for any. Throws if it is taken. */
export function holdUdpPort(wanted: number, bindAddress: string | undefined): number {
  if (wanted !== 0) return hold(wanted, bindAddress)
  for (let attempt = 1; ; attempt++) {
    try {
      return hold(randomInt(ANY_FROM, ANY_TO), bindAddress)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

function hold(port: number, bindAddress: string | undefined): number {
  const name = `${bindAddress ?? '*'} ${String(port)}`
  if (!held.has(name)) {
    try {
      held.set(name, new IceUdpMuxListener(port, bindAddress))
    } catch {
      throw new UdpPortTakenError()
    }
  }
  return port
}

export class UdpPortTakenError extends Error {
  override readonly name = 'UdpPortTakenError'
  readonly code = 'EADDRINUSE'

  constructor() {
    super('The UDP port is taken.')
  }
}
