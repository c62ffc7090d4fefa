/**
 * Random chains, by an implementation that knows nothing of bytes, signatures and hashes: it plays the table of docs/protocol/group.md,
 * section 1.1, with names. Both must agree, after every attempt, on whether it counts and on everything that the chain then says.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-shared/base/bytes.ts'
import type { AddPolicy, RemoveReason } from '../../../src-shared/group/entry.ts'
import type { Join } from '../../../src-shared/group/join.ts'
import type { Roster } from '../../../src-shared/group/roster.ts'
import { applyEntry, nextEntry } from '../../../src-shared/group/roster.ts'
import { NOW, testDevice } from '../../support/test-device.ts'
import { change, foundedBy, type LaterChange, signerOf, testJoin } from '../../support/test-group.ts'

// Three people with two devices each, and two with one: `a1` is device 1 of account a.
const NAMES = ['a1', 'a2', 'b1', 'b2', 'c1', 'c2', 'd1', 'e1'] as const
type Name = (typeof NAMES)[number]
const devices = Object.fromEntries(NAMES.map((name) => [name, testDevice(name.charAt(0), name)]))
const deviceOf = (name: Name) => devices[name] ?? testDevice(name)
const nameOf = new Map(NAMES.map((name) => [toHex(deviceOf(name).certificate.certHash), name]))
const accountOf = new Map(NAMES.map((name) => [toHex(deviceOf(name).certificate.accountPub), name.charAt(0)]))

type Step =
  | { readonly do: 'invite'; readonly by: Name; readonly whom: Name }
  | { readonly do: 'add'; readonly by: Name; readonly whom: Name; readonly age: number; readonly link: boolean }
  | { readonly do: 'remove'; readonly by: Name; readonly whom: Name; readonly reason: RemoveReason }
  | { readonly do: 'host'; readonly by: Name; readonly whom: Name; readonly on: boolean }

/** The specification once more, as plainly as it can be said. */
class Model {
  members: Name[] = ['a1']
  hosts = new Set<Name>(['a1'])
  invited = new Set(['a'])
  thrownOut = new Set<string>()
  epoch = 1
  length = 1
  readonly touched = new Map<Name, number>([['a1', 0]])
  readonly policy: AddPolicy

  constructor(policy: AddPolicy) {
    this.policy = policy
  }

  take(step: Step, fromSeq: number): boolean {
    if (!this.members.includes(step.by)) return false
    const account = step.whom.charAt(0)
    const isHost = this.hosts.has(step.by)
    switch (step.do) {
      case 'invite':
        if (!isHost && this.policy === 'hosts') return false
        if (!isHost && this.thrownOut.has(account)) return false
        if (this.invited.has(account)) return false
        this.invite(account)
        break
      case 'add':
        if (!isHost && (step.link || !this.invited.has(account))) return false
        if (fromSeq > this.length) return false
        if (this.touched.has(step.whom) && (this.touched.get(step.whom) ?? 0) >= fromSeq) return false
        this.members = [...this.members.filter((name) => name !== step.whom), step.whom]
        this.invite(account)
        this.changeOf(step.whom)
        break
      case 'remove': {
        if (!this.members.includes(step.whom)) return false
        const allowed = {
          removed: isHost && step.by !== step.whom,
          left: step.by === step.whom,
          lost: step.by !== step.whom,
        }
        if (!allowed[step.reason]) return false
        this.members = this.members.filter((name) => name !== step.whom)
        this.hosts.delete(step.whom)
        if (step.reason === 'removed') {
          this.invited.delete(account)
          this.thrownOut.add(account)
        }
        this.changeOf(step.whom)
        break
      }
      case 'host':
        if (!isHost || !this.members.includes(step.whom)) return false
        if (this.hosts.has(step.whom) === step.on) return false
        if (step.on) this.hosts.add(step.whom)
        else this.hosts.delete(step.whom)
        break
    }
    const [longest] = this.members
    if (this.hosts.size === 0 && longest !== undefined) this.hosts.add(longest)
    this.length++
    return true
  }

  private invite(account: string): void {
    this.invited.add(account)
    this.thrownOut.delete(account)
  }

  private changeOf(name: Name): void {
    this.touched.set(name, this.length)
    this.epoch = this.length + 1
  }

