/** The schema, version by version. A migration that was released is never changed; the next one is added below it. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE pins (
    account_pub BLOB PRIMARY KEY,
    handle TEXT NOT NULL,
    list_version INTEGER NOT NULL,
    list_hash BLOB NOT NULL,
    verified INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Which account a handle leads to; an account that lost its handle to another keeps its pin (R7).
  CREATE TABLE pinned_handles (
    handle TEXT PRIMARY KEY,
    account_pub BLOB NOT NULL REFERENCES pins (account_pub) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE prekeys (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    prekey BLOB NOT NULL,
    p256_secret BLOB NOT NULL,
    kem_seed BLOB NOT NULL,
    published_at INTEGER,
    superseded_at INTEGER,
    queue_emptied INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE accepted_messages (
    sender_cert_hash BLOB NOT NULL,
    message_id BLOB NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (sender_cert_hash, message_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX accepted_messages_by_time ON accepted_messages (keep_until);

  CREATE TABLE contacts (
    account_id TEXT PRIMARY KEY,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    blocked INTEGER NOT NULL,
    key_changed INTEGER NOT NULL,
    added_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE history (
    id TEXT PRIMARY KEY,
    handle TEXT NOT NULL,
    account_id TEXT,
    name TEXT NOT NULL,
    direction TEXT NOT NULL,
    video INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    unseen INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX history_by_time ON history (started_at);

  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- The others of a group call, as JSON; NULL for a call of two.
  ALTER TABLE history ADD COLUMN group_people TEXT;

  CREATE TABLE group_invitations (
    group_id BLOB PRIMARY KEY,
    create_hash BLOB NOT NULL,
    ticket BLOB NOT NULL,
    inviter_cert_hash BLOB NOT NULL,
    inviter_handle TEXT NOT NULL,
    inviter_name TEXT NOT NULL,
    people TEXT NOT NULL,
    video INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
]
