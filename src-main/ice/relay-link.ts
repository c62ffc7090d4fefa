/**
 * The path through the relay, of a call between two or of a group. The device offers, the relay only ever answers; the offer carries no candidates, so the relay learns
 * no address but the one that packets come from. The link connects again by itself, with growing pauses, until it is closed.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, unreachable } from '../../src-shared/base/result.ts'
import { type Clock, type Ms, SECOND } from '../../src-shared/base/time.ts'
import {
  encodeRelayFrame,
  EVERYBODY,
  type MemberAddress,
  MISSING_MAX,
  parseRelayFrame,
  type PictureWant,
  RELAY_KEEP_ALIVE,
  RELAY_RECEIVERS_MAX,
  RELAY_SILENCE,
  type RelayFrame,
} from '../../src-shared/protocol/relay-frame.ts'
import { parseSocketAnswer, SOCKET_OFFER } from '../../src-shared/protocol/service/relay-socket.ts'
import type { GroupLink, GroupLinks, GroupListener, RelayLink, RelayLinks, RelayListener } from './links.ts'
import { Liveness } from '../network/liveness.ts'
import type { NetworkChange } from '../network/network-watch.ts'
import { Peer } from './node-peer.ts'
import { SocketPeer, type SocketPlace } from './socket-peer.ts'
import { checkedCandidate, describe, readDescription, withoutCandidates } from './session-description.ts'

export interface RelayLinksOptions {
  readonly clock: Clock
  /** Trades the offer for the relay's answer, which holds the relay's candidates (`Service.relayConnect`). */
  readonly connect: (ticket: Bytes, offer: string) => Promise<Result<string, string>>
  /** What happened, for the log; never an address. */
  readonly log?: (event: string) => void
  /** A link that stood was lost: so may be whatever else goes to that host. */
  readonly lost?: () => void
  /** 0 to 1: spreads the devices that all lost the same relay. */
  readonly jitter?: () => number
  /** Where the relay is reached without UDP; nowhere if left out. */
  readonly socket?: SocketPlace
  /** The one address to use; all of the machine's if left out. */
  readonly bindAddress?: string
}

/** Until the service has answered: it settles sooner by itself, and nothing may hang if it does not. */
const ASK_TIMEOUT: Ms = 20 * SECOND
/** From the answer to the open channel. */
const CONNECT_TIMEOUT: Ms = 8 * SECOND
/** The same where there is another way: a network that lets UDP through does so within a second or two. */
const UDP_TIMEOUT: Ms = 4 * SECOND
/**
 * The pause before attempt n + 1 in a row that failed; half of it and up to as much again. For as long as a call waits for its other
 * side it is tried every second: after an outage every second counts.
 */
const PAUSES: readonly Ms[] = [100, 300, ...Array.from({ length: 10 }, () => SECOND), 2 * SECOND, 4 * SECOND]
/** Instead, where the service is out of reach: the asking has waited for it already. */
const OFFLINE_PAUSE: Ms = 0.3 * SECOND
/** A link that stood so long starts with the shortest pause again. */
const STABLE: Ms = 10 * SECOND

/** The relay says something every `RELAY_KEEP_ALIVE` by itself. */
const PROBE: Ms = RELAY_KEEP_ALIVE + SECOND / 2

export interface OpenRelayLinks extends RelayLinks, GroupLinks {
  /** A connection that cannot live any more, or does not show a sign of life soon, is made anew. */
  networkChanged(change: NetworkChange): void
}

export function createRelayLinks(options: RelayLinksOptions): OpenRelayLinks {
  const links = new Set<NodeRelayLink>()
  const made = (ticket: Bytes, listener: LinkListener, frames: FrameListener): NodeRelayLink => {
    const link: NodeRelayLink = new NodeRelayLink(ticket, options, listener, frames, () => links.delete(link))
    links.add(link)
    return link
  }
  return {
    open: (ticket, listener) => made(ticket, listener, (frame) => callFrame(listener, frame)),
    enter: (ticket, listener) => made(ticket, listener, (frame) => groupFrame(listener, frame)),
    networkChanged: (change) => {
      for (const link of links) link.networkChanged(change)
    },
  }
}

type LinkListener = Pick<RelayListener, 'opened' | 'lost' | 'packet'>

/** `false` for a frame that the relay does not send in this kind of room. */
type FrameListener = (frame: RelayFrame) => boolean

