/** What counts in a chain and what it leads to (docs/protocol/group.md, section 1.2: R28, R29, R30). */
import { describe, expect, it } from 'vitest'
import { concatBytes, toHex } from '../../../src-shared/base/bytes.ts'
import { withPrimitives } from '../../support/with-primitives.ts'
import { PORTABLE } from '../../../src-shared/crypto/portable.ts'
import { issueEntry, NO_ENTRY, rosterHash } from '../../../src-shared/group/entry.ts'
import type { Join } from '../../../src-shared/group/join.ts'
import {
  addingOrder,
  INVITED_MAX,
  isInvited,
  mayEnter,
  memberOf,
  MEMBERS_MAX,
} from '../../../src-shared/group/membership.ts'
import {
  applyEntries,
  applyEntry,
  CHAIN_MAX,
  foundingEntry,
  nextEntry,
  type Roster,
} from '../../../src-shared/group/roster.ts'
import { ssrcPrefix } from '../../../src-shared/group/ssrc.ts'
import { NOW, type TestDevice, testDevice } from '../../support/test-device.ts'
import {
  attempt,
  callOf,
  change,
  foundedBy,
  GROUP_ID,
  type LaterChange,
  signerOf,
  testCrowd,
  testJoin,
  withChanges,
} from '../../support/test-group.ts'

const alice = testDevice('alice')
const bob = testDevice('bob')
const carol = testDevice('carol')
const dave = testDevice('dave')
const bobsPhone = testDevice('bob', 'phone')

const names = new Map(
  Object.entries({ alice, bob, carol, dave, bobsPhone }).map(([name, { certificate }]) => [
    toHex(certificate.certHash),
    name,
  ]),
)

function who(roster: Roster | string): string {
  if (typeof roster === 'string') return roster
  return roster.members.map(({ certHash, host }) => `${names.get(toHex(certHash)) ?? '?'}${host ? '*' : ''}`).join(' ')
}

function applied(roster: Roster | undefined, bytes: Uint8Array): Roster | string {
  const result = applyEntry(roster, bytes)
  return result.ok ? result.value : result.reason
}

const joinOf = (device: TestDevice, roster: Roster, nonce = 0): Join => testJoin(device, roster.hashes.length, nonce)
const add = (device: TestDevice, roster: Roster, nonce = 0): LaterChange => change.add(joinOf(device, roster, nonce))

describe('the first entry (R28)', () => {
  const fields = { join: testJoin(alice, 0), addPolicy: 'all', upgradeTag: new Uint8Array(32).fill(1) } as const
  const create = foundingEntry(fields, signerOf(alice), NOW)

  it('makes its device member and host, and invites its account', () => {
    const roster = applied(undefined, create)
    if (typeof roster === 'string') throw new Error(roster)
    expect(who(roster)).toBe('alice*')
    expect(isInvited(roster, alice.certificate.accountPub)).toBe(true)
    expect(roster).toMatchObject({ addPolicy: 'all', upgradeTag: fields.upgradeTag, epoch: 1, closed: false })
    expect(roster.createHash).toEqual(rosterHash(NO_ENTRY, create))
    expect([roster.head, roster.epochHash, ...roster.hashes]).toEqual(Array(3).fill(roster.createHash))
  })

  it('is Create, at its place, by the device of its Join', () => {
    const place = { groupId: GROUP_ID, seq: 0, prev: NO_ENTRY }
    const made = (changed: Partial<typeof place>, by = alice, what?: Parameters<typeof issueEntry>[1]) =>
      applied(undefined, issueEntry({ ...place, ...changed }, what ?? { op: 'create', ...fields }, signerOf(by), NOW))
    expect(who(made({}))).toBe('alice*')
    expect(made({ seq: 1 })).toBe('gap')
    expect(made({ prev: new Uint8Array(32).fill(1) })).toBe('fork')
    expect(made({}, bob)).toBe('actor')
    expect(made({}, alice, change.invite(bob))).toBe('op')
    expect(made({ groupId: new Uint8Array(16) })).toBe('join-group')
    expect(made({}, alice, { op: 'create', ...fields, join: testJoin(alice, 1) })).toBe('consent')
    const forged = concatBytes(create.subarray(0, -1), Uint8Array.of((create.at(-1) ?? 0) ^ 1))
    expect(applied(undefined, forged)).toBe('signature')
  })

  it('is not created twice', () => {
    const roster = foundedBy(alice)
    const place = { groupId: GROUP_ID, seq: 1, prev: roster.head }
    expect(applied(roster, issueEntry(place, { op: 'create', ...fields }, signerOf(alice), NOW))).toBe('op')
  })
})

