/** Where explorations begin. */
import { step } from '../../../../src-shared/group/machine/step.ts'
import { deliverAll, soonest, whyApart } from './drain.ts'
import { feed } from './runner.ts'
import { fireTimer, found } from './moves.ts'
import { type Budgets, createWorld, deviceOf, GROUP, type Step, VOICE, type World } from './world.ts'

/** The first of `ids` has founded a call and invited the accounts of all others; nothing has been delivered. */
export function founded(
  ids: readonly string[],
  budgets: Partial<Budgets> = {},
  prompt = true,
  machine: Step = step,
): World {
  const world = createWorld(ids, budgets, prompt)
  found(world, ids[0] ?? '', machine)
  return world
}

/** All of `ids` ring, but the first, which is in the call. */
export function ringing(ids: readonly string[], budgets: Partial<Budgets> = {}): World {
  const world = founded(ids, budgets)
  deliverAll(world, step)
  return world
}

/** `count` of `ids` are in the call, in the order of their names, and have each other's keys; the rest ring. */
export function gathered(ids: readonly string[], count: number, budgets: Partial<Budgets> = {}): World {
  const world = ringing(ids, budgets)
  for (const id of ids.slice(1, count)) {
    feed(world, deviceOf(world, id), { kind: 'user-accept', groupId: GROUP, media: VOICE }, step)
    untilIn(world, id)
  }
  // Old keys are gone.
  tickUntil(world, ({ devices }) => devices.every(({ timers }) => !timers.some(({ name }) => name === 'expire')))
  return world
}

/** `id` has left, and those who stay have each other's new keys. */
export function left(world: World, id: string): World {
  feed(world, deviceOf(world, id), { kind: 'user-end', groupId: GROUP }, step)
  tickUntil(world, () => deviceOf(world, id).state.call.kind === 'ended' && whyApart(world) === undefined)
  return world
}

function untilIn(world: World, id: string): void {
  tickUntil(world, () => {
    const inside = deviceOf(world, id).state.call.kind === 'inside'
    return (
      inside &&
      whyApart({ ...world, devices: world.devices.filter(({ state }) => state.call.kind !== 'ringing') }) === undefined
    )
  })
}

function tickUntil(world: World, there: (world: World) => boolean): void {
  deliverAll(world, step)
  for (let ticks = 0; ticks < 50; ticks++) {
    if (there(world)) return
    const next = soonest(world)
    if (next === undefined) break
    world.now = Math.max(world.now, next.due)
    fireTimer(next.index, next.id, next.timer, step).play(world)
    deliverAll(world, step)
  }
  throw new Error(`the scene does not come about: ${whyApart(world) ?? ''}`)
}
