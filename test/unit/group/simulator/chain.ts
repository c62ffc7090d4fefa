/** Chains without bytes: entries that count by R28 and R29, and what they say. The model of the cryptographic core and of the relay's reading. */
import type { Change, EntryToMake, Member, Roster } from '../../../../src-shared/group/machine/roster.ts'

/** Create names its founder's Join. */
export type ModelChange = Exclude<EntryToMake, { op: 'create' }> | { readonly op: 'create'; readonly join: string }

export interface Entry {
  /** Stands for its hash, with that of all entries before it. */
  readonly head: string
  readonly actor: string
  readonly change: ModelChange
  /** Of Create and Add: the chain's length that its device had read when it signed the Join. */
  readonly from: number
}

export type Chain = readonly Entry[]

export interface Reading {
  readonly roster: Roster
  /** Joins that were used, and for each device the place of the last change about it: older Joins do not count. */
  readonly used: ReadonlySet<string>
  readonly lastChange: ReadonlyMap<string, number>
  /** One for each entry. */
  readonly changes: readonly Change[]
}

const EMPTY: Reading = {
  roster: { length: 0, epoch: 0, members: [], invited: [], addPolicy: 'all' },
  used: new Set(),
  lastChange: new Map(),
  changes: [],
}
const readings = new Map<string, Reading>()

export function headOf(chain: Chain): string {
  return chain.at(-1)?.head ?? ''
}

export function read(chain: Chain): Reading {
  const last = chain.at(-1)
  if (last === undefined) return EMPTY
  let reading = readings.get(last.head)
  if (reading === undefined) {
    reading = apply(read(chain.slice(0, -1)), last)
    readings.set(last.head, reading)
  }
  return reading
}

/** Behind `chain`, if it counts there. */
export function append(chain: Chain, actor: string, change: ModelChange, from = 0): Chain | undefined {
  if (!counts(read(chain), actor, change, from)) return undefined
  const subject =
    'join' in change ? change.join : 'account' in change ? change.account : 'device' in change ? change.device : ''
  const head = hash(`${headOf(chain)}/${actor} ${change.op} ${subject} ${'reason' in change ? change.reason : ''}`)
  return [...chain, { head, actor, change, from }]
}

/** All of them, or as much as counts. */
export function appendCounting(
  chain: Chain,
  actor: string,
  changes: readonly ModelChange[],
  from: (join: string) => number,
): Chain {
  return changes.reduce<Chain>(
    (grown, change) => append(grown, actor, change, 'join' in change ? from(change.join) : 0) ?? grown,
    chain,
  )
}

function counts({ roster, used, lastChange }: Reading, actor: string, change: ModelChange, from: number): boolean {
  const { members, invited, length } = roster
  const member = members.find(({ device }) => device === actor)
  if (change.op === 'create') return length === 0
  if (member === undefined) return false
  switch (change.op) {
    case 'invite':
      return (member.host || roster.addPolicy === 'all') && !invited.includes(change.account)
    case 'add':
      return (
        (invited.includes(change.account) || member.host) &&
        !used.has(change.join) &&
        from <= length &&
        (lastChange.get(change.device) ?? -1) < from
      )
    case 'remove': {
      const about = members.some(({ device }) => device === change.device)
      if (change.reason === 'removed') return about && member.host && change.device !== actor
      return about && (change.reason === 'left') === (change.device === actor)
    }
    case 'host':
      return member.host && members.some(({ device, host }) => device === change.device && host !== change.on)
  }
}

function apply({ roster, used, lastChange, changes }: Reading, entry: Entry): Reading {
  const { change, actor } = entry
  const length = roster.length + 1
  const next = (members: readonly Member[], invited = roster.invited, told: readonly Change[] = []): Reading => ({
    roster: { ...roster, length, members: withHost(members), invited },
    used,
    lastChange,
    changes: [...changes, ...told],
  })
  const begins = (reading: Reading, device: string, join?: string): Reading => ({
    ...reading,
    roster: { ...reading.roster, epoch: length },
    used: join === undefined ? used : new Set([...used, join]),
    lastChange: new Map([...lastChange, [device, length - 1]]),
  })
  switch (change.op) {
    case 'create': {
      const account = accountOf(actor)
      const { join } = change
      return begins(
        next(
          [{ device: actor, account, host: true, join, firstEpoch: length }],
          [account],
          [{ kind: 'added', device: actor, account, join, by: actor }],
        ),
        actor,
        join,
      )
    }
    case 'invite':
      return next(
        roster.members,
        [...roster.invited, change.account],
        [{ kind: 'invited', account: change.account, by: actor }],
      )
    case 'add': {
      const { device, account, join } = change
      const earlier = roster.members.find((member) => member.device === device)
      const member: Member = { device, account, host: earlier?.host ?? false, join, firstEpoch: length }
      const others = roster.members.filter((other) => other !== earlier)
      const invited = roster.invited.includes(account) ? roster.invited : [...roster.invited, account]
      return begins(
        next([...others, member], invited, [{ kind: 'added', device, account, join, by: actor }]),
        device,
        join,
      )
    }
    case 'remove': {
      const { device, reason } = change
      const account = accountOf(device)
      return begins(
        next(
          roster.members.filter((member) => member.device !== device),
          reason === 'removed' ? roster.invited.filter((other) => other !== account) : roster.invited,
          [{ kind: 'removed', device, account, reason, by: actor }],
        ),
        device,
      )
    }
    case 'host':
      return next(
        roster.members.map((member) => (member.device === change.device ? { ...member, host: change.on } : member)),
        roster.invited,
        [{ kind: 'host', device: change.device, on: change.on, by: actor }],
      )
  }
}

function withHost(members: readonly Member[]): readonly Member[] {
  if (members.length === 0 || members.some(({ host }) => host)) return members
  return members.map((member, place) => (place === 0 ? { ...member, host: true } : member))
}

/** Device names are an account's letter and a number. */
export function accountOf(device: string): string {
  return device.slice(0, 1).toLowerCase()
}

/** cyrb53: keeps names short. */
export function hash(text: string): string {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36)
}