describe('the place of an entry (R28, R30)', () => {
  const roster = callOf(alice, [bob])
  const entry = nextEntry(roster, change.invite(carol), signerOf(alice), NOW)

  it('R30: a second entry with one seq is a fork, the same one again is known', () => {
    const next = applied(roster, entry)
    if (typeof next === 'string') throw new Error(next)
    expect(applied(next, entry)).toBe('known')
    const other = nextEntry(roster, change.invite(dave), signerOf(alice), NOW)
    expect(applied(next, other)).toBe('fork')
    const otherCreate = foundingEntry(
      { join: testJoin(alice, 0, 9), addPolicy: 'hosts', upgradeTag: undefined },
      signerOf(alice),
      NOW,
    )
    expect(applied(next, otherCreate)).toBe('fork')
  })

  it('R30: an entry that follows another branch is a fork', () => {
    const otherBranch = { ...roster, head: new Uint8Array(32).fill(5) }
    expect(applied(roster, nextEntry(otherBranch, change.invite(carol), signerOf(alice), NOW))).toBe('fork')
  })

  it('R28: an entry further ahead, of another group, or malformed is refused', () => {
    const ahead = withChanges(roster, [alice, change.invite(dave)])
    expect(applied(roster, nextEntry(ahead, change.invite(carol), signerOf(alice), NOW))).toBe('gap')
    const elsewhere = { ...roster, groupId: new Uint8Array(16) }
    expect(applied(roster, nextEntry(elsewhere, change.invite(carol), signerOf(alice), NOW))).toBe('group')
    expect(applied(roster, entry.subarray(1))).toBe('malformed')
  })

  it('R28: only a member’s signature counts', () => {
    expect(attempt(roster, carol, change.invite(carol))).toBe('actor')
    // Carol signs in Alice's name.
    const named = { certHash: alice.certificate.certHash, signingSecret: carol.keys.device.secret }
    expect(applied(roster, nextEntry(roster, change.invite(carol), named, NOW))).toBe('signature')
    for (let at = 0; at < entry.length; at += 7) {
      const altered = entry.slice()
      altered[at] = (altered[at] ?? 0) ^ 1
      expect(typeof applied(roster, altered)).toBe('string')
    }
    const gone = withChanges(roster, [bob, change.remove(bob, 'left')])
    expect(attempt(gone, bob, change.remove(alice, 'lost'))).toBe('actor')
  })

  it('a refused entry changes nothing, a counting one leaves the roster before it as it was', () => {
    const before = structuredClone({ ...roster, members: roster.members.map(({ certHash }) => certHash) })
    attempt(roster, bob, change.host(bob, true))
    withChanges(roster, [alice, change.remove(bob, 'removed')])
    expect({ ...roster, members: roster.members.map(({ certHash }) => certHash) }).toEqual(before)
  })

  it('both sets of primitives read the same chain alike', () => {
    const fast = applyEntry(roster, entry)
    expect(withPrimitives(PORTABLE, () => applyEntry(roster, entry))).toEqual(fast)
  })

  it('several entries count together or not at all', () => {
    const next = withChanges(roster, [alice, change.invite(carol)])
    const second = nextEntry(next, change.invite(dave), signerOf(alice), NOW)
    const both = applyEntries(roster, [entry, second])
    expect(both.ok && both.value?.hashes.length).toBe(roster.hashes.length + 2)
    expect(applyEntries(roster, [entry, entry])).toEqual({ ok: false, reason: 'known' })
    expect(applyEntries(roster, [second, entry])).toEqual({ ok: false, reason: 'gap' })
    expect(applyEntries(undefined, [])).toEqual({ ok: true, value: undefined })
  })
})