class NodeRelayLink implements RelayLink, GroupLink {
  readonly #ticket: Bytes
  readonly #options: RelayLinksOptions
  readonly #listener: LinkListener
  readonly #frameListener: FrameListener
  readonly #onClosed: () => void
  #receivers: readonly MemberAddress[] | undefined
  #want: Extract<RelayFrame, { kind: 'want' }> | undefined
  #peer: Peer | SocketPeer | undefined
  /** The last attempt that came about, or the one after one that did not. */
  #overSocket = false
  #open = false
  /** Attempts since the link last stood for `STABLE`. */
  #failures = 0
  #openedAt = 0
  #cancelTimer: (() => void) | undefined
  #liveness: Liveness | undefined
  #closed = false
  /** Its answer counts only while nothing else was begun. */
  #socketAttempt = 0

  constructor(
    ticket: Bytes,
    options: RelayLinksOptions,
    listener: LinkListener,
    frameListener: FrameListener,
    closed: () => void,
  ) {
    this.#ticket = ticket
    this.#options = options
    this.#listener = listener
    this.#frameListener = frameListener
    this.#onClosed = closed
    this.#attempt()
  }

  get transport(): 'udp' | 'websocket' {
    return this.#peer instanceof SocketPeer ? 'websocket' : 'udp'
  }

  send(to: MemberAddress, message: Bytes): boolean {
    return this.#open && this.#sendFrame({ kind: 'message', peer: to, message })
  }

  broadcast(message: Bytes): boolean {
    return this.send(EVERYBODY, message)
  }

  submit(entries: readonly Bytes[]): boolean {
    return this.#open && this.#sendFrame({ kind: 'submit', entries })
  }

  sendPacket(packet: Bytes): boolean {
    return this.#open && this.#peer?.sendPacket(packet) === true
  }

  setReceivers(members: readonly MemberAddress[]): void {
    this.#receivers = members
    if (this.#open) this.#sendFrame({ kind: 'receivers', receivers: members })
  }

  want(pictures: readonly PictureWant[], downlink: number): void {
    this.#want = { kind: 'want', pictures: pictures.slice(0, RELAY_RECEIVERS_MAX), downlink }
    if (this.#open) this.#sendFrame(this.#want)
  }

  requestKeyframe(of: MemberAddress): void {
    if (this.#open) this.#sendFrame({ kind: 'keyframe', peer: of })
  }

  requestPackets(ssrc: number, sequenceNumbers: readonly number[]): void {
    if (this.#open) this.#sendFrame({ kind: 'missing', ssrc, sequenceNumbers: sequenceNumbers.slice(0, MISSING_MAX) })
  }

  networkChanged(change: NetworkChange): void {
    if (this.#open && !change.isGone(this.#peer?.localAddress)) this.#liveness?.probe(PROBE)
    else {
      // What was begun on the old network comes to nothing, and what waits need not.
      this.#failures = 0
      this.#lose('another network')
    }
  }

  close(): void {
    this.#closed = true
    this.#abandon()
    this.#onClosed()
  }

  #attempt(): void {
    this.#limit(ASK_TIMEOUT)
    if (this.#overSocket && this.#options.socket !== undefined) {
      void this.#attemptSocket(this.#options.socket)
      return
    }
    const peer = new Peer('relay', 'offerer', this.#options, {
      described: (sdp) => void this.#exchange(peer, withoutCandidates(sdp)),
      candidate: () => undefined,
      gathered: () => undefined,
      opened: () => this.#opened(),
      message: (bytes) => this.#frame(bytes),
      packet: (packet) => {
        this.#liveness?.heard()
        this.#listener.packet(packet)
      },
      lost: () => this.#connectionLost(),
    })
    this.#peer = peer
  }

  async #attemptSocket(place: SocketPlace): Promise<void> {
    const attempt = (this.#socketAttempt += 1)
    const answer = await this.#options.connect(this.#ticket, SOCKET_OFFER)
    if (this.#closed || attempt !== this.#socketAttempt) return
    if (!answer.ok) {
      this.#refused(answer.reason)
      return
    }
    const token = parseSocketAnswer(answer.value)
    if (token === undefined) {
      this.#fail('the answer is malformed')
      return
    }
    this.#limit(CONNECT_TIMEOUT)
    this.#peer = new SocketPeer(place, token, {
      opened: () => this.#opened(),
      message: (bytes) => this.#frame(bytes),
      packet: (packet) => {
        this.#liveness?.heard()
        this.#listener.packet(packet)
      },
      lost: () => this.#connectionLost(),
    })
  }

  async #exchange(peer: Peer, offer: string): Promise<void> {
    const answer = await this.#options.connect(this.#ticket, offer)
    // The attempt may have been given up meanwhile.
    if (this.#peer !== peer) return
    if (!answer.ok) this.#refused(answer.reason)
    else if (applyAnswer(peer, answer.value)) {
      this.#limit(this.#options.socket === undefined ? CONNECT_TIMEOUT : UDP_TIMEOUT)
    } else this.#fail('the answer is malformed')
  }

  #limit(within: Ms): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#options.clock.after(within, () => this.#fail('no connection in time'))
  }

  #opened(): void {
    this.#cancelTimer?.()
    this.#open = true
    this.#openedAt = this.#options.clock.now()
    this.#liveness = new Liveness({
      clock: this.#options.clock,
      interval: RELAY_KEEP_ALIVE,
      silence: RELAY_SILENCE,
      beat: () => this.#sendFrame({ kind: 'keep-alive' }),
      dead: () => this.#lose('no sign of life'),
    })
    // Before anything else: the relay keeps nothing of an earlier connection.
    if (this.#receivers !== undefined) this.#sendFrame({ kind: 'receivers', receivers: this.#receivers })
    if (this.#want !== undefined) this.#sendFrame(this.#want)
    this.#options.log?.('relay link open')
    this.#listener.opened()
  }

  #frame(bytes: Bytes): void {
    this.#liveness?.heard()
    const frame = parseRelayFrame(bytes)
    if (frame?.kind === 'keep-alive') return
    const understood = frame !== undefined && this.#frameListener(frame)
    if (!understood) this.#lose('the relay does not keep to the protocol')
  }

  #sendFrame(frame: RelayFrame): boolean {
    return this.#peer?.send(encodeRelayFrame(frame)) === true
  }

  /** What came about is tried again first. */
  #connectionLost(): void {
    if (this.#open) this.#lose('connection lost')
    else this.#fail('connection lost')
  }

  /** This way led nowhere: the other one is next. */
  #fail(reason: string): void {
    this.#overSocket = !this.#overSocket
    this.#lose(reason)
  }

  /** No way was tried. */
  #refused(reason: string): void {
    this.#end(`refused: ${reason}`, reason === 'offline' ? OFFLINE_PAUSE : this.#nextPause())
  }

  #lose(reason: string): void {
    if (this.#open && this.#options.clock.now() - this.#openedAt >= STABLE) this.#failures = 0
    this.#end(reason, this.#nextPause())
  }

  #nextPause(): Ms {
    this.#failures += 1
    return PAUSES[Math.min(this.#failures, PAUSES.length) - 1] ?? 0
  }

  /** Of this connection or attempt, and the next one is due. */
  #end(reason: string, pause: Ms): void {
    if (this.#closed) return
    const { clock, jitter = Math.random, log, lost } = this.#options
    log?.(`relay link: ${reason}`)
    const wasOpen = this.#open
    this.#abandon()
    this.#cancelTimer = clock.after(pause * (0.5 + jitter()), () => this.#attempt())
    if (!wasOpen) return
    lost?.()
    this.#listener.lost()
  }

  #abandon(): void {
    this.#socketAttempt += 1
    this.#open = false
    this.#cancelTimer?.()
    this.#liveness?.stop()
    this.#peer?.close()
    this.#peer = undefined
  }
}

