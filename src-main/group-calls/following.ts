/** What a call's context takes over from the machine at each step. */
import { toHex } from '../../src-shared/base/bytes.ts'
import { HOUR } from '../../src-shared/base/time.ts'
import type { GroupState } from '../../src-shared/group/machine/state.ts'
import { FOUNDED_LIFE, keepFounded } from './founding.ts'
import type { GroupContext, GroupRunner } from './group-context.ts'
import { beginStay, tellMembers } from './keys.ts'
import { createLink } from './links.ts'
import { tellGroupOnly } from './returning.ts'

export function follow(runner: GroupRunner, context: GroupContext, before: GroupState): void {
  const { call } = runner.state()
  if ('local' in call) context.local = call.local
  if (call.kind !== 'inside') return
  const was = before.call.kind === 'inside' ? before.call : undefined
  if (was?.join !== call.join) {
    beginStay(runner, context)
    tellGroupOnly(runner, context)
    keepFounded(runner, context)
    if (was === undefined && waitsForGuests(context)) void createLink(runner, context, FOUNDED_LIFE / HOUR)
  }
  if (was?.roster !== call.roster) noteMembers(context)
  if (call.met) context.connectedAt ??= runner.environment.clock.now()
  if (was?.people !== call.people || was.roster !== call.roster) tellMembers(runner, context)
}

/** Called nobody: the others come by the link. */
function waitsForGuests({ seed, oneToOne, wanted }: GroupContext): boolean {
  return seed !== undefined && oneToOne === undefined && wanted.length === 0
}

function noteMembers({ chain, met }: GroupContext): void {
  for (const { certHash, certificate, handle, join } of chain.roster?.members ?? []) {
    const device = toHex(certHash)
    // Who came by a link stays a guest, also when it returns by its invitation.
    const guest = join.linkTag !== undefined || met.get(device)?.guest === true
    met.set(device, { account: toHex(certificate.accountPub), handle, guest })
  }
}
