/** The one list of people: everyone in the contacts and everyone in the history, each once. */
import type { AccountId, Contact, HistoryEntry, Verification } from '../../../src-shared/ipc/snapshot.ts'
import { normaliseHandle } from '../../../src-shared/identity/handle.ts'

export interface Person {
  /** Stable while the person stays in the list, also when they become a contact. */
  readonly key: string
  readonly handle: string
  readonly accountId: AccountId | undefined
  readonly name: string
  readonly verification: Verification
  readonly blocked: boolean
  readonly inContacts: boolean
  /** Newest first. */
  readonly calls: readonly HistoryEntry[]
  /** Missed calls that nobody has looked at yet. */
  readonly unseen: number
}

/** The directory's spelling, so that `Mara` and `mara` are one person. */
export const personKey = (handle: string) => normaliseHandle(handle) ?? handle.trim().toLowerCase()

export function isMissed(entry: HistoryEntry): boolean {
  return (
    entry.direction === 'incoming' &&
    entry.durationMs === 0 &&
    (entry.reason === 'no-answer' || entry.reason === 'cancelled' || entry.reason === 'busy')
  )
}

export function someoneNew(handle: string): Person {
  return {
    key: personKey(handle),
    handle,
    accountId: undefined,
    name: handle,
    verification: 'unverified',
    blocked: false,
    inContacts: false,
    calls: [],
    unseen: 0,
  }
}

function fromContact(contact: Contact): Person {
  return { ...contact, key: personKey(contact.handle), inContacts: true, calls: [], unseen: 0 }
}

function fromHistory(entry: HistoryEntry): Person {
  return { ...someoneNew(entry.handle), accountId: entry.accountId, name: entry.name }
}

/** Belongs to a contact by account, which survives a new handle, else by handle, which survives a new key. */
export function listPeople(contacts: readonly Contact[], history: readonly HistoryEntry[]): readonly Person[] {
  const people = new Map(contacts.map((contact) => [personKey(contact.handle), fromContact(contact)]))
  const keyOfAccount = new Map(contacts.map((contact) => [contact.accountId, personKey(contact.handle)]))
  for (const entry of [...history].sort((a, b) => b.startedAt - a.startedAt)) {
    const key =
      (entry.accountId === undefined ? undefined : keyOfAccount.get(entry.accountId)) ?? personKey(entry.handle)
    const person = people.get(key) ?? fromHistory(entry)
    people.set(key, {
      ...person,
      calls: [...person.calls, entry],
      unseen: person.unseen + (entry.unseen && isMissed(entry) ? 1 : 0),
    })
  }
  return [...people.values()]
}

export interface Section {
  readonly kind: 'recent' | 'others'
  readonly people: readonly Person[]
}

const lastCall = (person: Person) => person.calls[0]?.startedAt ?? 0

/** Whom one has talked to, newest first, then everyone else by name. Empty sections are left out. */
export function intoSections(people: readonly Person[], locale: string): readonly Section[] {
  const byName = new Intl.Collator(locale, { sensitivity: 'base', numeric: true })
  const sections: readonly Section[] = [
    {
      kind: 'recent',
      people: people.filter((person) => person.calls.length > 0).sort((a, b) => lastCall(b) - lastCall(a)),
    },
    {
      kind: 'others',
      people: people.filter((person) => person.calls.length === 0).sort((a, b) => byName.compare(a.name, b.name)),
    },
  ]
  return sections.filter((section) => section.people.length > 0)
}
