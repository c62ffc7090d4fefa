/** Walks through all states up to a depth, each once; or along random ways. Both name the way to what they find. */
import { drain } from './drain.ts'
import { check } from './invariants.ts'
import { type Move, moves, play } from './moves.ts'
import { fingerprint } from './fingerprint.ts'
import { type Step, Violation, type World } from './world.ts'

export interface Exploration {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** Every reachable state was seen. */
  readonly complete: boolean
}

interface Node {
  readonly world: World
  readonly way: Way | undefined
}

interface Way {
  readonly label: string
  readonly before: Way | undefined
}

/** Throws a `Violation` that tells the shortest way to it. */
export function explore(start: World, machine: Step, limits: { depth: number; states: number }): Exploration {
  const seen = new Set<number>([fingerprint(start)])
  const drained = new Set<number>()
  let layer: Node[] = [{ world: start, way: undefined }]
  let transitions = 0
  for (let depth = 0; depth < limits.depth; depth++) {
    const next: Node[] = []
    for (const { world, way } of layer) {
      for (const move of moves(world, machine)) {
        const way2: Way = { label: move.label, before: way }
        transitions++
        const reached = attempt(world, move, machine, way2)
        const print = fingerprint(reached)
        if (seen.has(print)) continue
        seen.add(print)
        attemptDrain(reached, machine, way2, drained)
        next.push({ world: reached, way: way2 })
        if (seen.size >= limits.states) return { states: seen.size, transitions, depth, complete: false }
      }
    }
    if (next.length === 0) return { states: seen.size, transitions, depth, complete: true }
    layer = next
  }
  return { states: seen.size, transitions, depth: limits.depth, complete: false }
}

/**
 * One walk of at most `length` moves; `draw(n)` gives a number below n. Returns how many moves it took.
 * Ends of calls are drawn less often than messages, so that walks get somewhere.
 */
export function walk(start: World, machine: Step, length: number, draw: (below: number) => number): number {
  const drained = new Set<number>()
  let world = start
  let way: Way | undefined
  for (let moved = 0; moved < length; moved++) {
    const possible = [...moves(world, machine)].flatMap((move) => (isRare(move) ? [move] : Array<Move>(5).fill(move)))
    const move = possible[draw(possible.length)]
    if (move === undefined) return moved
    way = { label: move.label, before: way }
    world = attempt(world, move, machine, way)
    if (moved % 4 === 3) attemptDrain(world, machine, way, drained)
  }
  return length
}

function isRare({ label }: Move): boolean {
  return /timer |user-end|user-decline|killed|lost|dies|loses/.test(label)
}

function attempt(world: World, move: Move, machine: Step, way: Way): World {
  return explained(way, () => {
    const next = play(world, move, machine)
    check(next)
    return next
  })
}

function attemptDrain(world: World, machine: Step, way: Way | undefined, drained: Set<number>): void {
  explained(way, () => drain(world, machine, drained))
}

function explained<Value>(way: Way | undefined, run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    const labels: string[] = []
    for (let at = way; at !== undefined; at = at.before) labels.unshift(at.label)
    throw new Violation(`${error.message}\nafter:\n  ${labels.join('\n  ')}`)
  }
}
