/** The states of a group call. */
import type { GroupView, JoinableCall, MemberView } from '../../src-shared/ipc/group-view.ts'
import type { Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { ME } from './people.ts'

const MINUTE = 60_000
const CALL_ID = '0d'.repeat(16)
const NAMES = [
  ['Mara Lindqvist', 'mara'],
  ['Ada Okafor', 'ada.okafor@example.org'],
  ['Jonas Weber', 'jonas'],
  ['Zoë Brânză', 'zoe'],
  ['دانة الخالد', 'dana'],
  ['小林 さくら', 'sakura'],
  ['Tom', 'tom'],
  ['Priya Raman', 'priya'],
] as const

export function member(at: number, rest: Partial<MemberView> = {}): MemberView {
  const [name, handle] = NAMES[at % NAMES.length] ?? ['Tom', 'tom']
  const round = Math.floor(at / NAMES.length)
  return {
    id: String(at).padStart(2, '0').repeat(32),
    accountId: String(at).padStart(2, '0').repeat(32),
    name: round === 0 ? name : `${name} ${String(round + 1)}`,
    handle: round === 0 ? handle : `${handle}.${String(round + 1)}`,
    verification: at % 3 === 0 ? 'verified' : 'unverified',
    inContacts: at % 2 === 0,
    host: false,
    present: true,
    trust: 'trusted',
    trouble: 'none',
    guest: false,
    keyed: true,
    media: { audio: at % 4 !== 1, video: at % 5 !== 3, screen: false },
    hand: false,
    handSince: undefined,
    ...rest,
  }
}

export const members = (count: number): readonly MemberView[] => Array.from({ length: count }, (_, at) => member(at))

export function group(now: number, rest: Partial<GroupView> = {}): GroupView {
  return {
    callId: CALL_ID,
    direction: 'outgoing',
    stay: 1,
    phase: { kind: 'connected' },
    connectedAt: now - 12 * MINUTE,
    local: { audio: true, video: true, screen: false },
    hand: false,
    host: true,
    me: 'ee'.repeat(32),
    members: members(3),
    invitees: [],
    proof: {
      suite: 'AES_256_CM_HMAC_SHA1_80',
      epoch: 5,
      complete: true,
      keysSince: now - 3 * MINUTE,
      transport: 'udp',
      rosterDigest: '7c1e9a04b2d35f68'.repeat(4),
      words: { kind: 'none' },
    },
    paused: undefined,
    chat: [],
    unreadChat: 0,
    events: [],
    reactions: [],
    link: undefined,
    knocks: [],
    muteRequestBy: undefined,
    ...rest,
  }
}

export const inGroup = (base: Snapshot, now: number, rest: Partial<GroupView> = {}): Snapshot => ({
  ...base,
  group: group(now, rest),
})

const mara = { name: 'Mara Lindqvist', handle: 'mara' }
const ada = { name: 'Ada Okafor', handle: 'ada.okafor@example.org' }

export const chat = (now: number): GroupView['chat'] => [
  { id: '1', from: mara, text: 'Shall we look at the plan for Thursday?', at: now - 6 * MINUTE },
  { id: '2', from: mara, text: 'I have put it here: https://example.org/plan', at: now - 6 * MINUTE },
  { id: '3', from: undefined, text: 'Yes, one moment.', at: now - 4 * MINUTE },
  { id: '4', from: ada, text: 'Works for me 👍', at: now - 2 * MINUTE },
]

export const joinable = (now: number): readonly JoinableCall[] => [
  { callId: CALL_ID, from: mara, people: [mara, ada], video: true, at: now - 3 * MINUTE },
  { callId: '0e'.repeat(16), from: ME, people: [ada], video: false, at: now - 40 * MINUTE },
]

const LINK = 'https://calls.example.org/j/Zt3cM0Qy2k9oVh1xW8aJrA#u7Qm2S8n0kPzLw4bT6yRcF1dGhJ5vXe9aNoBiKtUqCs'

export const lobby = (now: number): Partial<GroupView> => ({
  members: members(3).map((one, at) => (at === 2 ? { ...one, guest: true } : one)),
  link: { url: LINK, expiresAt: now + 23 * 60 * MINUTE },
  knocks: [
    {
      id: 'a1'.repeat(32),
      name: 'Wanda Nowak',
      handle: 'wanda.nowak@example.org',
      verification: 'unverified',
      inContacts: false,
    },
    { id: 'a2'.repeat(32), name: 'Tom', handle: 'tom', verification: 'verified', inContacts: true },
  ],
})

export const crowd = (): Partial<GroupView> => ({
  members: members(6).map((one, at) =>
    at === 1
      ? { ...one, hand: true, handSince: 1 }
      : at === 2
        ? { ...one, verification: 'key-changed', trust: 'refused', keyed: false }
        : at === 4
          ? { ...one, present: false }
          : at === 5
            ? { ...one, host: true, keyed: false }
            : one,
  ),
  invitees: [
    { name: 'Dad', handle: '+4915112345678', state: 'ringing' },
    { name: 'nobody.here', handle: 'nobody.here', state: 'not-found' },
  ],
})
