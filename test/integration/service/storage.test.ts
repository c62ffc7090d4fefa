/** What lies on the disk: two services never share a folder, failures change nothing, and the disk is not filled to the brim. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Database, Queries } from '../../../src-server/storage/database.ts'
import { DatabaseError } from '../../../src-server/storage/database.ts'
import { openEmbedded } from '../../../src-server/storage/embedded.ts'
import { FolderInUseError, lockFolder } from '../../../src-server/storage/folder-lock.ts'
import { DiskFullError } from '../../../src-server/storage/free-space.ts'
import { migrate, NewerSchemaError } from '../../../src-server/storage/migrations.ts'
import { ticketKeys } from '../../../src-server/storage/secrets.ts'
import { failure, success } from '../../../src-shared/base/result.ts'
import { DATABASE_TEMPLATE } from '../../support/database-template.ts'
import { testDevice, valueOf } from '../../support/test-device.ts'
import {
  clientOf,
  closeAll,
  envelopeTo,
  prekey,
  random,
  registered,
  sharedDatabase,
  startTestService,
  temporaryFolder,
  testNow,
} from './harness.ts'

const folders: string[] = []
const folder = () => {
  const made = temporaryFolder()
  folders.push(made)
  return made
}
afterEach(closeAll)
afterAll(async () => {
  for (const made of folders) await rm(made, { recursive: true, force: true })
})

describe('the lock', () => {
  it('keeps a second service out until the first has gone', async () => {
    const data = folder()
    const release = await lockFolder(data)
    await expect(lockFolder(data)).rejects.toThrow(FolderInUseError)
    await release()
    const again = await lockFolder(data)
    await again()
    expect(await readdir(data)).toEqual([])
  })

  it('of a process that is gone, or that nobody touches, is stale', async () => {
    const data = folder()
    await mkdir(data)
    const file = path.join(data, 'service.lock')
    // No process has this number: it is above the largest that Linux gives.
    await writeFile(file, `4194999 ${hostname()} x\n`)
    await (
      await lockFolder(data)
    )()
    await writeFile(file, `${String(process.pid)} ${hostname()} x\n`)
    await expect(lockFolder(data)).rejects.toThrow(FolderInUseError)
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(file, longAgo, longAgo)
    await (
      await lockFolder(data)
    )()
  })

  it('of another machine holds as long as it is touched', async () => {
    const data = folder()
    await mkdir(data)
    await writeFile(path.join(data, 'service.lock'), '4194999 another-machine x\n')
    await expect(lockFolder(data)).rejects.toThrow(FolderInUseError)
  })

  it('is won by one of many', async () => {
    const data = folder()
    await mkdir(data)
    await writeFile(path.join(data, 'service.lock'), `4194999 ${hostname()} x\n`)
    const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => lockFolder(data)))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('stops a second service on the same data, which leaves the first alone', async () => {
    const dataDir = folder()
    const open = { openDatabase: sharedDatabase, dataDir }
    const first = await startTestService(open)
    await expect(startTestService(open)).rejects.toThrow(FolderInUseError)
    const address = { port: first.port, relayPort: first.relayPort }
    await expect(startTestService({ openDatabase: sharedDatabase, ...address })).rejects.toThrow(/EADDRINUSE/)
    expect(valueOf(await clientOf(undefined, first.port).checkHandle('someone'))).toBe(true)
    await first.stop()
    await (await startTestService(open)).stop()
  })
})

describe('migrations', () => {
  it('run once, and refuse what a later version has written', async () => {
    const database = await sharedDatabase()
    await migrate(database)
    await migrate(database)
    const keys = await ticketKeys(database, random)
    expect(await ticketKeys(database, random)).toEqual(keys)
    expect(keys.call).not.toEqual(keys.group)
    await database.query('INSERT INTO migrations (number) VALUES (1000)')
    await expect(migrate(database)).rejects.toThrow(NewerSchemaError)
    await database.query('DELETE FROM migrations WHERE number = 1000')
  })
})

describe('transactions', () => {
  it('leave nothing behind when they fail', async () => {
    const database = await sharedDatabase()
    await database.query('CREATE TABLE IF NOT EXISTS trial (n integer PRIMARY KEY)')
    const insert = (queries: Queries, n: number) => queries.query('INSERT INTO trial (n) VALUES ($1)', [n])
    const refused = await database.transaction(async (queries) => {
      await insert(queries, 1)
      return failure('refused')
    })
    expect(refused).toEqual({ ok: false, reason: 'refused' })
    const thrown = database.transaction(async (queries) => {
      await insert(queries, 2)
      await insert(queries, 2)
      return success(undefined)
    })
    await expect(thrown).rejects.toThrow(new DatabaseError('23505'))
    expect(await database.query('SELECT n FROM trial')).toEqual([])
    await database.query('DROP TABLE trial')
  })
})

describe('a database that fails', () => {
  /** Lets `allowed` statements of a transaction through and fails at the next, as a full disk does. */
  async function failingAfter(): Promise<{ database: Database; allow: (statements: number) => void }> {
    const database = await sharedDatabase()
    let allowed = Number.POSITIVE_INFINITY
    const limited = (queries: Queries): Queries => ({
      query: (sql, parameters) =>
        allowed-- > 0 ? queries.query(sql, parameters) : Promise.reject(new DatabaseError('53100')),
    })
    return {
      database: {
        ...database,
        ...limited(database),
        transaction: (body) => database.transaction((queries) => body(limited(queries))),
      },
      allow: (statements) => (allowed = statements),
    }
  }

  const everything = async (database: Database) => {
    const tables = ['accounts', 'handles', 'devices', 'prekeys', 'envelopes']
    const counts = await Promise.all(tables.map((table) => database.query(`SELECT * FROM ${table} ORDER BY 1`)))
    return createHash('sha256').update(JSON.stringify(counts)).digest('hex')
  }

  it('refuses the request, wherever it fails, changes nothing, and goes on when it can', async () => {
    const { database, allow } = await failingAfter()
    const service = await startTestService({ openDatabase: () => Promise.resolve(database) })
    const [alice, bob] = [testDevice('alice'), testDevice('bob')]
    const ofAlice = await registered(alice, 'alice', service.port)
    const ofBob = clientOf(bob, service.port)
    valueOf(await ofBob.checkHandle('bob'))
    const requests = [
      () => ofBob.register({ handle: 'bob', certificate: bob.certificate.bytes, deviceList: bob.list.bytes }),
      () => ofAlice.publishPrekeys([prekey(alice, 'one-time', 1), prekey(alice, 'medium-term', 2)]),
      () => ofAlice.push(alice.certificate.certHash, envelopeTo(alice, 'x'), testNow() + 60_000),
      () => ofAlice.fetchPrekey(alice.certificate.certHash),
    ]
    for (const request of requests) {
      const before = await everything(await sharedDatabase())
      let refusals = 0
      for (let statements = 0; ; statements++) {
        allow(statements)
        const result = await request()
        allow(Number.POSITIVE_INFINITY)
        if (result.ok) break
        expect(result.reason).toBe('offline')
        expect(await everything(await sharedDatabase())).toBe(before)
        refusals++
      }
      expect(refusals).toBeGreaterThan(0)
    }
    allow(0)
    expect((await fetch(`http://127.0.0.1:${String(service.port)}/health`)).status).toBe(200)
    await service.stop()
  })
})

