/** What is wrong with the devices of a media session, as its listener was told. */
import { untrack } from 'svelte'
import type { DeviceKind, DeviceProblem } from '../../devices/media-session.ts'

export interface DeviceTrouble {
  readonly kind: DeviceKind
  readonly problem: DeviceProblem
}

export class DeviceProblems {
  #list = $state.raw<readonly DeviceTrouble[]>([])

  get list(): readonly DeviceTrouble[] {
    return this.#list
  }

  of(kind: DeviceKind): DeviceProblem | undefined {
    return this.#list.find((trouble) => trouble.kind === kind)?.problem
  }

  /** Sessions report from within the effect that asked them for a device: it must not come to depend on the answer. */
  set(kind: DeviceKind, problem: DeviceProblem | undefined): void {
    const others = untrack(() => this.#list).filter((trouble) => trouble.kind !== kind)
    this.#list = problem === undefined ? others : [...others, { kind, problem }]
  }

  clear(): void {
    this.#list = []
  }
}
