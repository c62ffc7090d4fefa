/**
 * The relay over a WebSocket, for networks that let no UDP through (docs/protocol/service.md, section 5.3). RelayConnect with this offer is
 * answered by a token; who opens a WebSocket at `/v1/relay` and sends the token first has the connection that it asked for. Afterwards
 * every message is `kind u8 | bytes`: a frame, or an RTP or RTCP packet as it is.
 */
import { fromBase64Url, toBase64Url } from '../../base/base64url.ts'
import type { Bytes } from '../../base/bytes.ts'

/** What stands in the place of an SDP offer. */
export const SOCKET_OFFER = 'websocket'
export const SOCKET_TOKEN_LENGTH = 16
/** Of a message: the largest frame, and the kind before it. */
export const SOCKET_MESSAGE_MAX = 66_000
const ANSWER = `${SOCKET_OFFER} `
const FRAME = 0
const PACKET = 1

export function socketAnswer(token: Bytes): string {
  return ANSWER + toBase64Url(token)
}

/** `undefined` for anything that `socketAnswer` does not make. */
export function parseSocketAnswer(answer: string): Uint8Array | undefined {
  const token = answer.startsWith(ANSWER) ? fromBase64Url(answer.slice(ANSWER.length)) : undefined
  return token?.length === SOCKET_TOKEN_LENGTH ? token : undefined
}

export function encodeSocketMessage(kind: 'frame' | 'packet', bytes: Bytes): Uint8Array {
  const message = new Uint8Array(1 + bytes.length)
  message[0] = kind === 'frame' ? FRAME : PACKET
  message.set(bytes, 1)
  return message
}

/** `undefined` for another kind. */
export function parseSocketMessage(
  message: Bytes,
): { readonly kind: 'frame' | 'packet'; readonly bytes: Bytes } | undefined {
  if (message[0] !== FRAME && message[0] !== PACKET) return undefined
  return { kind: message[0] === FRAME ? 'frame' : 'packet', bytes: message.subarray(1) }
}
