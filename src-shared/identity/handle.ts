/**
 * Handles: what a person types to reach another. One of a user name, an e-mail address and a phone number, all ASCII:
 * two handles that look alike on the screen must not be two people.
 */

import { type ByteReader, MalformedError } from '../base/reader.ts'

/** Bytes; what Invite and the service have room for. */
export const HANDLE_MAX = 320

const USER_NAME = /^[a-z0-9._-]{3,32}$/
/** The dot-atom of RFC 5322 section 3.2.3 and a host name; 64 and 254 characters are the limits of RFC 5321 section 4.5.3.1. */
const EMAIL =
  /^(?=.{3,254}$)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const EMAIL_LOCAL_MAX = 64
/** ITU-T E.164: at most 15 digits, country code first. */
const PHONE = /^\+[1-9][0-9]{6,14}$/
const PHONE_SPACING = /[\s().-]/g

/** The one spelling of a handle that the directory knows; `undefined` if `typed` cannot be a handle. */
export function normaliseHandle(typed: string): string | undefined {
  if (typed.length > 4 * HANDLE_MAX) return undefined
  const text = typed.normalize('NFKC').trim().toLowerCase()
  if (text.includes('@')) return EMAIL.test(text) && text.indexOf('@') <= EMAIL_LOCAL_MAX ? text : undefined
  if (text.startsWith('+')) {
    const phone = text.replace(PHONE_SPACING, '')
    return PHONE.test(phone) ? phone : undefined
  }
  return USER_NAME.test(text) ? text : undefined
}

/** `handle` is spelled as the directory spells it: what foreign bytes must carry. */
export function isHandle(handle: string): boolean {
  return normaliseHandle(handle) === handle
}

/** A `text16` that is spelled so, inside a codec: for handles that may be shown before anybody looked them up. */
export function readHandle(reader: ByteReader): string {
  const handle = reader.text16(HANDLE_MAX)
  if (!isHandle(handle)) throw new MalformedError('not a handle')
  return handle
}
