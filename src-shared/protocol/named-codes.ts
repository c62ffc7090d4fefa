/** A closed set of names that travels as one byte: the first name is 1, the next 2, and so on. */
import { type ByteReader, MalformedError } from '../base/reader.ts'

export interface NamedCodes<Name extends string> {
  code(name: Name): number
  /** Refuses every byte that names nothing. */
  read(reader: ByteReader): Name
}

export function namedCodes<const Name extends string>(names: readonly Name[]): NamedCodes<Name> {
  return {
    code: (name) => names.indexOf(name) + 1,
    read: (reader) => {
      const name = names[reader.u8() - 1]
      if (name === undefined) throw new MalformedError('unknown value')
      return name
    },
  }
}
