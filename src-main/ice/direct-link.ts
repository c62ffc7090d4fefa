/**
 * The direct path between two devices (R26). No session description travels: both ends write the other's from a `DirectEndpoint`.
 *
 * The offerer tells its candidates only once it has the answer. Before, the answerer would begin to connect to an end that cannot check
 * its certificate yet, which fails now and then; and the addresses of a caller whose offer nobody answers stay with the caller.
 */
import { type Bytes, equalBytes } from '../../src-shared/base/bytes.ts'
import { type Clock, type Ms, SECOND } from '../../src-shared/base/time.ts'
import type { DirectEndpoint, DirectLink, DirectLinks, DirectListener } from './links.ts'
import { Liveness } from '../network/liveness.ts'
import type { NetworkChange } from '../network/network-watch.ts'
import { Peer } from './node-peer.ts'
import {
  checkedCandidate,
  checkedCredentials,
  type Credentials,
  describe,
  fromColonHex,
  readDescription,
} from './session-description.ts'

export interface DirectLinksOptions {
  readonly clock: Clock
  /** `stun:host:port`: where this device learns its address behind a NAT, as known when a path begins. */
  readonly stunServers?: () => readonly string[]
  /** The one address to use; all of the machine's if left out. */
  readonly bindAddress?: string
  /** Nothing comes over a path that stood: the reason may be this computer's network. */
  readonly quiet?: () => void
}

/**
 * A sign of life and nothing else: an RTCP receiver report of nobody about nobody (RFC 3550, 6.4.2). As a packet it comes through as
 * soon as anything does; what waits in the channel's stream is sent again after pauses that double.
 */
const SIGN_OF_LIFE = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 0)
const KEEP_ALIVE_INTERVAL: Ms = SECOND / 2
/** While nothing comes. */
const CALL_INTERVAL: Ms = SECOND / 4
/** Packets of a call come far more often; without any, three signs of life are missing. A mistake costs nothing but the way over the relay for a while. */
const SILENCE: Ms = 1.5 * SECOND
/** Host candidates come within milliseconds: wait this long so that they travel together. */
const CANDIDATE_PAUSE: Ms = 100
/** From the moment when both ends know one another. ICE itself would go on for 30 s. */
const CONNECT_TIMEOUT: Ms = 15 * SECOND
/** A device has a few interfaces with two address families each. More would make this device send probes wherever a peer wants. */
const CANDIDATES_MAX = 24

export interface OpenDirectLinks extends DirectLinks {
  /** What was bound to an address that is gone is lost at once. */
  networkChanged(change: NetworkChange): void
}

export function createDirectLinks(options: DirectLinksOptions): OpenDirectLinks {
  const links = new Set<NodeDirectLink>()
  return {
    open: (role, listener) => {
      const link: NodeDirectLink = new NodeDirectLink(role, options, listener, () => links.delete(link))
      links.add(link)
      return link
    },
    networkChanged: (change) => {
      for (const link of links) link.networkChanged(change)
    },
  }
}

class NodeDirectLink implements DirectLink {
  readonly #role: 'offerer' | 'answerer'
  readonly #options: DirectLinksOptions
  readonly #listener: DirectListener
  readonly #onClosed: () => void
  readonly #peer: Peer
  #local: Credentials | undefined
  #remote: Credentials | undefined
  readonly #ownCandidates: string[] = []
  #announced = 0
  readonly #remoteCandidates = new Set<string>()
  #cancelAnnouncement: (() => void) | undefined
  #cancelTimeout: (() => void) | undefined
  #liveness: Liveness | undefined
  #isQuiet = false
  #over = false

