/**
 * Links to a call (docs/protocol/group.md, R38 and section 6): `https://host/j/<linkId>#<secret>`. The secret keeps the service and strangers
 * from the door; a host opens it.
 */
import { fromBase64Url, toBase64Url } from '../base/base64url.ts'
import { type Bytes, concatBytes, equalBytes, erase } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { SIV_KEY_LENGTH, sivOpen, sivSeal } from '../crypto/aead.ts'
import { equalSecrets, expand, extract, hmacSha256, info, labelBytes } from '../crypto/hash.ts'
import { SIGNING_KEY_LENGTH } from '../crypto/signature.ts'
import { CLAIMED_NAME_MAX } from '../identity/display-name.ts'
import { readHandle } from '../identity/handle.ts'
import { parseAddress } from '../protocol/service/address.ts'

export const LINK_SECRET_LENGTH = 32
export const LINK_ID_LENGTH = 16
const LINK_KEY_LENGTH = 32

export interface LinkKeys {
  /** Under which the service has the card. */
  readonly linkId: Bytes
  /** Tags whoever has the link. */
  readonly linkKey: Bytes
  /** Seals the card. */
  readonly linkSeal: Bytes
}

export interface Link {
  /** `host` or `host:port`. */
  readonly authority: string
  readonly secret: Bytes
}

/** What the service keeps for whoever opens the link: whom to ask. */
export interface LinkCard {
  readonly hostHandle: string
  readonly accountPub: Bytes
  /** The host's claim, to be shown by `displayName` only. */
  readonly title: string
}

export function linkKeys(secret: Bytes): LinkKeys {
  const main = extract(labelBytes('link secret'), secret)
  const keys = {
    linkId: expand(main, info('link id'), LINK_ID_LENGTH),
    linkKey: expand(main, info('link auth'), LINK_KEY_LENGTH),
    linkSeal: expand(main, info('link seal'), SIV_KEY_LENGTH),
  }
  erase(main)
  return keys
}

export function formatLink({ authority, secret }: Link): string {
  return `https://${authority}/j/${toBase64Url(linkKeys(secret).linkId)}#${toBase64Url(secret)}`
}

/** `undefined` for anything that `formatLink` does not make; also where the linkId is not of this secret. */
export function parseLink(url: string): Link | undefined {
  const [, authority, linkId, fragment] = /^https:\/\/([^/?#@]+)\/j\/([^/?#]+)#(.+)$/.exec(url) ?? []
  if (authority === undefined || linkId === undefined || fragment === undefined) return undefined
  const secret = fromBase64Url(fragment)
  if (secret?.length !== LINK_SECRET_LENGTH || !parseAddress(`https://${authority}`).ok) return undefined
  const named = fromBase64Url(linkId)
  return named !== undefined && equalBytes(named, linkKeys(secret).linkId) ? { authority, secret } : undefined
}

export function sealLinkCard({ linkId, linkSeal }: LinkKeys, { hostHandle, accountPub, title }: LinkCard): Uint8Array {
  const card = new ByteWriter().text16(hostHandle).fixed(accountPub, SIGNING_KEY_LENGTH).text8(title).finish()
  return sivSeal(linkSeal, linkId, card)
}

export function openLinkCard({ linkId, linkSeal }: LinkKeys, sealed: Bytes): LinkCard | undefined {
  const card = sivOpen(linkSeal, linkId, sealed)
  if (card === undefined) return undefined
  return parse(card, (reader) => ({
    hostHandle: readHandle(reader),
    accountPub: reader.fixed(SIGNING_KEY_LENGTH),
    title: reader.text8(CLAIMED_NAME_MAX),
  }))
}

/** In the guest's Join: of this device, for this group, and this Join only. */
export function linkTag(
  linkKey: Bytes,
  join: { readonly groupId: Bytes; readonly certHash: Bytes; readonly nonce: Bytes },
): Uint8Array {
  return hmacSha256(linkKey, concatBytes(labelBytes('link tag'), join.groupId, join.certHash, join.nonce))
}

/** In the GroupInvite that answers a Knock: the call is the link's. */
export function linkProof(linkKey: Bytes, createHash: Bytes, knockNonce: Bytes): Uint8Array {
  return hmacSha256(linkKey, concatBytes(labelBytes('link proof'), createHash, knockNonce))
}

/** In a Knock. */
export function knockTag(linkKey: Bytes, certHash: Bytes, nonce: Bytes): Uint8Array {
  return hmacSha256(linkKey, concatBytes(labelBytes('knock'), certHash, nonce))
}

/** Without a branch on the tag's content. */
export function tagMatches(expected: Bytes, tag: Bytes | undefined): boolean {
  return tag !== undefined && equalSecrets(expected, tag)
}
