/** The 1:1 call beside a group call, which goes on as it (R36) or takes its place (R40): what the person does in one holds for both. */
import type { CallId, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import type { GroupContext, GroupRunner } from './group-context.ts'

/** The person chose in the group call. */
export function chooseMedia(runner: GroupRunner, callId: CallId, media: MediaChoice): void {
  const context = runner.contexts.get(callId)
  if (context !== undefined && !media.audio) context.conversation.muteRequestBy = undefined
  if (context?.returning !== undefined) {
    runner.environment.oneToOne.setMedia(context.returning, { ...media, screen: false })
  }
  runner.dispatch({ kind: 'user-media', groupId: callId, media })
}

export function oneToOneMedia(runner: GroupRunner, callId: CallId, media: MediaChoice): void {
  const context = groupBeside(runner, callId)
  const { call } = runner.state()
  // Whether a screen is shared there as well, the page says itself: it captures it.
  const screen = 'local' in call && call.local.screen
  if (context !== undefined) chooseMedia(runner, context.callId, { ...media, screen })
}

export function oneToOneOver(runner: GroupRunner, callId: CallId, hungUp: boolean): void {
  const context = groupBeside(runner, callId)
  if (context === undefined) return
  if (hungUp) {
    context.silent = true
    runner.dispatch({ kind: 'user-end', groupId: context.callId })
  } else {
    context.oneToOne = undefined
    context.returning = undefined
    runner.dispatch({ kind: 'one-to-one-ended', groupId: context.callId })
  }
}

function groupBeside({ contexts }: GroupRunner, callId: CallId): GroupContext | undefined {
  return [...contexts.values()].find(({ oneToOne, returning }) => oneToOne === callId || returning === callId)
}
