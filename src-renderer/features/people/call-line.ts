/** A call of the past in one line. */
import type { HistoryEntry } from '../../../src-shared/ipc/snapshot.ts'
import { endWord } from '../../app/language/reasons.ts'
import type { Translate } from '../../app/language/translator.ts'
import { duration } from '../time/format-time.ts'
import { isMissed } from './people.ts'

export function callLine(entry: HistoryEntry, t: Translate): string {
  if (entry.group !== undefined) return groupLine(entry, t)
  if (isMissed(entry)) return t(entry.video ? 'history.missedVideo' : 'history.missedAudio')
  return t('history.detail', {
    call: t(entry.video ? 'history.video' : 'history.audio'),
    detail: entry.durationMs > 0 ? duration(entry.durationMs, t) : t(endWord[entry.reason]),
  })
}

function groupLine(entry: HistoryEntry, t: Translate): string {
  if (isMissed(entry)) return t('history.missedGroup')
  return t('history.detail', {
    call: t('history.group', { count: (entry.group?.length ?? 0) + 1 }),
    detail: entry.durationMs > 0 ? duration(entry.durationMs, t) : t(endWord[entry.reason]),
  })
}
