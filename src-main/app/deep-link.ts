/** `sightline:` links: they open a place in the app with its field filled in. A link never calls by itself. No Electron in this file. */
import { parseLink as parseGroupLink } from '../../src-shared/group/link.ts'
import { normaliseHandle } from '../../src-shared/identity/handle.ts'
import type { Notices } from '../../src-shared/ipc/contract.ts'

export const LINK_SCHEME = 'sightline'

/** Anyone can write a link into a page or a message: what is not exactly known is ignored. */
const CALL = /^sightline:(?:\/\/)?call\/([^/?#]+)\/?$/i
/** `sightline:` before a whole link to a call, or `sightline://j/<host>/<linkId>#<secret>` (docs/protocol/group.md, section 6). */
const WHOLE = /^sightline:(https:.*)$/i
const DOOR = /^sightline:(?:\/\/)?j\/([^/?#]+)\/(.*)$/i
const LONGEST = 2000

export function parseLink(link: string): Notices['navigate'] | undefined {
  const door = callLink(link)
  if (door !== undefined) return { to: 'new-call', link: door }
  const encoded = link.length <= LONGEST ? CALL.exec(link)?.[1] : undefined
  if (encoded === undefined) return undefined
  let typed: string
  try {
    typed = decodeURIComponent(encoded)
  } catch {
    return undefined
  }
  const handle = normaliseHandle(typed)
  return handle === undefined ? undefined : { to: 'new-call', handle }
}

/** The link to a call as R38 writes it, of one under the scheme of this app. */
export function callLink(link: string): string | undefined {
  if (link.length > LONGEST) return undefined
  const [, authority, rest] = DOOR.exec(link) ?? []
  const url = authority === undefined ? WHOLE.exec(link)?.[1] : `https://${authority}/j/${rest ?? ''}`
  return url !== undefined && parseGroupLink(url) !== undefined ? url : undefined
}
