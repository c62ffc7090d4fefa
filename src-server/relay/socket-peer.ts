/** One device's connection to the relay over a WebSocket: TCP carries what UDP could not. Late media are dropped before they queue. */
import type { RawData, WebSocket } from 'ws'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { encodeSocketMessage, parseSocketMessage } from '../../src-shared/protocol/service/relay-socket.ts'
import type { Peer, PeerListener } from './peer.ts'

/** A member that does not read. */
const UNSENT_MAX = 1024 * 1024
const CONGESTED = 256 * 1024
/** A third of a second of a picture: what is beyond would come too late. */
const LATE = 64 * 1024
const DRAIN_CHECK_MS = 50

export class SocketPeer implements Peer {
  readonly #socket: WebSocket
  readonly #listener: PeerListener
  #gone = false
  #drainTimer: NodeJS.Timeout | undefined

  /** The socket is open, and its token was taken. */
  constructor(socket: WebSocket, listener: PeerListener) {
    this.#socket = socket
    this.#listener = listener
    socket.on('message', (data, isBinary) => this.#guard(() => this.#received(data, isBinary)))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#leave())
  }

  sendFrame(frame: Bytes): void {
    if (this.#gone) return
    if (this.#socket.bufferedAmount > UNSENT_MAX) this.#leave()
    else this.#socket.send(encodeSocketMessage('frame', frame))
  }

  sendPacket(packet: Buffer): void {
    if (this.#gone || this.#socket.bufferedAmount > LATE) return
    this.#socket.send(encodeSocketMessage('packet', packet))
  }

  congested(): boolean {
    if (this.#socket.bufferedAmount <= CONGESTED) return false
    this.#drainTimer ??= setTimeout(() => {
      this.#drainTimer = undefined
      if (!this.#gone && !this.congested()) this.#guard(() => this.#listener.drained())
    }, DRAIN_CHECK_MS)
    return true
  }

  close(): Promise<void> {
    this.#gone = true
    clearTimeout(this.#drainTimer)
    this.#socket.close()
    return Promise.resolve()
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#gone) return
    const message = isBinary && Buffer.isBuffer(data) ? parseSocketMessage(data) : undefined
    if (message === undefined) this.#leave()
    else if (message.kind === 'frame') this.#listener.frame(message.bytes)
    else this.#listener.packet(Buffer.from(message.bytes))
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#listener.defect(error)
      this.#leave()
    }
  }

  #leave(): void {
    if (this.#gone) return
    this.#gone = true
    clearTimeout(this.#drainTimer)
    this.#socket.terminate()
    this.#listener.gone()
  }
}
