/** The explorer finds what it is there for: each planted defect of the machine leads to the violation that names it. */
import { expect, it } from 'vitest'
import type { CallEffect } from '../../../src-shared/call/machine/effects.ts'
import { step } from '../../../src-shared/call/machine/step.ts'
import { explore } from './explorer/explore.ts'
import { type Budgets, createWorld, type Step } from './explorer/world.ts'

function find(machine: Step, budgets: Partial<Budgets> = {}, promptResults = true): string {
  const device = { hideAddress: false }
  const world = createWorld(
    [
      { id: 'A', account: 'a', callIds: ['10'], ...device },
      { id: 'B', account: 'b', callIds: [], ...device },
    ],
    { promptResults, ...budgets },
  )
  try {
    explore(world, machine, { depth: 12, states: 6_000 })
  } catch (error) {
    return String(error)
  }
  return 'nothing'
}

/** The machine without the effects that `forgotten` names. */
function forgetting(forgotten: (effect: CallEffect) => boolean): Step {
  return (state, event) => {
    const { state: next, effects } = step(state, event)
    return { state: next, effects: effects.filter((effect) => !forgotten(effect)) }
  }
}

it('finds nothing in the machine as it is', () => {
  expect(find(step)).toBe('nothing')
})

it.each(['ring', 'no-answer', 'confirm', 'relay-wait', 'silence', 'reconnect', 'set-up'] as const)(
  'finds a forgotten %s timer',
  (timer) => {
    const machine = forgetting((effect) => effect.kind === 'start-timer' && effect.timer === timer)
    expect(find(machine, {}, false)).toMatch(/nothing ends "/)
  },
)

it('finds keys and links that outlive the call (R21)', () => {
  expect(find(forgetting(({ kind }) => kind === 'release'))).toMatch(/outlive/)
})

it('finds timers that outlive the call', () => {
  expect(find(forgetting(({ kind }) => kind === 'cancel-all-timers'))).toMatch(/outlives its call/)
})

it('finds an Accept that is taken unseen (R20)', () => {
  const machine: Step = (state, event) =>
    event.kind === 'accept-arrived'
      ? step(state, {
          kind: 'accept-verified',
          callId: event.callId,
          device: 'B',
          media: { audio: true, video: false, screen: false },
        })
      : step(state, event)
  expect(find(machine, { forgeAccept: 1 })).toMatch(/outlives|without a verified Accept|without keys/)
})

it('finds candidates before Confirm (R27)', () => {
  const machine: Step = (state, event) => {
    const { state: next, effects } = step(state, event)
    if (event.kind !== 'accept-made' || next.call.kind !== 'incoming') return { state: next, effects }
    const eager: CallEffect = { kind: 'open-direct', callId: event.callId, pathId: 1, role: 'offerer' }
    return { state: next, effects: [...effects, eager] }
  }
  expect(find(machine)).toMatch(/before Confirm/)
})

it('finds an answer without the user (R19)', () => {
  const machine: Step = (state, event) => {
    const { state: next, effects } = step(state, event)
    if (event.kind !== 'relay-opened' || next.call.kind !== 'incoming') return { state: next, effects }
    return { state: next, effects: [...effects, { kind: 'send-accept', callId: event.callId }] }
  }
  expect(find(machine)).toMatch(/without its user's yes/)
})

it('finds a camera that opens by itself', () => {
  const machine: Step = (state, event) =>
    event.kind === 'user-accept'
      ? step(state, { ...event, media: { audio: true, video: true, screen: false } })
      : step(state, event)
  expect(find(machine)).toMatch(/did not choose/)
})

it('finds a call that waits for ever for a dead peer', () => {
  const machine: Step = (state, event) => {
    if (event.kind !== 'timer' || event.timer !== 'reconnect') return step(state, event)
    return { state, effects: [{ kind: 'start-timer', callId: event.callId, timer: 'reconnect', delay: 30_000 }] }
  }
  expect(find(machine, { kill: 1 })).toMatch(/come to rest|half-open|for ever/)
})

it('finds a hidden address that is offered', () => {
  const machine: Step = (state, event) =>
    event.kind === 'hide-address' ? { state: { ...state, hideAddress: true }, effects: [] } : step(state, event)
  expect(find(machine, { hide: 1 })).toMatch(/hides its address/)
})
