/**
 * Joins the media ports of many sessions as main processes and the relay would: what a session sends goes to all others,
 * of a picture the one layer that each of them is to get, changed at a keyframe (docs/protocol/group.md, section 7).
 */
import type { FromMain, FromWorker } from '../../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../../src-shared/ipc/packet-batch.ts'
import { parseForwarding } from '../../../src-shared/media/forwarding.ts'
import { ArrivalLog, RELAY_REPORT_INTERVAL } from '../../../src-shared/media/congestion/arrival-log.ts'
import { buildRtcp } from '../../../src-shared/media/rtcp.ts'
import { isRtcp, sequenceNumberOf, ssrcOf } from '../../../src-shared/media/rtp.ts'

interface Route {
  wanted: number
  forwarding: number | undefined
}

export class Hub {
  /** Leaves out the upper temporal layer. */
  isSparse = false
  readonly #ports: readonly MessagePort[]
  /** By sender. */
  readonly #arrivals: readonly ArrivalLog[]
  /** By receiver, then sender. */
  readonly #routes: readonly (readonly Route[])[]

  constructor(ports: readonly MessagePort[]) {
    this.#ports = ports
    this.#arrivals = ports.map(() => new ArrivalLog(RELAY_REPORT_INTERVAL))
    this.#routes = ports.map(() => ports.map(() => ({ wanted: 0, forwarding: undefined })))
    ports.forEach((port, sender) => {
      port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.kind === 'packets') {
          this.tell(sender, { kind: 'credit', count: 1 })
          const packets = splitPackets(data.batch) ?? []
          this.#report(sender, packets)
          this.#carry(sender, packets)
        } else if (data.kind === 'stalled') this.#renew(sender, Number(data.member.replace('member ', '')))
        else if (data.kind === 'missing') for (const side of ports.keys()) if (side !== sender) this.tell(side, data)
      }
    })
  }

  tell(side: number, message: FromMain): void {
    this.#ports[side]?.postMessage(message)
  }

  /** Which layer of `sender` this receiver is to get. */
  want(receiver: number, sender: number, layer: number): void {
    const route = this.#routes[receiver]?.[sender]
    if (route === undefined) return
    route.wanted = layer
    const wanted = new Set(this.#routes.flatMap((routes, i) => (i === sender ? [] : (routes[sender]?.wanted ?? []))))
    // What is still forwarded goes on until the change.
    if (route.forwarding !== undefined) wanted.add(route.forwarding)
    this.tell(sender, { kind: 'wanted-layers', layers: [...wanted] })
    this.tell(sender, { kind: 'keyframe', layer })
  }

  #report(sender: number, packets: readonly Uint8Array[]): void {
    const [log, now] = [this.#arrivals[sender], performance.now()]
    for (const packet of packets) if (!isRtcp(packet)) log?.arrived(ssrcOf(packet), sequenceNumberOf(packet), now)
    const report = log?.takeReport(0, now)
    if (report !== undefined) this.tell(sender, { kind: 'arrivals', report: buildRtcp([report]) })
  }

  #renew(receiver: number, sender: number): void {
    const route = this.#routes[receiver]?.[sender]
    if (route !== undefined) this.tell(sender, { kind: 'keyframe', layer: route.forwarding ?? route.wanted })
  }

  #carry(sender: number, packets: readonly Uint8Array[]): void {
    this.#ports.forEach((_, receiver) => {
      const route = this.#routes[receiver]?.[sender]
      if (receiver === sender || route === undefined) return
      const kept = packets.filter((packet) => isRtcp(packet) || this.#passes(packet, route))
      if (kept.length > 0) this.tell(receiver, { kind: 'packets', batch: joinPackets(kept), arrivedAt: Date.now() })
    })
  }

  #passes(packet: Uint8Array, route: Route): boolean {
    const forwarding = parseForwarding(packet)
    if (forwarding === undefined) throw new Error('a packet that says nothing to the relay')
    const { picture } = forwarding
    if (picture === undefined) return true
    if (picture.layer === route.wanted && picture.keyframe) route.forwarding = route.wanted
    return picture.layer === route.forwarding && !(this.isSparse && picture.temporal > 0)
  }
}
