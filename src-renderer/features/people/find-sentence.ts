/** Why someone was not found, as said to the person. */
import type { FindOutcome } from '../../../src-shared/ipc/contract.ts'
import type { MessageKey } from '../../app/language/translator.ts'

export const findSentence: Readonly<Record<Exclude<FindOutcome['kind'], 'found'>, MessageKey>> = {
  unknown: 'person.unknown.title',
  invalid: 'person.find.invalid',
  offline: 'person.find.offline',
  refused: 'person.find.refused',
  self: 'person.find.self',
}
