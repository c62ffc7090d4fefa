/** Whose shared screen is on the stage: of several, the one that began last. */
import type { MemberId } from '../../../src-shared/ipc/group-view.ts'

/** `before`: who shared until now, in the order in which they began. */
export function screenOrder(before: readonly MemberId[], sharing: readonly MemberId[]): readonly MemberId[] {
  return [
    ...before.filter((member) => sharing.includes(member)),
    ...sharing.filter((member) => !before.includes(member)),
  ]
}
