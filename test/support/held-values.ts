/** What an object holds, private fields included: a measure of its memory that does not depend on the garbage collector. */
import { type Runtime, Session } from 'node:inspector'

type Value = Runtime.RemoteObject

/** Older than private fields, as Node's types are. */
interface Properties extends Runtime.GetPropertiesReturnType {
  readonly privateProperties?: readonly { readonly name: string; readonly value?: Value }[]
}

/** More is taken for a cycle or for no state machine. */
const MOST = 1_000_000

/**
 * Counts the values that are reachable from `root`: fields, elements of arrays, keys and values of maps and sets. Bytes count as one
 * value for each array of them; prototypes and functions as none.
 * @throws where there are more than a million
 */
export function heldValues(root: object): number {
  const session = new Session()
  session.connect()
  const scope: typeof globalThis & { held?: object } = globalThis
  scope.held = root
  try {
    const waiting: Value[] = []
    session.post('Runtime.evaluate', { expression: 'globalThis.held', objectGroup: 'held' }, (_, { result }) =>
      waiting.push(result),
    )
    let count = 0
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      count += 1
      if (count > MOST) throw new Error('more values than any state machine holds')
      if (value.objectId !== undefined && isOpened(value)) waiting.push(...contents(session, value.objectId))
    }
    return count
  } finally {
    session.post('Runtime.releaseObjectGroup', { objectGroup: 'held' })
    session.disconnect()
    delete scope.held
  }
}

function isOpened({ type, subtype }: Value): boolean {
  return type === 'object' && subtype !== 'typedarray' && subtype !== 'arraybuffer'
}

function contents(session: Session, objectId: string): Value[] {
  const found: Value[] = []
  // A session within its own thread answers before `post` returns.
  session.post('Runtime.getProperties', { objectId, ownProperties: true }, (error, answer: Properties) => {
    if (error) throw error
    const entries = answer.internalProperties?.filter(({ name }) => name === '[[Entries]]') ?? []
    const all: { name: string; value?: Value | undefined }[] = [
      ...answer.result.filter(({ name }) => name !== '__proto__'),
      ...(answer.privateProperties ?? []),
      ...entries,
    ]
    found.push(...all.flatMap(({ value }) => value ?? []))
  })
  return found
}