  constructor(role: 'offerer' | 'answerer', options: DirectLinksOptions, listener: DirectListener, closed: () => void) {
    this.#role = role
    this.#options = options
    this.#listener = listener
    this.#onClosed = closed
    this.#peer = new Peer(
      'direct',
      role,
      { ...options, stunServers: options.stunServers?.() },
      {
        described: (sdp) => this.#described(sdp),
        candidate: (candidate) => {
          this.#ownCandidates.push(candidate)
          this.#announceSoon()
        },
        gathered: () => this.#announce(),
        opened: () => this.#opened(),
        message: (message) => {
          this.#heard()
          this.#listener.message(message)
        },
        packet: (packet) => {
          this.#heard()
          if (!equalBytes(packet, SIGN_OF_LIFE)) this.#listener.packet(packet)
        },
        lost: () => this.#lose(),
      },
    )
  }

  connect(endpoint: DirectEndpoint): void {
    if (this.#over) return
    const credentials = checkedCredentials(endpoint)
    if (this.#remote === undefined) {
      if (credentials === undefined || !this.#setRemote(credentials)) {
        this.#lose()
        return
      }
    } else if (credentials === undefined || !sameCredentials(this.#remote, credentials)) return
    for (const text of endpoint.candidates) this.#addCandidate(text)
    this.#announce()
  }

  send(message: Bytes): boolean {
    return this.#peer.send(message)
  }

  sendPacket(packet: Bytes): boolean {
    return this.#peer.sendPacket(packet)
  }

  networkChanged(change: NetworkChange): void {
    if (change.isGone(this.#peer.localAddress)) this.#lose()
  }

  close(): void {
    this.#over = true
    this.#cancelAnnouncement?.()
    this.#cancelTimeout?.()
    this.#liveness?.stop()
    this.#peer.close()
    this.#onClosed()
  }

  #setRemote(credentials: Credentials): boolean {
    this.#remote = credentials
    this.#cancelTimeout = this.#options.clock.after(CONNECT_TIMEOUT, () => this.#lose())
    const applied =
      this.#role === 'offerer'
        ? this.#peer.setRemoteDescription(describe(credentials, 'active'), 'answer')
        : this.#peer.setRemoteDescription(describe(credentials, 'actpass'), 'offer')
    return applied
  }

  #addCandidate(text: string): void {
    const candidate = checkedCandidate(text)
    if (candidate === undefined || this.#remoteCandidates.has(candidate)) return
    if (this.#remoteCandidates.size >= CANDIDATES_MAX) return
    this.#remoteCandidates.add(candidate)
    this.#peer.addCandidate(candidate)
  }

  #described(sdp: string): void {
    const own = readDescription(sdp)
    if (own === undefined) throw new Error('the library wrote a description without credentials')
    const { fingerprint, iceUfrag, icePwd } = own
    this.#local = { fingerprint, iceUfrag, icePwd }
    if (this.#role === 'offerer') this.#listener.local({ ...this.#local, candidates: [] })
    else this.#announceSoon()
  }

  #announceSoon(): void {
    if (this.#remote === undefined || this.#cancelAnnouncement !== undefined) return
    this.#cancelAnnouncement = this.#options.clock.after(CANDIDATE_PAUSE, () => this.#announce())
  }

  /** Tells the candidates found since the last time, if the other end may have them. */
  #announce(): void {
    if (this.#over || this.#local === undefined || this.#remote === undefined) return
    this.#cancelAnnouncement?.()
    this.#cancelAnnouncement = undefined
    const candidates = this.#ownCandidates.slice(this.#announced)
    if (candidates.length === 0) return
    this.#announced = this.#ownCandidates.length
    this.#listener.local({ ...this.#local, candidates })
  }

  #opened(): void {
    const shown = this.#peer.connectedFingerprint()
    // The library refuses a wrong certificate itself; R26 must not rest on that alone.
    if (
      shown === undefined ||
      this.#remote === undefined ||
      !equalBytes(fromColonHex(shown), this.#remote.fingerprint)
    ) {
      this.#lose()
      return
    }
    this.#cancelTimeout?.()
    this.#watch(KEEP_ALIVE_INTERVAL, SILENCE)
    this.#listener.opened()
  }

  #watch(interval: Ms, silence: Ms): void {
    this.#liveness?.stop()
    this.#liveness = new Liveness({
      clock: this.#options.clock,
      interval,
      silence,
      beat: () => this.#peer.sendPacket(SIGN_OF_LIFE),
      dead: () => this.#fallQuiet(),
    })
  }

  #fallQuiet(): void {
    this.#isQuiet = true
    this.#watch(CALL_INTERVAL, Infinity)
    this.#options.quiet?.()
    this.#listener.quiet()
  }

  #heard(): void {
    this.#liveness?.heard()
    if (!this.#isQuiet) return
    this.#isQuiet = false
    this.#watch(KEEP_ALIVE_INTERVAL, SILENCE)
    this.#listener.back()
  }

  #lose(): void {
    if (this.#over) return
    this.close()
    this.#listener.lost()
  }
}

function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.iceUfrag === b.iceUfrag && a.icePwd === b.icePwd && equalBytes(a.fingerprint, b.fingerprint)
}
