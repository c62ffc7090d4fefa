/** What of the pictures that a receiver looks at its network carries: each small before any is large. */
import { VOICE_WITH_HEADERS } from '../../../src-shared/media/congestion/allocation.ts'
import { VOICES } from './loudest.ts'
import { halfOf, NOTHING, type PictureSource, type Share, whole } from './picture-source.ts'

export interface Wanted {
  readonly source: PictureSource
  /** The largest that makes a difference. */
  readonly layer: number
}

/** Of pictures: headers, reports and what is sent again. */
const OVERHEAD = 1.1

/**
 * A share for each, in the same order. `pictures`: the most important first. `downlink`: bits a second, without what shared screens take
 * of it; `undefined`: no limit is known. `others`: who may be heard.
 */
export function allocate(pictures: readonly Wanted[], downlink: number | undefined, others: number): readonly Share[] {
  if (downlink === undefined) return pictures.map(({ layer }) => whole(layer))
  let left = (downlink - Math.min(VOICES, others) * VOICE_WITH_HEADERS) / OVERHEAD
  const shares: Share[] = pictures.map(() => NOTHING)
  const cost = (at: number, share: Share): number =>
    share.layer < 0 ? 0 : (pictures[at]?.source.rateOf(share.layer, share.temporal) ?? 0)
  const raise = (at: number, to: Share): boolean => {
    const more = cost(at, to) - cost(at, shares[at] ?? NOTHING)
    if (more > left) return false
    left -= more
    shares[at] = to
    return true
  }
  for (const at of pictures.keys()) raise(at, halfOf(0))
  for (const [at, share] of shares.entries()) if (share.layer >= 0) raise(at, whole(0))
  for (const [at, { layer: largest }] of pictures.entries()) {
    if (shares[at]?.layer !== 0) continue
    for (let layer = largest; layer > 0; layer--) if (raise(at, whole(layer))) break
  }
  return shares
}
