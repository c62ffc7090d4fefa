/** Receives the call's media port, which the preload posts to this window after 'call.openMediaPort'. */
import type { MediaPortHandover } from '../../src-shared/ipc/media-port.ts'
import type { CallId } from '../../src-shared/ipc/snapshot.ts'
import { request } from './sightline.ts'

function isHandover(data: unknown): data is MediaPortHandover {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'sightline-media-port'
}

/** Calls back with the port of `callId`, each time main hands one over; the returned function ends that. */
export function openMediaPort(callId: CallId, receive: (port: MessagePort) => void): () => void {
  const listener = (event: MessageEvent<unknown>) => {
    // Only this very window's preload may hand over a port: a frame or another window posts with another source or origin.
    if (event.source !== window || event.origin !== window.origin) return
    const [port] = event.ports
    if (port === undefined || !isHandover(event.data) || event.data.callId !== callId) return
    receive(port)
  }
  window.addEventListener('message', listener)
  void request('call.openMediaPort', callId)
  return () => {
    window.removeEventListener('message', listener)
  }
}