  get printed() {
    return {
      members: this.members,
      hosts: this.members.filter((name) => this.hosts.has(name)),
      invited: [...this.invited].sort(),
      thrownOut: [...this.thrownOut].sort(),
      epoch: this.epoch,
      length: this.length,
      closed: this.members.length === 0,
    }
  }
}

function printed(roster: Roster) {
  const people = (accounts: ReadonlySet<string>) => [...accounts].map((account) => accountOf.get(account)).sort()
  return {
    members: roster.members.map(({ certHash }) => nameOf.get(toHex(certHash))),
    hosts: roster.members.filter(({ host }) => host).map(({ certHash }) => nameOf.get(toHex(certHash))),
    invited: people(roster.invited),
    thrownOut: people(roster.thrownOut),
    epoch: roster.epoch,
    length: roster.hashes.length,
    closed: roster.closed,
  }
}

const name = fc.constantFrom(...NAMES)
const turn = fc.nat(59)
const step = fc.oneof(
  fc.record({ do: fc.constant('invite' as const), turn, whom: name }),
  {
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      turn,
      whom: name,
      age: fc.oneof({ arbitrary: fc.constant(0), weight: 6 }, fc.integer({ min: -1, max: 6 })),
      link: fc.boolean(),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      turn,
      whom: name,
      reason: fc.constantFrom<RemoveReason>('removed', 'left', 'lost'),
    }),
    weight: 2,
  },
  fc.record({ do: fc.constant('host' as const), turn, whom: name, on: fc.boolean() }),
)

/** Mostly one who is in, so that chains get somewhere. */
function actorOf(drawn: number, members: readonly Name[]): Name {
  const from = drawn < 50 && members.length > 0 ? members : NAMES
  return from[drawn % from.length] ?? 'a1'
}

const linkTag = new Uint8Array(32).fill(1)
let nonce = 0
/** Joins are the costly part; the same one serves wherever it is asked for. */
const joins = new Map<string, Join>()
function joinOf(whom: Name, fromSeq: number, link: boolean): Join {
  const key = `${whom} ${String(fromSeq)} ${String(link)}`
  const join = joins.get(key) ?? testJoin(deviceOf(whom), fromSeq, nonce++ & 0xff, link ? { linkTag } : {})
  joins.set(key, join)
  return join
}

function changeOf(taken: Step, fromSeq: number): LaterChange {
  const whom = deviceOf(taken.whom)
  switch (taken.do) {
    case 'invite':
      return change.invite(whom)
    case 'add':
      return change.add(joinOf(taken.whom, fromSeq, taken.link))
    case 'remove':
      return change.remove(whom, taken.reason)
    case 'host':
      return change.host(whom, taken.on)
  }
}

describe('random chains', () => {
  it('R28, R29: say what the model says', () => {
    let counted = 0
    let refused = 0
    fc.assert(
      fc.property(
        fc.constantFrom<AddPolicy>('hosts', 'all'),
        fc.array(step, { minLength: 10, maxLength: 60 }),
        (policy, steps) => {
          let roster = foundedBy(deviceOf('a1'), policy)
          const model = new Model(policy)
          for (const drawn of steps) {
            const taken = { ...drawn, by: actorOf(drawn.turn, model.members) }
            const fromSeq = taken.do === 'add' ? Math.max(0, model.length - taken.age) : 0
            const expected = model.take(taken, fromSeq)
            const entry = nextEntry(roster, changeOf(taken, fromSeq), signerOf(deviceOf(taken.by)), NOW)
            const result = applyEntry(roster, entry)
            expect({ step: taken, counts: result.ok }).toEqual({ step: taken, counts: expected })
            if (result.ok) {
              roster = result.value
              counted++
            } else refused++
            expect(printed(roster)).toEqual(model.printed)
          }
          // Whatever happened: somebody is host while anybody is in, and no two share a prefix.
          expect(roster.closed || roster.members.some(({ host }) => host)).toBe(true)
          expect(new Set(roster.members.map(({ ssrcPrefix }) => ssrcPrefix)).size).toBe(roster.members.length)
        },
      ),
      { numRuns: 60 },
    )
    // The steps are such that both happen often.
    expect(counted).toBeGreaterThan(300)
    expect(refused).toBeGreaterThan(300)
  })
})
