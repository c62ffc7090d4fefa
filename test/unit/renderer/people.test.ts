import { describe, expect, it } from 'vitest'
import { intoSections, isMissed, listPeople, someoneNew } from '../../../src-renderer/features/people/people.ts'
import { handleToCall, searchPeople } from '../../../src-renderer/features/people/search.ts'
import type { Contact, HistoryEntry } from '../../../src-shared/ipc/snapshot.ts'

const contact = (handle: string, name: string, rest: Partial<Contact> = {}): Contact => ({
  accountId: `account of ${handle}`,
  handle,
  name,
  verification: 'unverified',
  blocked: false,
  ...rest,
})

let count = 0
const call = (handle: string, startedAt: number, rest: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id: String(count++),
  handle,
  accountId: `account of ${handle}`,
  name: handle,
  group: undefined,
  direction: 'outgoing',
  video: true,
  startedAt,
  durationMs: 1000,
  reason: 'hung-up',
  unseen: false,
  ...rest,
})

const missed = { direction: 'incoming', durationMs: 0, reason: 'no-answer', unseen: true } as const

describe('listPeople', () => {
  it('has everyone once, with their calls newest first', () => {
    const people = listPeople([contact('mara', 'Mara')], [call('mara', 1), call('pat', 2), call('mara', 3)])
    expect(people.map((person) => person.key)).toEqual(['mara', 'pat'])
    expect(people[0]?.calls.map((entry) => entry.startedAt)).toEqual([3, 1])
    expect(people[0]?.inContacts).toBe(true)
    expect(people[1]).toMatchObject({ inContacts: false, name: 'pat', accountId: 'account of pat' })
  })

  it('finds a contact by account after a new handle, and by handle after a new key', () => {
    const [person, ...others] = listPeople(
      [contact('mara', 'Mara')],
      [call('mara.old', 1, { accountId: 'account of mara' }), call('MARA', 2, { accountId: 'an earlier key' })],
    )
    expect(others).toEqual([])
    expect(person?.calls).toHaveLength(2)
  })

  it('counts missed calls that nobody has seen, and nothing else', () => {
    const [person] = listPeople(
      [],
      [call('pat', 1, missed), call('pat', 2, { ...missed, unseen: false }), call('pat', 3, { unseen: true })],
    )
    expect(person?.unseen).toBe(1)
  })

  it('takes only unanswered incoming calls for missed', () => {
    expect(isMissed(call('a', 1, missed))).toBe(true)
    expect(isMissed(call('a', 1, { ...missed, reason: 'cancelled' }))).toBe(true)
    expect(isMissed(call('a', 1, { ...missed, reason: 'declined' }))).toBe(false)
    expect(isMissed(call('a', 1, { ...missed, reason: 'answered-elsewhere' }))).toBe(false)
    expect(isMissed(call('a', 1, { ...missed, direction: 'outgoing' }))).toBe(false)
  })
})

describe('intoSections', () => {
  it('puts those with calls first by time, the others after by name', () => {
    const people = listPeople(
      [contact('zoe', 'Zoë'), contact('ada', 'ada'), contact('mara', 'Mara'), contact('oe', 'Émile')],
      [call('pat', 5), call('mara', 9)],
    )
    expect(
      intoSections(people, 'en').map((section) => [section.kind, section.people.map((person) => person.name)]),
    ).toEqual([
      ['recent', ['Mara', 'pat']],
      ['others', ['ada', 'Émile', 'Zoë']],
    ])
  })

  it('leaves empty sections out', () => {
    expect(intoSections([], 'en')).toEqual([])
    expect(intoSections(listPeople([contact('ada', 'Ada')], []), 'en').map((section) => section.kind)).toEqual([
      'others',
    ])
  })
})

describe('searchPeople', () => {
  const people = listPeople(
    [
      contact('anna.lind', 'Anna Lind'),
      contact('zoe', 'Zoë Brânză'),
      contact('ben', 'Ben Anders'),
      contact('ann', 'Kim'),
      contact('joan@example.org', 'Joan'),
    ],
    [call('joan@example.org', 7)],
  )
  const names = (query: string) => searchPeople(people, query, 'en').map((person) => person.name)

  it('ranks a whole handle, then the start of a name, of a word, of the handle, then anywhere', () => {
    expect(names('ann')).toEqual(['Kim', 'Anna Lind'])
    expect(names('an')).toEqual(['Anna Lind', 'Ben Anders', 'Kim', 'Joan', 'Zoë Brânză'])
  })

  it('looks past accents, case and the order of words', () => {
    expect(names('ZOE')).toEqual(['Zoë Brânză'])
    expect(names('branza zo')).toEqual(['Zoë Brânză'])
    expect(names('example joan')).toEqual(['Joan'])
  })

  it('finds nobody for what nobody has, and everybody for nothing', () => {
    expect(names('xyz')).toEqual([])
    expect(names('  ')).toHaveLength(people.length)
  })
})

describe('handleToCall', () => {
  const people = [someoneNew('mara')]

  it('offers handles that are not in the list, as the directory spells them', () => {
    expect(handleToCall(people, ' Pat.New ')).toBe('pat.new')
    expect(handleToCall(people, 'Ada@Example.org')).toBe('ada@example.org')
    expect(handleToCall(people, '+49 151 1234567')).toBe('+491511234567')
  })

  it('offers neither someone in the list nor what is no handle', () => {
    expect(handleToCall(people, 'MARA')).toBeUndefined()
    expect(handleToCall(people, 'two words')).toBeUndefined()
    expect(handleToCall(people, '')).toBeUndefined()
  })
})
