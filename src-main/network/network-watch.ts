/**
 * This folder is what all connections of the app share: signs of life, and news of the computer's own network.
 *
 * This file notices that the computer has other addresses than before: no system tells it in one way, so it is looked at.
 */
import { networkInterfaces } from 'node:os'
import { type Clock, type Ms, SECOND } from '../../src-shared/base/time.ts'

/** A look takes some 0.1 ms. */
const INTERVAL: Ms = SECOND

type Interfaces = ReturnType<typeof networkInterfaces>

export interface NetworkChange {
  /** This computer had the address and has it no more: nothing that was bound to it comes through again. */
  isGone(address: string | undefined): boolean
}

/** Something may be different: the computer woke up. */
export const UNKNOWN_CHANGE: NetworkChange = { isGone: () => false }

export interface NetworkWatchOptions {
  readonly clock: Clock
  readonly interfaces?: () => Interfaces
  readonly changed: (change: NetworkChange) => void
}

/** Until the function that it gives is called. */
export function watchNetwork({ clock, interfaces = networkInterfaces, changed }: NetworkWatchOptions): () => void {
  let before = addressesOf(interfaces())
  let cancel = clock.after(INTERVAL, look)
  function look(): void {
    cancel = clock.after(INTERVAL, look)
    const [earlier, now] = [before, addressesOf(interfaces())]
    before = now
    if (earlier.size === now.size && [...earlier].every((address) => now.has(address))) return
    changed({ isGone: (address) => address !== undefined && earlier.has(address) && !now.has(address) })
  }
  return () => {
    cancel()
  }
}

/** Compared and told to nobody. */
function addressesOf(interfaces: Interfaces): ReadonlySet<string> {
  const all = Object.values(interfaces).flatMap((addresses = []) => addresses)
  return new Set(all.filter(({ internal }) => !internal).map(({ address }) => address))
}
