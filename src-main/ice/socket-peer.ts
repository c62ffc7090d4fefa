/** The path through the relay over a WebSocket, for networks that let no UDP through (docs/protocol/service.md, section 5.3). */
import { WebSocket } from 'ws'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import {
  encodeSocketMessage,
  parseSocketMessage,
  SOCKET_MESSAGE_MAX,
} from '../../src-shared/protocol/service/relay-socket.ts'
import type { PeerListener } from './node-peer.ts'

export interface SocketPlace {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** A third of a second of a picture: what is beyond would come too late. */
const LATE = 64 * 1024
const DIAL_MAX = 8000

export class SocketPeer {
  readonly #socket: WebSocket
  readonly #listener: Pick<PeerListener, 'opened' | 'message' | 'packet' | 'lost'>
  #silent = false
  #localAddress: string | undefined

  constructor(
    { url, headers }: SocketPlace,
    token: Bytes,
    listener: Pick<PeerListener, 'opened' | 'message' | 'packet' | 'lost'>,
  ) {
    this.#listener = listener
    this.#socket = new WebSocket(url, {
      headers,
      handshakeTimeout: DIAL_MAX,
      maxPayload: SOCKET_MESSAGE_MAX,
      perMessageDeflate: false,
      followRedirects: false,
    })
    this.#socket.on('upgrade', (response) => (this.#localAddress = response.socket.localAddress))
    this.#socket.on('open', () => {
      this.#socket.send(token)
      if (!this.#silent) listener.opened()
    })
    this.#socket.on('message', (data, isBinary) => {
      const message = isBinary && Buffer.isBuffer(data) ? parseSocketMessage(data) : undefined
      if (this.#silent) return
      if (message === undefined) this.#lose()
      else if (message.kind === 'frame') listener.message(new Uint8Array(message.bytes))
      else listener.packet(message.bytes)
    })
    // An error is followed by 'close', which says all there is to say.
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => this.#lose())
  }

  /** Of this computer. */
  get localAddress(): string | undefined {
    return this.#localAddress
  }

  send(message: Bytes): boolean {
    return this.#transmit('frame', message)
  }

  /** `false` also for one that would come too late behind what waits. */
  sendPacket(packet: Bytes): boolean {
    return this.#socket.bufferedAmount <= LATE && this.#transmit('packet', packet)
  }

  /** What was sent just before still leaves. */
  close(): void {
    this.#silent = true
    this.#socket.close()
  }

  #transmit(kind: 'frame' | 'packet', bytes: Bytes): boolean {
    if (this.#silent || this.#socket.readyState !== WebSocket.OPEN) return false
    this.#socket.send(encodeSocketMessage(kind, bytes))
    return true
  }

  #lose(): void {
    if (this.#silent) return
    this.#silent = true
    this.#socket.terminate()
    this.#listener.lost()
  }
}
