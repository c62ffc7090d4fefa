/** What members say to each other in a group call, and what happened in it: kept for the screen, gone with the call. */
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import { type Ms, SECOND, type UnixMs } from '../../src-shared/base/time.ts'
import type { DeviceId } from '../../src-shared/call/machine/events.ts'
import type { WordsRound } from '../../src-shared/group/words.ts'
import type { EventKind } from '../../src-shared/ipc/group-view.ts'

const CHAT_KEPT = 500
const EVENTS_KEPT = 100
/** Afterwards the screen must be told that it is gone. */
export const REACTION_SHOWN: Ms = 5 * SECOND
const REACTIONS_SHOWN = 64
/** Said so shortly before the room was lost, a line may not have reached everybody: it is sent again. */
const SAY_AGAIN: Ms = 30 * SECOND

export interface Line {
  readonly id: string
  /** `undefined`: the own. */
  readonly from: DeviceId | undefined
  readonly idBytes: Bytes
  readonly text: string
  readonly at: UnixMs
}

export interface Happening {
  readonly id: string
  readonly at: UnixMs
  readonly kind: EventKind
  readonly who: DeviceId | undefined
  readonly by: DeviceId | undefined
}

export interface Reaction {
  readonly id: string
  readonly from: DeviceId | undefined
  readonly emoji: string
  readonly at: UnixMs
}

export interface Words {
  readonly round: WordsRound
  /** Of the own commitment, the last time. */
  sentAt: UnixMs
  revealed: boolean
  /** Somebody showed what it had not committed to. */
  mismatch: boolean
}

export class Conversation {
  #lines: Line[] = []
  #happenings: Happening[] = []
  #reactions: Reaction[] = []
  #counter = 0
  unread = 0
  muteRequestBy: DeviceId | undefined
  /** R37: of the newest roster that somebody asked about. */
  words: Words | undefined

  get lines(): readonly Line[] {
    return this.#lines
  }

  get happenings(): readonly Happening[] {
    return this.#happenings
  }

  reactions(now: UnixMs): readonly Reaction[] {
    return this.#reactions.filter(({ at }) => now - at < REACTION_SHOWN)
  }

  /** `false`: shown already. */
  said(from: DeviceId | undefined, id: Bytes, text: string, at: UnixMs): boolean {
    const name = `${from ?? ''}/${toHex(id)}`
    if (this.#lines.some((line) => line.id === name)) return false
    this.#lines = [...this.#lines, { id: name, from, idBytes: id, text, at }].slice(-CHAT_KEPT)
    if (from !== undefined) this.unread += 1
    return true
  }

  toSayAgain(now: UnixMs): readonly Line[] {
    return this.#lines.filter(({ from, at }) => from === undefined && now - at < SAY_AGAIN)
  }

  reacted(from: DeviceId | undefined, emoji: string, at: UnixMs): void {
    this.#reactions = [...this.reactions(at), { id: this.#id(), from, emoji, at }].slice(-REACTIONS_SHOWN)
  }

  happened(kind: EventKind, at: UnixMs, who?: DeviceId, by?: DeviceId): void {
    this.#happenings = [...this.#happenings, { id: this.#id(), at, kind, who, by }].slice(-EVENTS_KEPT)
  }

  #id(): string {
    return String(++this.#counter)
  }
}
