/**
 * What a page may capture of the screen: the one source that the person picked in our own picker, with sound or without, once, and soon after. No
 * Electron in this file. `Page` is what a request comes from.
 */
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import type { ScreenPick } from '../../src-shared/ipc/screen-sources.ts'

/** From the pick to the capture passes a round trip between two processes. */
export const PICK_LASTS: Ms = 5 * SECOND

export interface Picked<Source> {
  readonly source: Source
  /** Together with what the computer plays. */
  readonly sound: boolean
}

interface Pick<Page, Source> extends Picked<Source> {
  readonly page: Page
  readonly until: Ms
  /** The page's one request for it was let through. */
  admitted: boolean
}

export class ScreenPicks<Page, Source extends { readonly id: string }> {
  #offered: ReadonlyMap<string, Source> = new Map()
  #pick: Pick<Page, Source> | undefined

  /** These are in the picker now, and only these can be picked. */
  offer(sources: readonly Source[]): void {
    this.#offered = new Map(sources.map((source) => [source.id, source]))
  }

  /** The person chose. `false`: there is no such source. */
  pick(page: Page, { id, sound }: ScreenPick, now: Ms): boolean {
    const source = this.#offered.get(id)
    this.#pick = source === undefined ? undefined : { page, source, sound, until: now + PICK_LASTS, admitted: false }
    return source !== undefined
  }

  /** The page asks to capture something of the screen: once for each pick. Which thing it is to be is not known yet. */
  admit(page: Page, now: Ms): boolean {
    const pick = this.#pick
    if (pick?.page !== page || pick.admitted || now > pick.until) return false
    pick.admitted = true
    return true
  }

  /** What the page gets: what was picked, once; `undefined`: nothing. */
  take(page: Page, now: Ms): Picked<Source> | undefined {
    const pick = this.#pick
    if (pick?.page !== page || now > pick.until) return undefined
    this.#pick = undefined
    return pick
  }
}
