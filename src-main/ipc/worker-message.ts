/** Validates what arrives from the media worker. No Electron in this file. */
import type { FromWorker } from '../../src-shared/ipc/media-port.ts'
import { CREDITS } from '../../src-shared/ipc/media-port.ts'

/** One frame's packets: a 4K keyframe at the highest rate stays far below it. */
export const MAX_BATCH = 4 << 20

/** `undefined` for everything that is not a message of the contract. Whether the batch splits into packets, the call finds. */
export function checkWorkerMessage(data: unknown): FromWorker | undefined {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return undefined
  if (data.kind === 'packets' && 'batch' in data && data.batch instanceof Uint8Array) {
    return data.batch.length <= MAX_BATCH ? { kind: 'packets', batch: data.batch } : undefined
  }
  if (data.kind === 'credit' && 'count' in data && typeof data.count === 'number') {
    const { count } = data
    return Number.isInteger(count) && count > 0 && count <= CREDITS ? { kind: 'credit', count } : undefined
  }
  return undefined
}
