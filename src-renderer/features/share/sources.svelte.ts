/** The screens and windows that can be shared, with pictures that follow what they show. */
import { SECOND } from '../../../src-shared/base/time.ts'
import type { ScreenSources } from '../../../src-shared/ipc/screen-sources.ts'
import { request } from '../../bridge/sightline.ts'

/** Between two looks: each takes a picture of every window. */
const LOOK_AGAIN_MS = 2 * SECOND

export class Sources {
  /** `undefined`: the system is being asked. */
  #found = $state.raw<ScreenSources | 'failed' | undefined>()

  get found(): ScreenSources | 'failed' | undefined {
    return this.#found
  }

  /** Looks now and again until the returned function is called. */
  watch(): () => void {
    let ended = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      const found = await request('screen.sources', undefined).catch(() => 'failed' as const)
      if (ended) return
      this.#found = found
      if (found === 'failed' || found.kind === 'denied' || found.mayAskAgain) {
        timer = setTimeout(() => void look(), LOOK_AGAIN_MS)
      }
    }
    void look()
    return () => {
      ended = true
      clearTimeout(timer)
    }
  }
}
