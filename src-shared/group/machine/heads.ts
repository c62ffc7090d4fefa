/** R34: who has the same chain, and what follows where somebody has not, or nobody says so. */
import type { MemberEvent } from './events.ts'
import { personOf } from './key-state.ts'
import type { GroupEffect } from './effects.ts'
import { leave } from './leaving.ts'
import type { GroupState, Inside, Person } from './state.ts'
import { move, restart, stay, type Transition } from './transition.ts'

export function headArrived(
  state: GroupState,
  call: Inside,
  { device, relation, length }: MemberEvent & { kind: 'head' },
): Transition {
  const { groupId } = call
  const person = personOf(call, device)
  if (person === undefined) return stay(state)
  switch (relation) {
    case 'same':
      // Who has shown another branch confirms nothing.
      return person.trouble === 'none' ? confirmed(state, call, device) : stay(state)
    case 'behind':
      // It learns of the rest by itself, or says that nobody confirms it.
      return stay(state)
    case 'ahead':
      return move(state, withPerson(call, { ...person, claimed: Math.max(person.claimed, length) }))
    case 'fork':
      return person.trouble === 'fork'
        ? stay(state)
        : move(state, withPerson(call, { ...person, trouble: 'fork' }), [
            { kind: 'announce', groupId, what: { kind: 'trouble', device, trouble: 'fork' } },
          ])
  }
}

function confirmed(state: GroupState, call: Inside, by: string): Transition {
  const { groupId } = call
  if (!call.roomOpen) return stay(state)
  if (!call.confirmed) {
    return move(state, { ...call, confirmed: true }, [
      { kind: 'announce', groupId, what: { kind: 'confirmed', confirmed: true } },
    ])
  }
  return call.present.includes(by) ? { state, effects: [restart(groupId, 'confirm')] } : stay(state)
}

export function nobodyConfirms(state: GroupState, call: Inside): Transition {
  const { groupId } = call
  return move(state, { ...call, confirmed: false }, [
    { kind: 'announce', groupId, what: { kind: 'confirmed', confirmed: false } },
  ])
}

export function nobodyIsHeard(state: GroupState, call: Inside): Transition {
  return leave(state, call, call.forked ? 'insecure' : 'connection-lost')
}

/** The entries that somebody named did not come: the service keeps them back, or that member lies. Nothing more for it. */
export function entriesAreWithheld(state: GroupState, call: Inside): Transition {
  const { groupId, roster } = call
  const named = call.people.filter(({ trouble, claimed }) => trouble === 'none' && claimed > roster.length)
  const people = call.people.map((person): Person =>
    named.includes(person) ? { ...person, trouble: 'withheld' } : person,
  )
  const told = named.map(({ device }): GroupEffect => ({
    kind: 'announce',
    groupId,
    what: { kind: 'trouble', device, trouble: 'withheld' },
  }))
  return move(state, { ...call, people }, told)
}

export function withPerson(call: Inside, changed: Person): Inside {
  return { ...call, people: call.people.map((person) => (person.device === changed.device ? changed : person)) }
}
