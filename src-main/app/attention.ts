/** What changed between two snapshots that a person who looks elsewhere shall notice. No Electron in this file. */
import type { HistoryEntry, IncomingView, Snapshot } from '../../src-shared/ipc/snapshot.ts'

export function missedCalls(snapshot: Snapshot): number {
  return snapshot.history.filter(({ unseen }) => unseen).length
}

/** Whoever is not in the contacts may have any name: the handle stands beside it (docs/protocol.md, section 3.8). */
export function whoCalls(
  { contacts }: Pick<Snapshot, 'contacts'>,
  { name, handle }: Pick<IncomingView, 'name' | 'handle'>,
): string {
  const known = name === handle || contacts.some((contact) => contact.handle === handle)
  return known ? name : `${name} (${handle})`
}

export type Attention =
  | { readonly kind: 'incoming'; readonly incoming: IncomingView }
  /** The call is not announced any more. */
  | { readonly kind: 'incoming-over' }
  | { readonly kind: 'missed'; readonly entry: HistoryEntry }

export function attention(now: Snapshot, before: Snapshot): Attention[] {
  const found: Attention[] = []
  if (now.incoming?.callId !== before.incoming?.callId) {
    if (before.incoming !== undefined) found.push({ kind: 'incoming-over' })
    if (now.incoming !== undefined) found.push({ kind: 'incoming', incoming: now.incoming })
  }
  if (now.history !== before.history && before.startup.kind === 'ready') {
    const known = new Set(before.history.map(({ id }) => id))
    for (const entry of now.history) {
      if (entry.unseen && !known.has(entry.id)) found.push({ kind: 'missed', entry })
    }
  }
  return found
}
