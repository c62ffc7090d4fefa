/**
 * The media packets of one call between the renderer's port and the two paths. They pass as they are: nothing here can read them.
 *
 * Packets that arrive together travel to the renderer together. What waited in a queue while this process was busy is worth nothing
 * any more and would arrive as one late heap: it is dropped (neither node-datachannel nor MessagePort bounds its queue).
 */
import { type Bytes, concatBytes } from '../../src-shared/base/bytes.ts'
import { type Clock, type Ms, SECOND, type UnixMs } from '../../src-shared/base/time.ts'
import { joinPackets, splitPackets } from '../../src-shared/ipc/packet-batch.ts'
import type { MediaPorts } from './ports.ts'

export type MediaPath = 'relay' | 'direct'

export interface PacketRoutes {
  /** Where this side's packets go now; `undefined`: nowhere. */
  sendingPath(): MediaPath | undefined
  /** Whether packets from there count now. */
  takes(path: MediaPath): boolean
  send(path: MediaPath, packet: Bytes): void
}

const TICK: Ms = 0.1 * SECOND
/** More than any jitter buffer here makes up for. */
const LATE: Ms = 0.25 * SECOND

export class PacketFlow {
  readonly #clock: Clock
  readonly #ports: MediaPorts
  readonly #callId: string
  readonly #routes: PacketRoutes
  readonly #stopListening: () => void
  #arrived: Bytes[] = []
  /** Of the first of them. */
  #arrivedAt: UnixMs = 0
  #cancelFlush: (() => void) | undefined
  #cancelTick: () => void
  #lastTick: number
  /** The queues hold what came while nobody could take it. */
  #flooded = false

  constructor(clock: Clock, ports: MediaPorts, callId: string, routes: PacketRoutes) {
    this.#clock = clock
    this.#ports = ports
    this.#callId = callId
    this.#routes = routes
    this.#stopListening = ports.onPackets(callId, (batch) => this.#fromRenderer(batch))
    this.#lastTick = clock.now()
    this.#cancelTick = clock.after(TICK, () => this.#tick())
  }

  fromPath(path: MediaPath, packet: Bytes): void {
    if (!this.#routes.takes(path) || this.#isLate()) return
    if (this.#arrived.length === 0) this.#arrivedAt = this.#clock.now()
    // A buffer of its own: a view would take its backing store along to the renderer.
    this.#arrived.push(concatBytes(packet))
    this.#cancelFlush ??= this.#clock.after(0, () => this.#flush())
  }

  stop(): void {
    this.#stopListening()
    this.#cancelTick()
    this.#cancelFlush?.()
    this.#arrived = []
  }

  #fromRenderer(batch: Uint8Array): void {
    const path = this.#routes.sendingPath()
    if (path === undefined || this.#isLate()) return
    for (const packet of splitPackets(batch) ?? []) this.#routes.send(path, packet)
  }

  #flush(): void {
    this.#cancelFlush = undefined
    const batch = joinPackets(this.#arrived.splice(0))
    this.#ports.send(this.#callId, { kind: 'packets', batch, arrivedAt: this.#arrivedAt })
  }

  #tick(): void {
    const now = this.#clock.now()
    if (now - this.#lastTick > TICK + LATE) {
      this.#flooded = true
      // Timers run before the queues are emptied: by the next one they are.
      this.#clock.after(0, () => {
        this.#flooded = false
      })
    }
    this.#lastTick = now
    this.#cancelTick = this.#clock.after(TICK, () => this.#tick())
  }

  #isLate(): boolean {
    return this.#flooded || this.#clock.now() - this.#lastTick > TICK + LATE
  }
}
