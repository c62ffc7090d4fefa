/** Walks through all states up to a depth, each once; or along random ways in virtual time. Both name the way to what they find. */
import { drain, soonest } from './drain.ts'
import { fingerprint } from './fingerprint.ts'
import { check } from './invariants.ts'
import { fireTimer, type Move, moves, play } from './moves.ts'
import { type Step, Violation, type World } from './world.ts'

export interface Exploration {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** Every reachable state was seen. */
  readonly complete: boolean
}

interface Way {
  readonly label: string
  readonly before: Way | undefined
}

/** Throws a `Violation` that tells the shortest way to it. */
export function explore(start: World, machine: Step, limits: { depth: number; states: number }): Exploration {
  const seen = new Set([fingerprint(start)])
  const drained = new Set<string>()
  let layer: { world: World; way: Way | undefined }[] = [{ world: start, way: undefined }]
  let transitions = 0
  for (let depth = 0; depth < limits.depth; depth++) {
    const next: typeof layer = []
    for (const { world, way } of layer) {
      for (const move of moves(world, machine)) {
        const further: Way = { label: move.label, before: way }
        transitions++
        const reached = attempt(world, move, further)
        const print = fingerprint(reached)
        if (seen.has(print)) continue
        seen.add(print)
        explained(further, () => drain(reached, machine, drained))
        next.push({ world: reached, way: further })
        if (seen.size >= limits.states) return { states: seen.size, transitions, depth, complete: false }
      }
    }
    if (next.length === 0) return { states: seen.size, transitions, depth, complete: true }
    layer = next
  }
  return { states: seen.size, transitions, depth: limits.depth, complete: false }
}

/** Of the steps of a walk, those in which time passes instead, until the next timer. */
const TICKS = 0.12

/** Ends and troubles are drawn less often than the rest, so that walks get somewhere. */
function weightOf({ sort, label }: Move): number {
  if (sort === 'delivery') return 10
  return /user-accept|user-join|invites/.test(label) ? 3 : 0.15
}

/** One walk in virtual time; `draw()` gives a number from 0 to below 1. Every `between` moves it is seen to come together from there. */
export function walk(
  start: World,
  machine: Step,
  { length, between, draw }: { length: number; between: number; draw: () => number },
): number {
  const drained = new Set<string>()
  let world = start
  let way: Way | undefined
  for (let moved = 0; moved < length; moved++) {
    const move = choose(world, machine, draw)
    if (move === undefined) return moved
    way = { label: move.label, before: way }
    world = attempt(move.at === undefined ? world : { ...world, now: move.at }, move, way)
    if (moved % between === between - 1) explained(way, () => drain(world, machine, drained))
  }
  return length
}

function choose(world: World, machine: Step, draw: () => number): (Move & { at?: number }) | undefined {
  const possible = [...moves(world, machine)].filter(({ sort }) => sort !== 'timer')
  const next = soonest(world)
  const tick = next && { ...fireTimer(next.index, next.id, next.timer, machine), at: Math.max(world.now, next.due) }
  const quiet = !possible.some(({ sort }) => sort === 'delivery')
  if (tick !== undefined && (possible.length === 0 || draw() < (quiet ? 0.8 : TICKS))) return tick
  const total = possible.reduce((sum, move) => sum + weightOf(move), 0)
  let left = draw() * total
  for (const move of possible) {
    left -= weightOf(move)
    if (left < 0) return move
  }
  return tick
}

function attempt(world: World, move: Move, way: Way): World {
  return explained(way, () => {
    const next = play(world, move)
    check(next)
    return next
  })
}

function explained<Value>(way: Way | undefined, run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    const labels: string[] = []
    for (let at = way; at !== undefined; at = at.before) labels.unshift(at.label)
    throw new Violation(`${error.message}\nafter:\n  ${labels.slice(-60).join('\n  ')}`)
  }
}
