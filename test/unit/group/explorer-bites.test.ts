/** The simulator finds what it is there for: each planted defect of the machine leads to the violation that names it. */
import { expect, it } from 'vitest'
import type { GroupEffect } from '../../../src-shared/group/machine/effects.ts'
import { step } from '../../../src-shared/group/machine/step.ts'
import { explore } from './simulator/explore.ts'
import { founded, gathered, left, ringing } from './simulator/scenes.ts'
import type { Step, World } from './simulator/world.ts'

const AB = ['A1', 'B1']
const ABC = ['A1', 'B1', 'C1']

function find(machine: Step, start: World): string {
  try {
    explore(start, machine, { depth: 12, states: 400 })
  } catch (error) {
    return String(error)
  }
  return 'nothing'
}

/** The machine without the effects that `forgotten` names. */
function forgetting(forgotten: (effect: GroupEffect) => boolean): Step {
  return (state, event) => {
    const { state: next, effects } = step(state, event)
    return { state: next, effects: effects.filter((effect) => !forgotten(effect)) }
  }
}

const coming = (): World => ringing(ABC, { userEnd: 1 })
const inside = (): World => gathered(ABC, 3, { userEnd: 1, remove: 1, crash: 1, loseRoom: 1 })

it('finds nothing in the machine as it is', () => {
  expect(find(step, coming())).toBe('nothing')
})

