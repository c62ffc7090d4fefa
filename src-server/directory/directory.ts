/**
 * This folder holds the directory: handle → account key, device list and certificates, the prekeys of each device, and
 * what lies under the links of calls. Whatever it stores was verified before, so that a defective or hostile device harms nobody but itself; the devices
 * verify everything again. It knows no connections.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import type { VerifiedCertificate } from '../../src-shared/identity/certificate.ts'
import {
  compareWithPin,
  listsDevice,
  parseDeviceList,
  verifyDeviceList,
  type VerifiedDeviceList,
} from '../../src-shared/identity/device-list.ts'
import { isHandle } from '../../src-shared/identity/handle.ts'
import type { DirectoryEntry } from '../../src-shared/protocol/service/operations.ts'
import { bytesColumn, numberColumn } from '../storage/columns.ts'
import type { Database, Queries } from '../storage/database.ts'

/** An account may be known by a user name, some addresses and numbers; more would only hoard names. */
const HANDLES_PER_ACCOUNT = 8

export type RegisterFailure = 'invalid' | 'taken' | 'refused'

export interface Registered {
  /** The account was not in the directory before. */
  readonly created: boolean
  /** Devices that the account's list no longer has; their queues and prekeys are gone. */
  readonly revoked: readonly Bytes[]
}

export class Directory {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async isFree(handle: string): Promise<Result<boolean, 'invalid'>> {
    if (!isHandle(handle)) return failure('invalid')
    const rows = await this.#database.query('SELECT 1 FROM handles WHERE handle = $1', [handle])
    return success(rows.length === 0)
  }

  /** Whether the directory has this device in its account's list. */
  async lists(certHash: Bytes): Promise<boolean> {
    const rows = await this.#database.query('SELECT 1 FROM devices WHERE cert_hash = $1', [certHash])
    return rows.length > 0
  }

  async hasAccount(accountPub: Bytes): Promise<boolean> {
    const rows = await this.#database.query('SELECT 1 FROM accounts WHERE account_pub = $1', [accountPub])
    return rows.length > 0
  }

  async register(
    handle: string,
    certificate: VerifiedCertificate,
    deviceList: Bytes,
  ): Promise<Result<Registered, RegisterFailure>> {
    const parsed = parseDeviceList(deviceList)
    const list = parsed === undefined ? undefined : verifyDeviceList(parsed, certificate.accountPub)
    if (!isHandle(handle) || list === undefined || !listsDevice(list, certificate.certHash)) return failure('invalid')

    return this.#database.transaction(async (queries) => {
      const stored = await storeList(queries, list)
      if (!stored.ok) return stored
      const claimed = await claimHandle(queries, handle, list.accountPub)
      if (!claimed.ok) return claimed
      await queries.query(
        'INSERT INTO devices (cert_hash, account_pub, certificate) VALUES ($1, $2, $3) ON CONFLICT (cert_hash) DO NOTHING',
        [certificate.certHash, certificate.accountPub, certificate.bytes],
      )
      return success({ created: stored.value === 'created', revoked: await dropUnlisted(queries, list) })
    })
  }

  async lookup(handle: string): Promise<Result<DirectoryEntry, 'invalid' | 'unknown'>> {
    if (!isHandle(handle)) return failure('invalid')
    // One statement, so that list and certificates are of one moment.
    const rows = await this.#database.query(
      `SELECT accounts.account_pub, accounts.device_list, devices.certificate
         FROM handles JOIN accounts USING (account_pub) LEFT JOIN devices USING (account_pub)
        WHERE handles.handle = $1`,
      [handle],
    )
    const [first] = rows
    if (first === undefined) return failure('unknown')
    return success({
      accountPub: bytesColumn(first, 'account_pub'),
      deviceList: bytesColumn(first, 'device_list'),
      certificates: rows.filter((row) => row['certificate'] !== null).map((row) => bytesColumn(row, 'certificate')),
    })
  }
}

/** R5: the version of an account's list only rises; a different list with the same version is refused. */
async function storeList(
  queries: Queries,
  list: VerifiedDeviceList,
): Promise<Result<'created' | 'updated' | 'same', 'invalid'>> {
  const inserted = await queries.query(
    `INSERT INTO accounts (account_pub, list_version, list_hash, device_list) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account_pub) DO NOTHING RETURNING 1`,
    [list.accountPub, list.version, list.listHash, list.bytes],
  )
  if (inserted.length > 0) return success('created')
  const [row] = await queries.query('SELECT list_version, list_hash FROM accounts WHERE account_pub = $1 FOR UPDATE', [
    list.accountPub,
  ])
  if (row === undefined) return failure('invalid')
  const pin = { listVersion: numberColumn(row, 'list_version'), listHash: bytesColumn(row, 'list_hash') }
  switch (compareWithPin(pin, list)) {
    case 'same':
      return success('same')
    case 'rollback':
    case 'fork':
      return failure('invalid')
    case 'newer':
      await queries.query(
        'UPDATE accounts SET list_version = $2, list_hash = $3, device_list = $4 WHERE account_pub = $1',
        [list.accountPub, list.version, list.listHash, list.bytes],
      )
      return success('updated')
  }
}

async function claimHandle(
  queries: Queries,
  handle: string,
  accountPub: Bytes,
): Promise<Result<undefined, 'taken' | 'refused'>> {
  const inserted = await queries.query(
    'INSERT INTO handles (handle, account_pub) VALUES ($1, $2) ON CONFLICT (handle) DO NOTHING RETURNING 1',
    [handle, accountPub],
  )
  if (inserted.length === 0) {
    const own = await queries.query('SELECT 1 FROM handles WHERE handle = $1 AND account_pub = $2', [
      handle,
      accountPub,
    ])
    return own.length > 0 ? success(undefined) : failure('taken')
  }
  const [row] = await queries.query('SELECT count(*) AS count FROM handles WHERE account_pub = $1', [accountPub])
  const count = row === undefined ? 0 : numberColumn(row, 'count')
  return count <= HANDLES_PER_ACCOUNT ? success(undefined) : failure('refused')
}

/** R10: a device that the list no longer names loses everything that the service has for it. */
async function dropUnlisted(queries: Queries, list: VerifiedDeviceList): Promise<Bytes[]> {
  const rows = await queries.query('SELECT cert_hash FROM devices WHERE account_pub = $1', [list.accountPub])
  const revoked = rows.map((row) => bytesColumn(row, 'cert_hash')).filter((certHash) => !listsDevice(list, certHash))
  for (const certHash of revoked) await queries.query('DELETE FROM devices WHERE cert_hash = $1', [certHash])
  return revoked
}