describe('Invite (R28, R29)', () => {
  it('R28: is a host’s, or anybody’s where the policy says all', () => {
    expect(attempt(callOf(alice, [bob]), bob, change.invite(carol))).toBe('rights')
    const open = callOf(alice, [bob], 'all')
    const invited = withChanges(open, [bob, change.invite(carol)])
    expect(isInvited(invited, carol.certificate.accountPub)).toBe(true)
    expect(invited.epoch).toBe(open.epoch)
  })

  it('R29: who was thrown out needs a host, whoever else may invite', () => {
    const open = callOf(alice, [bob, carol], 'all')
    const without = withChanges(open, [alice, change.remove(carol, 'removed')])
    expect(attempt(without, bob, change.invite(carol))).toBe('rights')
    const again = withChanges(without, [alice, change.invite(carol)])
    expect(who(withChanges(again, [bob, add(carol, again)]))).toBe('alice* bob carol')
    // Nor does another device of the same person bring it back.
    const twoOfBob = withChanges(callOf(alice, [bob, bobsPhone], 'all'), [alice, change.remove(bobsPhone, 'removed')])
    expect(attempt(twoOfBob, bob, change.invite(bob))).toBe('rights')
  })

  it('that says nothing new does not count: nobody fills the chain with it', () => {
    const open = callOf(alice, [bob], 'all')
    expect(attempt(open, bob, change.invite(alice))).toBe('no-change')
  })

  it('counts for 256 accounts at a time', () => {
    const full = (count: number): Roster => {
      const accounts = Array.from({ length: count - 1 }, (_, i) => i.toString(16).padStart(64, '0'))
      const roster = foundedBy(alice)
      return { ...roster, invited: new Set([...roster.invited, ...accounts]) }
    }
    expect(typeof attempt(full(INVITED_MAX - 1), alice, change.invite(bob))).toBe('object')
    expect(attempt(full(INVITED_MAX), alice, change.invite(bob))).toBe('invitations')
    expect(attempt(full(INVITED_MAX), alice, add(bob, full(INVITED_MAX)))).toBe('invitations')
  })
})

