/**
 * This folder carries news between the parts of the service, and between its nodes when there are several: which
 * device has mail, came online elsewhere, or was revoked. News only wakes; what counts stands in the database.
 * The bus of a single process is all there is today.
 */

export type DeviceNews =
  | { readonly kind: 'mail' }
  /** The device has authenticated this connection; older ones end. */
  | { readonly kind: 'connected'; readonly connection: string }
  | { readonly kind: 'revoked' }

export interface Bus {
  /** `device` is a certHash in hexadecimal. Listeners hear of it later, never inside this call. */
  publish(device: string, news: DeviceNews): void
  subscribe(device: string, listener: (news: DeviceNews) => void): () => void
}

export function createLocalBus(): Bus {
  const listeners = new Map<string, Set<(news: DeviceNews) => void>>()
  return {
    publish(device, news) {
      for (const listener of listeners.get(device) ?? []) setImmediate(() => listener(news))
    },
    subscribe(device, listener) {
      const own = listeners.get(device) ?? new Set()
      listeners.set(device, own.add(listener))
      return () => {
        own.delete(listener)
        if (own.size === 0 && listeners.get(device) === own) listeners.delete(device)
      }
    },
  }
}
