/** What a page needs to be told that comes later: of what the call said, the newest of each kind. No Electron in this file. */
import { eraseStreamKeys } from '../../src-shared/crypto/key-schedule.ts'
import type { FromMain } from '../../src-shared/ipc/media-port.ts'

type Keys = Extract<FromMain, { kind: 'keys' | 'sending-keys' | 'member-keys' }>
export type Lasting = Keys | Extract<FromMain, { kind: 'remote-media' | 'path' | 'members' | 'wanted-layers' }>

/** A message of each name takes the place of the one before. */
function nameOf(message: Lasting): string {
  return message.kind === 'member-keys' ? `${message.kind} ${message.member} ${String(message.epoch)}` : message.kind
}

/** Members are known before their keys. */
const FIRST: readonly Lasting['kind'][] = ['members']

export class LastingMessages {
  readonly #messages = new Map<string, Lasting>()

  /** In an order in which a page can take them. */
  get all(): readonly Lasting[] {
    const messages = [...this.#messages.values()]
    const isFirst = ({ kind }: Lasting) => FIRST.includes(kind)
    return [...messages.filter(isFirst), ...messages.filter((message) => !isFirst(message))]
  }

  keep(message: Lasting): void {
    const name = nameOf(message)
    const before = this.#messages.get(name)
    if (before !== undefined && before !== message && isKeys(before)) eraseKeys(before)
    this.#messages.set(name, message)
    if (message.kind !== 'members') return
    const ids = new Set(message.others.map(({ id }) => id))
    this.#forget((kept) => kept.kind === 'member-keys' && !ids.has(kept.member))
  }

  dropEpochs(before: number): void {
    this.#forget((kept) => kept.kind === 'member-keys' && kept.epoch < before)
  }

  /** They were used by a page that is gone. */
  forgetKeys(): void {
    this.#forget(isKeys)
  }

  clear(): void {
    this.forgetKeys()
    this.#messages.clear()
  }

  #forget(test: (message: Lasting) => boolean): void {
    for (const [name, message] of this.#messages) {
      if (!test(message)) continue
      if (isKeys(message)) eraseKeys(message)
      this.#messages.delete(name)
    }
  }
}

function isKeys(message: Lasting): message is Keys {
  return message.kind === 'keys' || message.kind === 'sending-keys' || message.kind === 'member-keys'
}

function eraseKeys(message: Keys): void {
  const directions = message.kind === 'keys' ? [message.send, message.receive] : [message.keys]
  for (const streams of directions) eraseStreamKeys(streams)
}
