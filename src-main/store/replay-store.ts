/** R13: which messages were accepted, so that a repeat is refused, also after a restart. */
import type { ReplayStore } from '../account/ports.ts'
import type { SealedDatabase } from './database.ts'

export function createReplayStore(database: SealedDatabase): ReplayStore {
  return {
    remember(senderCertHash, messageId, keepUntil) {
      const sql = 'INSERT OR IGNORE INTO accepted_messages (sender_cert_hash, message_id, keep_until) VALUES (?, ?, ?)'
      return database.run(sql, [senderCertHash, messageId, keepUntil]) === 1
    },
    prune(now) {
      database.run('DELETE FROM accepted_messages WHERE keep_until < ?', [now])
    },
  }
}