function callFrame(listener: RelayListener, frame: RelayFrame): boolean {
  if (frame.kind === 'message') listener.message(frame.peer, frame.message)
  else if (frame.kind === 'left') listener.left(frame.peer)
  else return false
  return true
}

function groupFrame(listener: GroupListener, frame: RelayFrame): boolean {
  switch (frame.kind) {
    case 'message':
      listener.message(frame.peer, frame.message)
      return true
    case 'entries':
      listener.entries(frame.first, frame.length, frame.entries)
      return true
    case 'refused':
      listener.refused(frame.length, frame.reason)
      return true
    case 'entered':
      listener.entered(frame.peer)
      return true
    case 'left':
      listener.left(frame.peer)
      return true
    case 'wanted':
      listener.wanted(frame.layers, frame.keyframes)
      return true
    case 'missing':
      listener.missing(frame.ssrc, frame.sequenceNumbers)
      return true
    case 'arrivals':
      listener.arrivals(frame.report)
      return true
    case 'receivers':
    case 'submit':
    case 'keep-alive':
    case 'want':
    case 'keyframe':
      return false
    default:
      return unreachable(frame)
  }
}

function applyAnswer(peer: Peer, sdp: string): boolean {
  const answer = readDescription(sdp)
  if (answer === undefined || answer.setup === 'actpass') return false
  if (!peer.setRemoteDescription(describe(answer, answer.setup), 'answer')) return false
  for (const text of answer.candidates) {
    const candidate = checkedCandidate(text)
    if (candidate !== undefined) peer.addCandidate(candidate)
  }
  return true
}
