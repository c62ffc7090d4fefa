/** Sorts the errors of `getUserMedia` and `setSinkId` (W3C mediacapture-main section 10.3) by what the person can do about them. */
import type { DeviceProblem } from './media-session.ts'

export function problemOf(error: unknown): DeviceProblem {
  switch (error instanceof DOMException ? error.name : undefined) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'not-found'
    case 'NotReadableError':
    case 'AbortError':
      return 'in-use'
    default:
      return 'failed'
  }
}
