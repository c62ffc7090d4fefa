/** R37, the group's words: everybody commits, then everybody reveals. Whoever hears of a round takes part in it. */
import { equalBytes, fromHex } from '../../src-shared/base/bytes.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import type { DeviceId } from '../../src-shared/call/machine/events.ts'
import { type RecordContent, WORDS_NONCE_LENGTH } from '../../src-shared/group/record-content.ts'
import { WordsRound } from '../../src-shared/group/words.ts'
import type { Words } from './conversation.ts'
import type { GroupContext, GroupRunner } from './group-context.ts'
import { sendRecord } from './say.ts'

/** Who commits again has missed what others said. They say it again, each once: what they say is heard within less than this. */
const ONE_WAVE: Ms = 2 * SECOND

/** The person asks; also once more. */
export function compareWords(runner: GroupRunner, context: GroupContext): void {
  const words = wordsNow(runner, context)
  if (words !== undefined) commit(runner, context, words)
  runner.changed()
}

export function wordsSaid(
  runner: GroupRunner,
  context: GroupContext,
  from: DeviceId,
  content: RecordContent & { type: 'words-commit' | 'words-reveal' },
): void {
  const { roster } = context.chain
  if (roster === undefined || !equalBytes(content.rosterHash, roster.head)) return
  const words = wordsNow(runner, context)
  if (words === undefined) return
  const { round } = words
  if (content.type === 'words-commit') {
    round.takeCommit(fromHex(from), content.rosterHash, content.commitment)
    if (runner.environment.clock.now() - words.sentAt > ONE_WAVE) commit(runner, context, words)
  } else if (round.takeReveal(fromHex(from), content.rosterHash, content.nonce) === 'mismatch') words.mismatch = true
  reveal(context, words)
}

function wordsNow({ environment }: GroupRunner, context: GroupContext): Words | undefined {
  const { roster } = context.chain
  const { words } = context.conversation
  if (roster === undefined || (words !== undefined && equalBytes(words.round.rosterHash, roster.head))) return words
  const round = new WordsRound(roster, context.own.certHash, environment.random(WORDS_NONCE_LENGTH))
  context.conversation.words = { round, sentAt: -Infinity, revealed: false, mismatch: false }
  return context.conversation.words
}

function commit({ environment }: GroupRunner, context: GroupContext, words: Words): void {
  words.sentAt = environment.clock.now()
  words.revealed = false
  sendRecord(context, words.round.commit)
  reveal(context, words)
}

function reveal(context: GroupContext, words: Words): void {
  const content = words.round.reveal
  if (content === undefined || words.revealed) return
  words.revealed = true
  sendRecord(context, content)
}