describe('a disk that fills up', () => {
  it('is not filled by the service: it reads on, and writes again when there is room', async () => {
    const data = folder()
    let free = 1e12
    const database = await openEmbedded({
      folder: data,
      template: DATABASE_TEMPLATE,
      free: () => Promise.resolve(free),
    })
    await database.query('CREATE TABLE trial (n integer)')
    free = 1e6
    await expect(database.query('INSERT INTO trial (n) VALUES (1)')).rejects.toThrow(new DatabaseError('53100'))
    await expect(database.transaction(() => Promise.resolve(success(1)))).rejects.toThrow(DatabaseError)
    await expect(database.probe()).rejects.toThrow(DatabaseError)
    expect(await database.query('SELECT n FROM trial')).toEqual([])
    free = 1e12
    await database.query('INSERT INTO trial (n) VALUES (1)')
    await database.close()

    free = 1e6
    await expect(
      openEmbedded({ folder: data, template: DATABASE_TEMPLATE, free: () => Promise.resolve(free) }),
    ).rejects.toThrow(DiskFullError)
    const other = folder()
    await expect(openEmbedded({ folder: other, free: () => Promise.resolve(free) })).rejects.toThrow(DiskFullError)
    expect(existsSync(path.join(other, 'PG_VERSION'))).toBe(false)
  })
})