describe('Add (R28)', () => {
  const roster = callOf(alice, [bob])
  const invitedCarol = withChanges(roster, [alice, change.invite(carol)])

  it('counts for an invited account by any member, for others by a host, who invites them thereby', () => {
    expect(attempt(roster, bob, add(carol, roster))).toBe('rights')
    expect(who(withChanges(invitedCarol, [bob, add(carol, invitedCarol)]))).toBe('alice* bob carol')
    const byHost = withChanges(roster, [alice, add(carol, roster)])
    expect(who(byHost)).toBe('alice* bob carol')
    expect(isInvited(byHost, carol.certificate.accountPub)).toBe(true)
    expect(byHost).toMatchObject({ epoch: roster.hashes.length + 1, epochHash: byHost.head })
    expect(memberOf(byHost, carol.certificate.certHash)?.firstEpoch).toBe(byHost.epoch)
  })

  it('R38: who comes by link is added by a host only, also when invited', () => {
    const linkTag = new Uint8Array(32).fill(1)
    const join = testJoin(carol, invitedCarol.hashes.length, 0, { linkTag })
    expect(attempt(invitedCarol, bob, change.add(join))).toBe('rights')
    expect(who(attempt(invitedCarol, alice, change.add(join)))).toBe('alice* bob carol')
  })

  it('needs the newcomer’s own consent, for this group', () => {
    const at = roster.hashes.length
    const forged = testJoin({ ...carol, keys: bob.keys }, at)
    expect(attempt(roster, alice, change.add(forged))).toMatch(/^join-/)
    const elsewhere = testJoin(carol, at, 0, { groupId: new Uint8Array(16) })
    expect(attempt(roster, alice, change.add(elsewhere))).toBe('join-group')
  })

  it('takes a consent once: who left is not brought back with it', () => {
    const join = joinOf(carol, roster)
    const joined = withChanges(roster, [alice, change.add(join)])
    expect(attempt(joined, alice, change.add(join))).toBe('consent')
    for (const [actor, reason] of [
      [carol, 'left'],
      [bob, 'lost'],
      [alice, 'removed'],
    ] as const) {
      const gone = withChanges(joined, [actor, change.remove(carol, reason)])
      expect(attempt(gone, alice, change.add(join))).toBe('consent')
      // A consent of before that was not used, neither.
      const spare = testJoin(carol, roster.hashes.length, 1)
      expect(attempt(gone, alice, change.add(spare))).toBe('consent')
      expect(attempt(joined, alice, change.add(spare))).toBe('consent')
      expect(who(attempt(gone, alice, add(carol, gone)))).toBe('alice* bob carol')
    }
  })

  it('does not take a consent to a later chain', () => {
    expect(attempt(roster, alice, change.add(testJoin(carol, roster.hashes.length + 1)))).toBe('consent')
    // One that is older is as good, while nothing became of its device.
    expect(who(attempt(roster, alice, change.add(testJoin(carol, 0))))).toBe('alice* bob carol')
    // The founder's Create used up what it said before.
    expect(attempt(roster, alice, change.add(testJoin(alice, 0, 1)))).toBe('consent')
  })

  it('of a device that is in replaces it, as the last, and a host stays one', () => {
    const three = callOf(alice, [bob, carol])
    const back = withChanges(three, [bob, add(bob, three, 1)])
    expect(who(back)).toBe('alice* carol bob')
    const join = joinOf(alice, back, 7)
    const host = withChanges(back, [carol, change.add(join)])
    expect(who(host)).toBe('carol bob alice*')
    expect(memberOf(host, alice.certificate.certHash)).toMatchObject({
      firstEpoch: host.epoch,
      join: { nonce: join.nonce },
    })
  })

  it('is refused when 33 other devices are in', () => {
    const crowd = testCrowd(MEMBERS_MAX)
    const full = callOf(crowd[0] ?? alice, crowd.slice(1))
    expect(full.members).toHaveLength(MEMBERS_MAX)
    expect(attempt(full, crowd[0] ?? alice, add(bob, full))).toBe('places')
    const anew = withChanges(full, [crowd[0] ?? alice, add(crowd[5] ?? bob, full, 1)])
    expect(anew.members).toHaveLength(MEMBERS_MAX)
  })

  it('is refused with the SSRC prefix of another member, and counts with its own old one', () => {
    const taken = { ...roster, members: roster.members.map((member) => ({ ...member })) }
    const join = joinOf(carol, roster)
    const prefix = ssrcPrefix({ groupId: GROUP_ID, certHash: carol.certificate.certHash, nonce: join.nonce })
    const collided = { ...taken, members: taken.members.map((member) => ({ ...member, ssrcPrefix: prefix })) }
    expect(attempt(collided, alice, change.add(join))).toBe('ssrc')
    expect(who(attempt(collided, alice, add(carol, roster, 1)))).toBe('alice* bob carol')
    const joined = withChanges(roster, [alice, change.add(join)])
    expect(memberOf(joined, carol.certificate.certHash)?.ssrcPrefix).toBe(prefix)
    expect(who(attempt(joined, alice, add(carol, joined)))).toBe('alice* bob carol')
  })
})

describe('Remove (R28, R29)', () => {
  const roster = callOf(alice, [bob, carol])

  it('R28: each reason has who may give it', () => {
    expect(who(attempt(roster, alice, change.remove(bob, 'removed')))).toBe('alice* carol')
    expect(attempt(roster, bob, change.remove(carol, 'removed'))).toBe('rights')
    expect(attempt(roster, alice, change.remove(alice, 'removed'))).toBe('rights')
    expect(who(attempt(roster, bob, change.remove(bob, 'left')))).toBe('alice* carol')
    expect(attempt(roster, alice, change.remove(bob, 'left'))).toBe('rights')
    expect(who(attempt(roster, bob, change.remove(carol, 'lost')))).toBe('alice* bob')
    expect(attempt(roster, bob, change.remove(bob, 'lost'))).toBe('rights')
    expect(attempt(roster, alice, change.remove(dave, 'lost'))).toBe('device')
  })

  it('R29: who was thrown out is not invited any more; who left or was lost is', () => {
    const thrownOut = withChanges(roster, [alice, change.remove(bob, 'removed')])
    expect(isInvited(thrownOut, bob.certificate.accountPub)).toBe(false)
    expect(mayEnter(thrownOut, bob.certificate.accountPub)).toBe(false)
    expect(attempt(thrownOut, carol, add(bob, thrownOut))).toBe('rights')
    expect(who(attempt(thrownOut, alice, add(bob, thrownOut)))).toBe('alice* carol bob')
    for (const [actor, reason] of [
      [bob, 'left'],
      [carol, 'lost'],
    ] as const) {
      const gone = withChanges(roster, [actor, change.remove(bob, reason)])
      expect(mayEnter(gone, bob.certificate.accountPub)).toBe(true)
      expect(who(attempt(gone, carol, add(bob, gone)))).toBe('alice* carol bob')
    }
  })

  it('R29: of one device of a person leaves the other in, and in the room', () => {
    const two = callOf(alice, [bob, bobsPhone])
    const one = withChanges(two, [alice, change.remove(bobsPhone, 'removed')])
    expect(who(one)).toBe('alice* bob')
    expect(isInvited(one, bob.certificate.accountPub)).toBe(false)
    expect(mayEnter(one, bob.certificate.accountPub)).toBe(true)
  })

  it('begins an epoch that its entry names', () => {
    const next = withChanges(roster, [bob, change.remove(bob, 'left')])
    expect(next).toMatchObject({ epoch: roster.hashes.length + 1, epochHash: next.head })
    const later = withChanges(next, [alice, change.invite(dave)], [alice, change.host(carol, true)])
    expect(later).toMatchObject({ epoch: next.epoch, epochHash: next.epochHash })
    expect(later.head).not.toEqual(next.head)
  })

  it('of the last member closes the chain', () => {
    const alone = foundedBy(alice)
    const closed = withChanges(alone, [alice, change.remove(alice, 'left')])
    expect(closed).toMatchObject({ closed: true, members: [] })
    expect(attempt(closed, alice, add(alice, closed))).toBe('closed')
    expect(attempt(closed, alice, change.invite(bob))).toBe('closed')
  })
})

