/** The people of the gallery, and what happened between them. */
import type { Contact, HistoryEntry, Profile } from '../../src-shared/ipc/snapshot.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const ME: Profile = { name: 'Noor de Vries', handle: 'noor', accountId: 'f0'.repeat(32) }
export const LONG_ME: Profile = {
  name: 'Noor Wilhelmina Alexandra van Oranje-Nassau de Vries-Hohenzollern',
  handle: 'noor.wilhelmina.alexandra.van.oranje.nassau@department-of-long-names.example.org',
  accountId: ME.accountId,
}

const account = (index: number) => index.toString(16).padStart(2, '0').repeat(32)

const contact = (index: number, name: string, handle: string, rest: Partial<Contact> = {}): Contact => ({
  accountId: account(index),
  handle,
  name,
  verification: 'unverified',
  blocked: false,
  ...rest,
})

export const CONTACTS: readonly Contact[] = [
  contact(1, 'Mara Lindqvist', 'mara', { verification: 'verified' }),
  contact(2, 'Ada Okafor', 'ada.okafor@example.org'),
  contact(3, 'Jonas Weber', 'jonas', { verification: 'key-changed' }),
  contact(4, 'Zoë Brânză', 'zoe'),
  contact(5, 'دانة الخالد', 'dana', { verification: 'verified' }),
  contact(6, '小林 さくら', 'sakura'),
  contact(7, 'Dad', '+4915112345678', { verification: 'verified' }),
  contact(8, 'Telemarketing', 'best-offers', { blocked: true }),
]

const LONG = [
  'Maximiliana Theodora Konstantinopoulou-Featherstonehaugh von und zu Hohenberg-Sigmaringen',
  'Донаудампфшиффартсгезельшафтскапитенсмютце',
]

export const LONG_CONTACTS: readonly Contact[] = CONTACTS.map((entry, index) =>
  index < 2
    ? {
        ...entry,
        name: LONG[index] ?? '',
        handle: `${'very-long-part.'.repeat(3)}handle-${String(index)}@a-long-domain-name.example.org`,
      }
    : entry,
)

export function history(contacts: readonly Contact[], now: number): readonly HistoryEntry[] {
  const entry = (
    id: number,
    who: number,
    ago: number,
    rest: Partial<HistoryEntry> & Pick<HistoryEntry, 'direction' | 'reason'>,
  ): HistoryEntry => ({
    id: String(id),
    handle: contacts[who]?.handle ?? 'pat',
    accountId: contacts[who]?.accountId,
    name: contacts[who]?.name ?? 'pat',
    group: undefined,
    video: true,
    startedAt: now - ago,
    durationMs: 0,
    unseen: false,
    ...rest,
  })
  return [
    entry(1, 1, 12 * MINUTE, { direction: 'incoming', reason: 'no-answer', video: false, unseen: true }),
    entry(2, 0, 2 * HOUR, { direction: 'outgoing', reason: 'hung-up', durationMs: 23 * MINUTE }),
    entry(3, 0, DAY + 3 * HOUR, { direction: 'incoming', reason: 'hung-up', durationMs: 64 * MINUTE }),
    entry(4, 0, 3 * DAY, { direction: 'outgoing', reason: 'no-answer', video: false }),
    entry(5, 0, 40 * DAY, { direction: 'incoming', reason: 'cancelled' }),
    entry(6, 2, DAY + 5 * HOUR, { direction: 'outgoing', reason: 'busy' }),
    entry(7, 4, 2 * DAY, { direction: 'incoming', reason: 'hung-up', durationMs: 48_000, video: false }),
    entry(8, 99, 9 * DAY, { direction: 'incoming', reason: 'declined', video: false }),
  ]
}
