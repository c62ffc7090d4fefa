/** `sightline:` links: they open a place in the app with its field filled in. A link never calls by itself. No Electron in this file. */
import { normaliseHandle } from '../../src-shared/identity/handle.ts'
import type { Notices } from '../../src-shared/ipc/contract.ts'

export const LINK_SCHEME = 'sightline'

/** Anyone can write a link into a page or a message: what is not exactly known is ignored. */
const CALL = /^sightline:(?:\/\/)?call\/([^/?#]+)\/?$/i
/** `sightline://j/<host>/<linkId>#<secret>`, what R38's link is for this scheme. */
const DOOR = /^sightline:(?:\/\/)?(?:https:\/\/([^/?#]+)\/)?j\/(?:([^/?#]+)\/)?([\w-]+)\/?#([\w-]+)$/i
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
  const [, before, after, linkId, secret] = (link.length <= LONGEST && DOOR.exec(link)) || []
  const authority = before ?? after
  if (authority === undefined || linkId === undefined || secret === undefined) return undefined
  if (before !== undefined && after !== undefined) return undefined
  return `https://${authority}/j/${linkId}#${secret}`
}
