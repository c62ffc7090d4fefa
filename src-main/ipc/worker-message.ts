/** Validates what arrives from the media worker. No Electron in this file. */
import * as v from 'valibot'
import { CREDITS, type FromWorker } from '../../src-shared/ipc/media-port.ts'
import { LAYERS_MAX, MISSING_MAX, RELAY_RECEIVERS_MAX } from '../../src-shared/protocol/relay-frame.ts'

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
  const request = v.safeParse(groupRequest, data)
  return request.success ? request.output : undefined
}

const u32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))
const u16 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff))
const layer = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(LAYERS_MAX - 1))
/** A certHash. */
const member = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

const groupRequest = v.variant('kind', [
  v.strictObject({
    kind: v.literal('look'),
    downlink: u32,
    pictures: v.pipe(v.array(v.strictObject({ member, layer })), v.maxLength(RELAY_RECEIVERS_MAX)),
  }),
  v.strictObject({ kind: v.literal('stalled'), member }),
  v.strictObject({
    kind: v.literal('missing'),
    ssrc: u32,
    sequenceNumbers: v.pipe(v.array(u16), v.minLength(1), v.maxLength(MISSING_MAX)),
  }),
])
