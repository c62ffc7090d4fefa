/** Why someone was not found, and what can be done, as said to the person. */
import type { FindOutcome } from '../../../src-shared/ipc/contract.ts'
import type { MessageKey } from '../../app/language/translator.ts'

type Missing = Exclude<FindOutcome['kind'], 'found'>

export const findSentences: Readonly<Record<Missing, { readonly title: MessageKey; readonly body: MessageKey }>> = {
  unknown: { title: 'person.unknown.title', body: 'person.unknown.body' },
  invalid: { title: 'person.invalid.title', body: 'person.invalid.body' },
  offline: { title: 'person.offline.title', body: 'person.offline.body' },
  refused: { title: 'person.refused.title', body: 'person.refused.body' },
  self: { title: 'person.self.title', body: 'person.self.body' },
}