describe('Host (R28)', () => {
  const roster = callOf(alice, [bob, carol])

  it('is given and taken by hosts, to members', () => {
    expect(attempt(roster, bob, change.host(bob, true))).toBe('rights')
    const two = withChanges(roster, [alice, change.host(bob, true)])
    expect(who(two)).toBe('alice* bob* carol')
    expect(
      addingOrder(withChanges(two, [bob, change.host(carol, true)], [bob, change.host(alice, false)])).map(
        ({ certHash }) => names.get(toHex(certHash)),
      ),
    ).toEqual(['bob', 'carol', 'alice'])
    expect(who(withChanges(two, [bob, change.host(alice, false)]))).toBe('alice bob* carol')
    expect(attempt(roster, alice, change.host(dave, true))).toBe('device')
  })

  it('that says nothing new does not count', () => {
    expect(attempt(roster, alice, change.host(alice, true))).toBe('no-change')
    expect(attempt(roster, alice, change.host(bob, false))).toBe('no-change')
  })

  it('passes to the longest member when no host is left', () => {
    expect(who(withChanges(roster, [alice, change.remove(alice, 'left')]))).toBe('bob* carol')
    expect(who(withChanges(roster, [carol, change.remove(alice, 'lost')]))).toBe('bob* carol')
    const handedOn = withChanges(roster, [alice, change.host(carol, true)], [carol, change.host(alice, false)])
    expect(who(withChanges(handedOn, [carol, change.host(carol, false)]))).toBe('alice* bob carol')
    // Who comes back finds another host, and is none.
    const gone = withChanges(roster, [alice, change.remove(alice, 'left')])
    expect(who(withChanges(gone, [bob, add(alice, gone)]))).toBe('bob* carol alice')
  })
})

describe('the length of a chain', () => {
  it('is limited, and its last places are for Remove: nobody fills it to stay in', () => {
    const roster = callOf(alice, [bob], 'all')
    const longAs = (length: number): Roster => ({
      ...roster,
      hashes: [...roster.hashes, ...Array<Uint8Array>(length - roster.hashes.length).fill(roster.head)],
    })
    expect(typeof attempt(longAs(CHAIN_MAX - MEMBERS_MAX - 1), alice, change.invite(dave))).toBe('object')
    expect(attempt(longAs(CHAIN_MAX - MEMBERS_MAX), alice, change.invite(dave))).toBe('full')
    expect(attempt(longAs(CHAIN_MAX - MEMBERS_MAX), alice, change.host(bob, true))).toBe('full')
    expect(who(attempt(longAs(CHAIN_MAX - 1), alice, change.remove(bob, 'removed')))).toBe('alice*')
    expect(attempt(longAs(CHAIN_MAX), alice, change.remove(bob, 'removed'))).toBe('full')
  })
})
