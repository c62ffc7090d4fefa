/**
 * This folder connects devices: to the relay and to one another. It knows packets and messages, and nothing of what is in them, of calls or
 * of the service. This file is the only one that touches node-datachannel: one connection with one SendRecv track, which carries RTP and RTCP
 * as they are, and one reliable channel for messages.
 *
 * The library's traps that are handled here and nowhere else: a throw inside a callback aborts the process; an object that nobody holds
 * closes itself silently; callbacks may come after `close`; a connection with a second media line can be made to hang the whole process.
 */
import { type DataChannel, PeerConnection, type Track, Video } from 'node-datachannel'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Clock, type Ms } from '../../src-shared/base/time.ts'

export interface PeerListener {
  /** The local description, once, without candidates. */
  described(sdp: string): void
  /** `candidate:…`, RFC 8839 section 5.1. */
  candidate(candidate: string): void
  gathered(): void
  /** DTLS stands; track and channel are open. */
  opened(): void
  message(message: Bytes): void
  packet(packet: Bytes): void
  /** Could not connect, or no longer is; nothing follows. The peer must still be closed. */
  lost(): void
}

export interface PeerOptions {
  readonly clock: Clock
  /** The one address to use; all of the machine's if left out. */
  readonly bindAddress?: string | undefined
  /** `stun:host:port` */
  readonly stunServers?: readonly string[] | undefined
}

/** In the descriptions that `session-description.ts` writes, and fixed by the library for ours. */
export const MEDIA_MID = 'm'
export const CHANNEL_MID = '0'
export const CHANNEL_LABEL = 'control'

/**
 * What was sent just before `close` should still arrive. The library loses it in two places: a receiver drops what it has not handed on
 * yet when it hears that the channel is closed, and a sender drops what is queued when its connection closes.
 */
const LINGER: Ms = 200
const FLUSH: Ms = 300

/** Everything native that is in use. */
const held = new Set<Peer>()

export class Peer {
  readonly #connection: PeerConnection
  readonly #listener: PeerListener
  readonly #clock: Clock
  #track: Track | undefined
  #channel: DataChannel | undefined
  #opened = false
  /** After `lost` or `close` the listener hears nothing more. */
  #silent = false
  #closing = false

