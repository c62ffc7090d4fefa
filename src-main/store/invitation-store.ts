/** Group calls that this account may still join. What has expired is erased when somebody looks. */
import * as v from 'valibot'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { Invitation, InvitationStore } from '../group-calls/ports.ts'
import { blob, integer, type Row, type SealedDatabase, stored, text } from './database.ts'

const COLUMNS =
  'group_id, create_hash, ticket, inviter_cert_hash, inviter_handle, inviter_name, people, video, sent_at, expires_at'
/** More than a person is called to in a day; the oldest goes. */
const KEPT = 64
const PEOPLE = v.array(v.string())

export function createInvitationStore(database: SealedDatabase): InvitationStore {
  return {
    all(now) {
      database.run('DELETE FROM group_invitations WHERE expires_at <= ?', [now])
      return database.all(`SELECT ${COLUMNS} FROM group_invitations ORDER BY sent_at DESC`, []).map(invitationOf)
    },
    save(invitation) {
      database.transaction(() => {
        database.run(`INSERT OR REPLACE INTO group_invitations (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, [
          invitation.groupId,
          invitation.createHash,
          invitation.ticket,
          invitation.inviterCertHash,
          invitation.inviterHandle.reveal(),
          invitation.inviterName,
          JSON.stringify(invitation.people.reveal()),
          Number(invitation.video),
          invitation.sentAt,
          invitation.expiresAt,
        ])
        const tooMany = 'SELECT group_id FROM group_invitations ORDER BY sent_at DESC LIMIT -1 OFFSET ?'
        database.run(`DELETE FROM group_invitations WHERE group_id IN (${tooMany})`, [KEPT])
      })
    },
    remove(groupId) {
      database.run('DELETE FROM group_invitations WHERE group_id = ?', [groupId])
    },
  }
}

function invitationOf(row: Row): Invitation {
  const [groupId, createHash, ticket, certHash, handle, name, people, video, sentAt, expiresAt] = row
  return {
    groupId: blob(groupId),
    createHash: blob(createHash),
    ticket: blob(ticket),
    inviterCertHash: blob(certHash),
    inviterHandle: new Sensitive(text(handle)),
    inviterName: text(name),
    people: new Sensitive(stored(PEOPLE, people)),
    video: integer(video) === 1,
    sentAt: integer(sentAt),
    expiresAt: integer(expiresAt),
  }
}
