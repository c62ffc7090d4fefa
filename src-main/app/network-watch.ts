/** Notices that this computer has other addresses than before: no system tells it in one way, so it is looked at. */
import { networkInterfaces } from 'node:os'
import { type Clock, type Ms, SECOND } from '../../src-shared/base/time.ts'

/** A look takes some 0.1 ms. */
const INTERVAL: Ms = 2 * SECOND

type Interfaces = ReturnType<typeof networkInterfaces>

export interface NetworkWatchOptions {
  readonly clock: Clock
  readonly interfaces?: () => Interfaces
  readonly changed: () => void
}

/** Until the function that it gives is called. */
export function watchNetwork({ clock, interfaces = networkInterfaces, changed }: NetworkWatchOptions): () => void {
  let before = addressesOf(interfaces())
  let cancel = clock.after(INTERVAL, look)
  function look(): void {
    cancel = clock.after(INTERVAL, look)
    const now = addressesOf(interfaces())
    if (now === before) return
    before = now
    changed()
  }
  return () => {
    cancel()
  }
}

/** Compared and kept nowhere: an address does not leave this file. */
function addressesOf(interfaces: Interfaces): string {
  const all = Object.values(interfaces).flatMap((addresses = []) => addresses)
  return all
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .sort()
    .join()
}