it.each([
  ['set-up', (machine: Step) => founded(AB, {}, true, machine)],
  ['ring', () => founded(AB)],
  ['join', coming],
  ['alone', () => founded(AB)],
  ['leave', inside],
  ['reconnect', inside],
  ['lost', inside],
  ['heads', coming],
  ['confirm', () => gathered(ABC, 2, { loseRoom: 1 })],
  ['unheard', inside],
] as const)('finds a forgotten %s timer', (timer, start) => {
  const machine = forgetting((effect) => effect.kind === 'start-timer' && effect.timer === timer)
  expect(find(machine, start(machine))).toMatch(/nothing ends "/)
})

it('finds a call of two that nothing ends, and one that is left over (R40)', () => {
  const alone = () => left(gathered(ABC, 3, { userEnd: 1 }), 'C1')
  const noLimit = forgetting((effect) => effect.kind === 'start-timer' && effect.timer === 'return-limit')
  expect(find(noLimit, alone())).toMatch(/nothing ends the return/)
  expect(
    find(
      forgetting(({ kind }) => kind === 'end-return'),
      alone(),
    ),
  ).toMatch(/left over/)
})

it('finds keys and links that outlive the call', () => {
  expect(
    find(
      forgetting(({ kind }) => kind === 'release'),
      inside(),
    ),
  ).toMatch(/outlive|in the room without a yes/)
})

it.each([
  ['erase-sender-key', /keeps old sender keys|outlive/],
  ['erase-receive-key', /keeps a receive key|keeps an old receive key/],
  ['drop-epoch', /keeps keys of epoch|outlive/],
  ['stop-sending', /outlive|sends unconfirmed/],
] as const)('finds that %s is forgotten (R31, R33)', (kind, violation) => {
  expect(
    find(
      forgetting((effect) => effect.kind === kind),
      inside(),
    ),
  ).toMatch(violation)
})

it('finds old keys that nothing ends (R31, R33)', () => {
  const machine = forgetting(
    (effect) => effect.kind === 'start-timer' && (effect.timer === 'expire' || effect.timer === 'retire'),
  )
  expect(find(machine, inside())).toMatch(/keeps /)
})

it('finds an old sender key that is used on (R33)', () => {
  const machine = forgetting((effect) => effect.kind === 'start-timer' && effect.timer === 'switch')
  expect(find(machine, gathered(ABC, 2))).toMatch(/keeps old sender keys/)
})

it('finds that one who was removed still hears the others (R33)', () => {
  const machine: Step = (state, event) => {
    if (event.kind !== 'roster-changed' || state.call.kind !== 'inside') return step(state, event)
    const { self } = state
    if (!event.roster.members.some(({ device }) => device === self)) return step(state, event)
    // Announced, and yet treated like an Add; and what would have stopped the old key then is forgotten.
    const told = event.changes.flatMap((what) =>
      what.kind === 'removed' ? [{ kind: 'announce', groupId: event.groupId, what } as const] : [],
    )
    const { state: next, effects } = step(state, {
      ...event,
      changes: event.changes.filter((change) => change.kind !== 'removed'),
    })
    return { state: next, effects: [...told, ...effects.filter(({ kind }) => kind !== 'stop-sending')] }
  }
  expect(find(machine, inside())).toMatch(/one who was removed has/)
})

it('finds a newcomer who is given an older key (R33)', () => {
  const machine: Step = (state, event) => {
    const { state: next, effects } = step(state, event)
    const more = effects.flatMap((effect): GroupEffect[] =>
      effect.kind === 'give-key' ? [{ ...effect, epoch: effect.epoch - 1 }, effect] : [effect],
    )
    return { state: next, effects: more }
  }
  expect(find(machine, gathered(ABC, 2))).toMatch(/an epoch that it is not in|older than its stay/)
})

it('finds a key for somebody whom the directory was not asked about (R35)', () => {
  const machine: Step = (state, event) => {
    let { state: next, effects } = step(state, event)
    if (event.kind !== 'roster-changed' || next.call.kind !== 'inside') return { state: next, effects }
    for (const { device, join } of next.call.people) {
      const more = step(next, { kind: 'member-checked', groupId: event.groupId, device, join, result: 'trusted' })
      next = more.state
      effects = [...effects, ...more.effects]
    }
    return { state: next, effects }
  }
  expect(find(machine, gathered(ABC, 2))).toMatch(/unchecked/)
})

it('finds a member that is not announced (R35)', () => {
  const machine = forgetting((effect) => effect.kind === 'announce' && effect.what.kind === 'added')
  expect(find(machine, gathered(ABC, 2))).toMatch(/hides that/)
})

it('finds a member that is not shown (R35)', () => {
  const machine: Step = (state, event) => {
    const { state: next, effects } = step(state, event)
    if (next.call.kind !== 'inside') return { state: next, effects }
    return { state: { ...next, call: { ...next.call, people: next.call.people.slice(0, 1) } }, effects }
  }
  expect(find(machine, gathered(ABC, 2))).toMatch(/does not see who is in|is not in|has no key/)
})

it('finds a second key for one epoch (R32)', () => {
  const machine: Step = (state, event) => {
    const { state: next, effects } = step(state, event)
    return {
      state: next,
      effects: effects.flatMap((effect): GroupEffect[] =>
        effect.kind === 'enter-epoch' ? [effect, effect] : [effect],
      ),
    }
  }
  expect(find(machine, coming())).toMatch(/second key/)
})

it('finds MemberKeys of a stay that is over (R31)', () => {
  const machine: Step = (state, event) => {
    if (event.kind !== 'roster-changed') return step(state, event)
    const members = event.roster.members.map((member) => ({ ...member, firstEpoch: 0 }))
    return step(state, { ...event, roster: { ...event.roster, members } })
  }
  expect(find(machine, gathered(AB, 2, { crash: 1, userJoin: 1 }))).toMatch(/has no key of/)
})

it('finds that nobody asks for a KeyShare that is missing', () => {
  const machine = forgetting(({ kind }) => kind === 'request-key')
  expect(find(machine, gathered(ABC, 3, { loseRoom: 1, userEnd: 1 }))).toMatch(/has no key of/)
})

it('finds that newcomers do not get the MemberKeys that they need', () => {
  const machine = forgetting(({ kind }) => kind === 'send-member-key' || kind === 'request-key')
  expect(find(machine, gathered(ABC, 2))).toMatch(/has no key of/)
})

it('finds that Heads are not sent (R34)', () => {
  expect(
    find(
      forgetting(({ kind }) => kind === 'send-head'),
      gathered(AB, 2, { loseRoom: 1 }),
    ),
  ).toMatch(/gives up/)
})

it('finds that a withheld Remove is never noticed (R34)', () => {
  const machine: Step = (state, event) => {
    if (event.kind !== 'timer' || (event.timer !== 'confirm' && event.timer !== 'unheard')) return step(state, event)
    return {
      state,
      effects: [{ kind: 'start-timer', groupId: event.groupId, timer: event.timer, about: undefined, delay: 20_000 }],
    }
  }
  expect(find(machine, gathered(ABC, 3, { withhold: 1, remove: 1 }))).toMatch(/does not come together/)
})

it('finds that nobody brings the chain back to a relay that forgot it', () => {
  const machine = forgetting(({ kind }) => kind === 'submit-chain')
  expect(find(machine, gathered(AB, 2, { relayRestart: 1 }))).toMatch(/does not come together/)
})

it('finds that nobody is added', () => {
  const adds = (effect: GroupEffect): boolean =>
    effect.kind === 'submit' && effect.entries.some(({ op }) => op === 'add')
  expect(find(forgetting(adds), gathered(ABC, 2))).toMatch(/gives up/)
})

it('finds that a change which met another is given up', () => {
  const machine: Step = (state, event) =>
    event.kind === 'submit-refused' ||
    (event.kind === 'timer' && event.timer === 'submit-again') ||
    event.kind === 'roster-changed'
      ? forgetting((effect) => effect.kind === 'submit')(state, event)
      : step(state, event)
  expect(find(machine, gathered(ABC, 3, { userEnd: 1, remove: 1 }))).toMatch(/does not come together/)
})

it('finds that somebody is in the room before the yes', () => {
  const machine: Step = (state, event) => {
    const { state: next, effects } = step(state, event)
    if (event.kind !== 'invite' || next.call.kind !== 'ringing') return { state: next, effects }
    return { state: next, effects: [...effects, { kind: 'open-room', groupId: next.call.groupId }] }
  }
  expect(find(machine, founded(AB))).toMatch(/without a yes/)
})
