/**
 * One device's connection to the relay: node-datachannel as the answering side, on the UDP port that all share.
 * A throw inside a native callback aborts the process, so each is guarded; a reference that is dropped closes the
 * object silently, so all are kept until the connection says that it is closed.
 */
import { type DataChannel, PeerConnection, type Track } from 'node-datachannel'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import { RELAY_MESSAGE_MAX } from '../../src-shared/protocol/relay-frame.ts'

const GATHERING_MAX: Ms = 3 * SECOND
const CLOSING_MAX: Ms = 2 * SECOND
const CHANNEL = 'control'
/** `kind u8 | peer [8]` and room for a later field. */
const MESSAGE_SIZE_MAX = RELAY_MESSAGE_MAX + 64
/** A member that does not read. The library hides about as much again. */
const UNSENT_MAX = 1024 * 1024
/** Who sends at its own pace stops here: far above what is under way to a device that reads. */
const CONGESTED = 256 * 1024

export interface PeerOptions {
  readonly port: number
  readonly bindAddress: string | undefined
}

export interface PeerListener {
  /** The channel is open: DTLS stands, frames come and go. The track opens at about the same time. */
  opened(): void
  frame(bytes: Bytes): void
  packet(packet: Buffer): void
  /** What was sent is on its way, after `congested`. */
  drained(): void
  /** Once; the connection is closed or will be. */
  gone(): void
  /** Something threw inside a callback. */
  defect(error: unknown): void
}

/** A connection, over whichever transport. */
export interface Peer {
  sendFrame(frame: Bytes): void
  sendPacket(packet: Buffer): void
  /** It does not read as fast as it is sent to; `drained` follows. */
  congested(): boolean
  /** Resolves when nothing of it is left. */
  close(): Promise<void>
}

export class RelayPeer implements Peer {
  readonly #connection: PeerConnection
  readonly #listener: PeerListener
  readonly #closed: Promise<void>
  #markClosed: () => void = () => undefined
  #track: Track | undefined
  #channel: DataChannel | undefined
  #gathered: (() => void) | undefined
  #opened = false
  /** Kept here: asking the library costs a tenth of a send. */
  #trackOpen = false
  #gone = false

  constructor(options: PeerOptions, listener: PeerListener) {
    this.#listener = listener
    this.#closed = new Promise((resolve) => (this.#markClosed = resolve))
    this.#connection = new PeerConnection('relay', {
      iceServers: [],
      enableIceUdpMux: true,
      portRangeBegin: options.port,
      portRangeEnd: options.port,
      maxMessageSize: MESSAGE_SIZE_MAX,
      ...(options.bindAddress === undefined ? {} : { bindAddress: options.bindAddress }),
    })
    this.#connection.onStateChange(this.#guard((state) => this.#changed(state)))
    this.#connection.onGatheringStateChange(this.#guard((state) => state === 'complete' && this.#gathered?.()))
    this.#connection.onTrack(this.#guard((track) => this.#useTrack(track)))
    this.#connection.onDataChannel(this.#guard((channel) => this.#useChannel(channel)))
  }

  /** The complete answer to `offer`, which `buildOffer` made. Rejects when the library refuses it or does not come to an end. */
  async answer(offer: string): Promise<string> {
    const gathered = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer within time')), GATHERING_MAX)
      this.#gathered = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    // The answer is made within this call (automatic negotiation): a failure throws here and not in a callback.
    this.#connection.setRemoteDescription(offer, 'offer')
    await gathered
    const answer = this.#connection.localDescription()
    if (answer === null || answer.type !== 'answer') throw new Error('no answer')
    return answer.sdp
  }

  sendFrame(frame: Bytes): void {
    const channel = this.#channel
    if (channel === undefined || !channel.isOpen()) return
    try {
      if (channel.bufferedAmount() > UNSENT_MAX) this.#leave()
      else channel.sendMessageBinary(frame)
    } catch {
      // It has just closed; the state change follows. When a whole group leaves, that is so for many at once.
    }
  }

  sendPacket(packet: Buffer): void {
    if (!this.#trackOpen) return
    try {
      this.#track?.sendMessageBinary(packet)
    } catch {
      // Not sent: to the receiver a lost packet like any other.
    }
  }

  congested(): boolean {
    return (this.#channel?.bufferedAmount() ?? 0) > CONGESTED
  }

  /** Resolves when the native connection is closed, or after a while without it. */
  async close(): Promise<void> {
    this.#gone = true
    this.#trackOpen = false
    this.#gathered?.()
    this.#track?.close()
    this.#channel?.close()
    this.#connection.close()
    const timer = setTimeout(() => this.#markClosed(), CLOSING_MAX)
    await this.#closed
    clearTimeout(timer)
  }

  #guard<Arguments extends readonly unknown[]>(callback: (...values: Arguments) => unknown) {
    return (...values: Arguments) => {
      try {
        callback(...values)
      } catch (error) {
        this.#listener.defect(error)
        this.#leave()
      }
    }
  }

  #changed(state: string): void {
    if (state === 'closed') this.#markClosed()
    if (state === 'closed' || state === 'failed') this.#leave()
  }

  #useTrack(track: Track): void {
    if (this.#track !== undefined) {
      track.close()
      return
    }
    this.#track = track
    this.#trackOpen = track.isOpen()
    track.onOpen(this.#guard(() => (this.#trackOpen = !this.#gone)))
    track.onClosed(this.#guard(() => this.#leave()))
    track.onMessage(this.#guard((packet) => this.#gone || this.#listener.packet(packet)))
  }

  #useChannel(channel: DataChannel): void {
    if (this.#channel !== undefined || channel.getLabel() !== CHANNEL) {
      channel.close()
      return
    }
    this.#channel = channel
    channel.onOpen(this.#guard(() => this.#open()))
    channel.onClosed(this.#guard(() => this.#leave()))
    channel.setBufferedAmountLowThreshold(CONGESTED)
    channel.onBufferedAmountLow(this.#guard(() => this.#gone || this.#listener.drained()))
    channel.onMessage(
      this.#guard((message) => {
        // Callbacks of different events may overtake one another.
        this.#open()
        if (this.#gone) return
        if (Buffer.isBuffer(message)) this.#listener.frame(message)
        else this.#leave()
      }),
    )
    if (channel.isOpen()) this.#open()
  }

  #open(): void {
    if (this.#opened || this.#gone) return
    this.#opened = true
    this.#listener.opened()
  }

  #leave(): void {
    this.#trackOpen = false
    if (this.#gone) return
    this.#gone = true
    this.#listener.gone()
  }
}
