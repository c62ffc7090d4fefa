/**
 * This folder runs the effects of the group machine (`src-shared/group/machine`) with the core (`src-shared/group`): it turns what the
 * ports bring into events, and effects into work for the ports. What belongs here: the order of that work, and the chain, keys and
 * records of one call. What may not: decisions about the course of a call, which are the machine's; Electron; any port's implementation.
 */
import type { GroupOutcome, LinkOutcome } from '../../src-shared/ipc/contract.ts'
import type { CallLink, MemberId } from '../../src-shared/ipc/group-view.ts'
import type { AccountId, CallId, MediaChoice, Verification } from '../../src-shared/ipc/snapshot.ts'

export interface GroupCalls {
  /** Whether a call of the other kind must wait. */
  readonly occupied: boolean
  start(handles: readonly string[], media: MediaChoice): GroupOutcome
  /** To the running group call; with a 1:1 call instead it grows from that (R36). */
  invite(callId: CallId, handles: readonly string[]): Promise<{ readonly notFound: readonly string[] }>
  join(callId: CallId, media: MediaChoice): GroupOutcome
  forget(callId: CallId): void
  accept(callId: CallId, media: MediaChoice): void
  decline(callId: CallId): void
  end(callId: CallId): void
  setMedia(callId: CallId, media: MediaChoice): void
  dismiss(callId: CallId): void
  remove(callId: CallId, member: MemberId): void
  setHost(callId: CallId, member: MemberId, host: boolean): void
  askToMute(callId: CallId, member: MemberId): void
  raiseHand(callId: CallId, up: boolean): void
  react(callId: CallId, emoji: string): void
  say(callId: CallId, text: string): 'sent' | 'not-sent'
  markChatRead(callId: CallId): void
  compareWords(callId: CallId): void
  admit(knock: string, media: MediaChoice): GroupOutcome
  refuse(knock: string): void
  createLink(
    title: string,
    hours: number,
  ): Promise<{ readonly kind: 'created'; readonly link: CallLink } | { readonly kind: 'offline' | 'refused' }>
  removeLink(id: string): Promise<'removed' | 'offline'>
  openLink(url: string): Promise<LinkOutcome>
  knock(url: string, media: MediaChoice): Promise<GroupOutcome>
  personChanged(accountId: AccountId, change: { readonly name?: string; readonly verification?: Verification }): void
  /** The page lost what the media worker knew: a new stay in the call, with streams of its own. */
  mediaRestarted(callId: CallId): boolean
  /** Leaves; resolves when that has been said. */
  close(): Promise<void>
}
