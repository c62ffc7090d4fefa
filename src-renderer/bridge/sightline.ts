/**
 * The renderer's only way to the main process: the one reader of what the preload put on `window.sightline`.
 * Screens and features ask through `request` and show what `live-snapshot.svelte.ts` holds; nothing here decides anything.
 */
import type { Bridge, NoticeName, Notices, RequestName, Requests } from '../../src-shared/ipc/contract.ts'

declare global {
  interface Window {
    readonly sightline: Bridge
  }
}

export const platform = window.sightline.platform
export const version = window.sightline.version

export function request<Name extends RequestName>(
  name: Name,
  argument: Requests[Name]['argument'],
): Promise<Requests[Name]['answer']> {
  return window.sightline.request(name, argument)
}

export function on<Name extends NoticeName>(name: Name, listener: (payload: Notices[Name]) => void): () => void {
  return window.sightline.on(name, listener)
}
