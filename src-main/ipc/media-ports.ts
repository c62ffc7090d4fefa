/**
 * The media port of each call: Electron's half of `src-shared/ipc/media-port.ts`. What the call says before the page has asked
 * for the port waits here. A page that was loaded again during a call asks again; it gets no keys that an earlier page used.
 */
import { MessageChannelMain, type MessagePortMain, type WebContents } from 'electron'
import {
  CREDIT_STEP,
  CREDITS,
  type FromMain,
  GROUP_CREDITS,
  type GroupFromWorker,
  type MediaPortHandover,
} from '../../src-shared/ipc/media-port.ts'
import { eraseStreamKeys } from '../../src-shared/crypto/key-schedule.ts'
import type { GroupMediaPorts } from '../group-calls/ports.ts'
import { MEDIA_PORT_CHANNEL } from './channels.ts'
import { LastingMessages } from './lasting-messages.ts'
import { checkWorkerMessage } from './worker-message.ts'

/** `await-keys`: those that an earlier page had are erased, newer ones will come. */
type HandedKeys = 'with-keys' | 'await-keys'

type Packets = Extract<FromMain, { kind: 'packets' }>

/** One call's way to the page. */
class CallPort {
  readonly #lasting = new LastingMessages()
  readonly #listeners = new Set<(batch: Uint8Array) => void>()
  #onRequest: ((request: GroupFromWorker) => void) | undefined
  #waiting: Packets[] = []
  #handedOver = false
  #port: MessagePortMain | undefined
  #underWay = 0
  #takenIn = 0
  #credits = CREDITS

  send(message: FromMain): void {
    if (message.kind === 'members') this.#credits = GROUP_CREDITS
    switch (message.kind) {
      case 'packets':
        this.#sendPackets(message)
        return
      case 'keys':
      case 'remote-media':
      case 'path':
      case 'members':
      case 'sending-keys':
      case 'member-keys':
      case 'wanted-layers':
        this.#lasting.keep(message)
        this.#port?.postMessage(message)
        return
      case 'keys-ahead':
        this.#port?.postMessage(message)
        // A page that comes later gets the keys when both sides send under them.
        eraseStreamKeys(message.receive)
        return
      case 'drop-epochs':
        this.#lasting.dropEpochs(message.before)
        this.#port?.postMessage(message)
        return
      case 'credit':
      case 'keyframe':
      case 'missing':
      case 'arrivals':
      case 'end':
        this.#port?.postMessage(message)
        return
    }
  }

  listen(listener: (batch: Uint8Array) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  listenToRequests(listener: (request: GroupFromWorker) => void): void {
    this.#onRequest = listener
  }

  get wasHandedOver(): boolean {
    return this.#handedOver
  }

  /** Gives a page the other end; an earlier page's end is closed. */
  handOver(callId: string, to: WebContents, keys: HandedKeys): void {
    this.#handedOver = true
    if (keys === 'await-keys') this.#lasting.forgetKeys()
    this.#port?.close()
    const { port1: ours, port2: theirs } = new MessageChannelMain()
    this.#port = ours
    this.#underWay = 0
    this.#takenIn = 0
    ours.on('message', ({ data }: { data: unknown }) => {
      if (this.#port === ours) this.#take(data)
    })
    ours.on('close', () => {
      if (this.#port === ours) this.#port = undefined
    })
    ours.start()
    const handover: MediaPortHandover = { kind: 'sightline-media-port', callId }
    to.postMessage(MEDIA_PORT_CHANNEL, handover, [theirs])
    for (const message of this.#lasting.all) ours.postMessage(message)
    for (const packets of this.#waiting.splice(0)) this.#sendPackets(packets)
  }

  close(): void {
    this.#port?.postMessage({ kind: 'end' } satisfies FromMain)
    this.#port?.close()
    this.#port = undefined
    this.#listeners.clear()
    this.#onRequest = undefined
    this.#waiting = []
    this.#lasting.clear()
  }

  #sendPackets(packets: Packets): void {
    if (this.#port === undefined) {
      // Before the page is there; old packets are worth less than new ones.
      if (this.#waiting.length >= CREDITS) this.#waiting.shift()
      this.#waiting.push(packets)
      return
    }
    if (this.#underWay >= this.#credits) return
    this.#underWay++
    // A view would take its whole backing store along.
    const { batch } = packets
    const whole = batch.byteLength === batch.buffer.byteLength ? batch : new Uint8Array(batch)
    this.#port.postMessage({ ...packets, batch: whole } satisfies FromMain)
  }

  #take(data: unknown): void {
    const message = checkWorkerMessage(data)
    if (message === undefined) {
      // Not our worker's doing: whatever sits there is not heard any more.
      this.#port?.close()
      this.#port = undefined
      return
    }
    if (message.kind === 'credit') {
      this.#underWay = Math.max(0, this.#underWay - message.count)
      return
    }
    if (message.kind !== 'packets') {
      this.#onRequest?.(message)
      return
    }
    for (const listener of this.#listeners) listener(message.batch)
    this.#takenIn++
    if (this.#takenIn < CREDIT_STEP) return
    this.#port?.postMessage({ kind: 'credit', count: this.#takenIn } satisfies FromMain)
    this.#takenIn = 0
  }
}

export interface ElectronMediaPorts extends GroupMediaPorts {
  /** The page in `to` asked for the port of `callId`, which is on or rings; perhaps before the call has anything to say. */
  handOver(callId: string, to: WebContents, keys: HandedKeys): void
  /** A page has had this call's port before. */
  wasHandedOver(callId: string): boolean
}

export function createMediaPorts(): ElectronMediaPorts {
  const calls = new Map<string, CallPort>()
  const portOf = (callId: string) => {
    const known = calls.get(callId)
    if (known !== undefined) return known
    const made = new CallPort()
    calls.set(callId, made)
    return made
  }
  return {
    send: (callId, message) => {
      portOf(callId).send(message)
    },
    onPackets: (callId, listener) => portOf(callId).listen(listener),
    onRequests(callId, listener) {
      portOf(callId).listenToRequests(listener)
    },
    close(callId) {
      calls.get(callId)?.close()
      calls.delete(callId)
    },
    handOver(callId, to, keys) {
      portOf(callId).handOver(callId, to, keys)
    },
    wasHandedOver: (callId) => calls.get(callId)?.wasHandedOver === true,
  }
}