  constructor(name: string, role: 'offerer' | 'answerer', options: PeerOptions, listener: PeerListener) {
    this.#listener = listener
    this.#clock = options.clock
    this.#connection = new PeerConnection(name, {
      iceServers: [...(options.stunServers ?? [])],
      forceMediaTransport: true,
      // The answerer answers as soon as it has the offer; asking for an answer at any other moment aborts the process.
      disableAutoNegotiation: role === 'offerer',
      ...(options.bindAddress === undefined ? {} : { bindAddress: options.bindAddress }),
    })
    held.add(this)
    this.#listen()
    if (role === 'offerer') this.#offer()
  }

  /** `false` if the library refuses the description. */
  setRemoteDescription(sdp: string, type: 'offer' | 'answer'): boolean {
    return attempt(() => this.#connection.setRemoteDescription(sdp, type))
  }

  /** Only after the remote description. One that the library refuses is dropped. */
  addCandidate(candidate: string): void {
    attempt(() => this.#connection.addRemoteCandidate(candidate, MEDIA_MID))
  }

  /** SHA-256 of the certificate that the other end showed, as in SDP; only of a connection that is up (the library also has it after a refusal). */
  connectedFingerprint(): string | undefined {
    if (this.#connection.state() !== 'connected') return undefined
    const { algorithm, value } = this.#connection.remoteFingerprint()
    return algorithm === 'sha-256' ? value : undefined
  }

  /** Of this computer; of a connection that is up. */
  get localAddress(): string | undefined {
    return this.#connection.getSelectedCandidatePair()?.local.address
  }

  /** `false` if the channel is not open. What the network does not take at once is queued. */
  send(message: Bytes): boolean {
    const channel = this.#channel
    if (this.#silent || !channel?.isOpen()) return false
    return attempt(() => channel.sendMessageBinary(message))
  }

  /** `false` if the packet was not sent: the track is not open, or the packet does not fit into a datagram. */
  sendPacket(packet: Bytes): boolean {
    const track = this.#track
    if (this.#silent || !track?.isOpen()) return false
    let sent = false
    attempt(() => (sent = track.sendMessageBinary(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength))))
    return sent
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#silent = true
    const channel = this.#channel
    if (!channel?.isOpen()) {
      this.#shut()
      return
    }
    this.#clock.after(LINGER, () => {
      attempt(() => channel.close())
      this.#clock.after(FLUSH, () => this.#shut())
    })
  }

  #shut(): void {
    attempt(() => this.#channel?.close())
    // The track before the connection: the other order keeps the process from ending by itself.
    attempt(() => this.#track?.close())
    attempt(() => this.#connection.close())
    // The native objects report their own end on another thread; held until then.
    this.#clock.after(FLUSH, () => held.delete(this))
  }

  #offer(): void {
    const video = new Video(MEDIA_MID, 'SendRecv')
    // Any codec will do: the track carries whatever is given to it.
    video.addVideoCodec(96, 'VP8')
    this.#useTrack(this.#connection.addTrack(video))
    this.#useChannel(this.#connection.createDataChannel(CHANNEL_LABEL))
    this.#connection.setLocalDescription('offer')
  }

  #listen(): void {
    const connection = this.#connection
    connection.onLocalDescription(this.#guard((sdp: string) => this.#listener.described(sdp)))
    connection.onLocalCandidate(
      this.#guard((candidate: string) => this.#listener.candidate(candidate.replace(/^a=/, ''))),
    )
    connection.onGatheringStateChange(
      this.#guard((state: string) => {
        if (state === 'complete') this.#listener.gathered()
      }),
    )
    connection.onStateChange(
      this.#guard((state: string) => {
        if (state === 'connected') this.#announce()
        else if (state === 'disconnected' || state === 'failed' || state === 'closed') this.#lose()
      }),
    )
    connection.onTrack(
      guarded((track: Track) => {
        if (this.#track === undefined && !this.#silent) this.#useTrack(track)
        else discard(track)
      }),
    )
    connection.onDataChannel(
      guarded((channel: DataChannel) => {
        if (this.#channel === undefined && !this.#silent && channel.getLabel() === CHANNEL_LABEL) {
          this.#useChannel(channel)
        } else discard(channel)
      }),
    )
  }

  #useTrack(track: Track): void {
    this.#track = track
    track.onOpen(this.#guard(() => this.#announce()))
    track.onClosed(this.#guard(() => this.#lose()))
    track.onError(this.#guard(() => this.#lose()))
    track.onMessage(this.#guard((packet: Buffer) => this.#listener.packet(packet)))
  }

  #useChannel(channel: DataChannel): void {
    this.#channel = channel
    channel.onOpen(this.#guard(() => this.#announce()))
    channel.onClosed(this.#guard(() => this.#lose()))
    channel.onError(this.#guard(() => this.#lose()))
    channel.onMessage(
      this.#guard((message: string | Buffer | ArrayBuffer) => {
        // Text is not spoken here.
        if (typeof message !== 'string') this.#listener.message(new Uint8Array(message))
      }),
    )
    this.#announce()
  }

  #announce(): void {
    if (this.#opened || !this.#track?.isOpen() || !this.#channel?.isOpen()) return
    if (this.#connection.state() !== 'connected') return
    this.#opened = true
    this.#listener.opened()
  }

  #lose(): void {
    this.#silent = true
    this.#listener.lost()
  }

  #guard<Arguments extends readonly unknown[]>(callback: (...args: Arguments) => void): (...args: Arguments) => void {
    return guarded((...args: Arguments) => {
      if (!this.#silent) callback(...args)
    })
  }
}

/** An error inside a native callback would abort the process without a trace; it is thrown again where Node sees it. */
function guarded<Arguments extends readonly unknown[]>(
  callback: (...args: Arguments) => void,
): (...args: Arguments) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
  }
}

/** The library throws for whatever it cannot do now (not open, already closed, not understood); to a caller all are "no". */
function attempt(action: () => void): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}

function discard(native: Track | DataChannel): void {
  native.onClosed(() => undefined)
  attempt(() => native.close())
}
