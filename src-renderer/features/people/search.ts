/** Finding someone in the list by what one types. */
import { normaliseHandle } from '../../../src-shared/identity/handle.ts'
import type { Person } from './people.ts'

/** Letters without case and accents: `Zoë` is found by `zoe`. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()
}

const words = (text: string) => text.split(/[\s@._+-]+/u).filter((word) => word !== '')

/** Smaller is better; `undefined`: not this person. */
function rank(person: Person, query: string): number | undefined {
  const name = fold(person.name)
  const handle = fold(person.handle)
  if (handle === query || name === query) return 0
  if (name.startsWith(query)) return 1
  if (words(name).some((word) => word.startsWith(query))) return 2
  if (handle.startsWith(query)) return 3
  const parts = words(query)
  const known = [...words(name), ...words(handle)]
  if (parts.length > 0 && parts.every((part) => known.some((word) => word.startsWith(part)))) return 4
  return name.includes(query) || handle.includes(query) ? 5 : undefined
}

/** Best first; equals by the last call, then by name. */
export function searchPeople(people: readonly Person[], typed: string, locale: string): readonly Person[] {
  const query = fold(typed)
  if (query === '') return people
  const byName = new Intl.Collator(locale, { sensitivity: 'base', numeric: true })
  return people
    .flatMap((person) => {
      const found = rank(person, query)
      return found === undefined ? [] : [{ person, found }]
    })
    .sort(
      (a, b) =>
        a.found - b.found ||
        (b.person.calls[0]?.startedAt ?? 0) - (a.person.calls[0]?.startedAt ?? 0) ||
        byName.compare(a.person.name, b.person.name),
    )
    .map(({ person }) => person)
}

/** What was typed, if it is a handle that nobody in the list has: someone new to call. */
export function handleToCall(people: readonly Person[], typed: string): string | undefined {
  const handle = normaliseHandle(typed)
  return people.some((person) => person.key === handle) ? undefined : handle
}
