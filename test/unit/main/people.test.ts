import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { People } from '../../../src-main/app/people.ts'
import type { LookupFailure, Person } from '../../../src-main/calls/ports.ts'
import { openStore, type Store } from '../../../src-main/store/store.ts'
import { toHex } from '../../../src-shared/base/bytes.ts'
import { failure, type Result, success } from '../../../src-shared/base/result.ts'
import { Sensitive } from '../../../src-shared/base/sensitive.ts'

const keyOf = (fill: number) => new Uint8Array(32).fill(fill)

let folder: string
let store: Store
let answer: Result<Person, LookupFailure>
let accepted: Result<Person, LookupFailure>
let changes = 0

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'people-'))
  const opened = openStore(path.join(folder, 'db'), keyOf(9))
  if (!opened.ok) throw new Error(opened.reason)
  store = opened.value
  changes = 0
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function person(fill: number): Person {
  return {
    accountId: toHex(keyOf(fill)),
    accountPub: keyOf(fill),
    handle: new Sensitive('bea'),
    name: 'bea',
    verification: 'unverified',
    inContacts: false,
    blocked: false,
    devices: [],
  }
}

const pin = (fill: number, verified: boolean) => {
  store.pins.save({
    accountPub: keyOf(fill),
    handle: new Sensitive('bea'),
    listVersion: 1,
    listHash: keyOf(1),
    verified,
  })
}

const people = (online = true) =>
  new People({
    store,
    clock: { now: () => 5, after: () => () => undefined },
    directory: () =>
      online ? { find: () => Promise.resolve(answer), acceptNewKey: () => Promise.resolve(accepted) } : undefined,
    ownAccountPub: () => keyOf(2),
    changed: () => {
      changes++
    },
  })

it('adds who was found, renames, blocks, removes', async () => {
  answer = success(person(7))
  const accountId = toHex(keyOf(7))
  expect(await people().add(' Bea ', 'Bea')).toEqual({ kind: 'found', accountId, handle: 'bea', keyChanged: false })
  people().rename(accountId, 'Beatrice')
  people().block(accountId, true)
  expect(people().contacts()).toEqual([
    { accountId, handle: 'bea', name: 'Beatrice', blocked: true, verification: 'unverified' },
  ])
  people().remove(accountId)
  expect(people().contacts()).toEqual([])
  expect(changes).toBe(4)
})

it('says why nobody was found, and adds nobody', async () => {
  const reasons: [LookupFailure, string][] = [
    ['unknown-handle', 'unknown'],
    ['no-devices', 'unknown'],
    ['insecure', 'refused'],
    ['offline', 'offline'],
    ['self', 'self'],
  ]
  for (const [reason, kind] of reasons) {
    answer = failure(reason)
    expect(await people().add('bea', 'Bea')).toEqual({ kind })
  }
  answer = failure('unknown-handle')
  expect(await people().find('not a handle')).toEqual({ kind: 'invalid' })
  expect(await people(false).find('bea')).toEqual({ kind: 'offline' })
  expect(people().contacts()).toEqual([])
})

it('shows a changed key until the person accepts it, and then as unverified (R7)', async () => {
  pin(7, true)
  answer = success(person(7))
  await people().add('bea', 'Bea')
  expect(people().contacts()[0]?.verification).toBe('verified')
  answer = failure('key-changed')
  expect(await people().find('bea')).toEqual({
    kind: 'found',
    accountId: toHex(keyOf(7)),
    handle: 'bea',
    keyChanged: true,
  })
  expect(people().contacts()[0]?.verification).toBe('key-changed')
  pin(8, false)
  accepted = success(person(8))
  expect(await people().acceptNewKey('bea')).toMatchObject({ kind: 'found', keyChanged: false })
  expect(people().contacts()).toEqual([
    { accountId: toHex(keyOf(8)), handle: 'bea', name: 'Bea', blocked: false, verification: 'unverified' },
  ])
})

it('keeps and forgets a verification, and shows the number to compare (R8)', async () => {
  answer = success(person(7))
  pin(7, false)
  await people().add('bea', 'Bea')
  const accountId = toHex(keyOf(7))
  people().setVerified(accountId, true)
  expect(people().contacts()[0]?.verification).toBe('verified')
  expect(people().known(accountId)).toEqual({ name: 'Bea', verification: 'verified' })
  expect(people().safetyNumber(accountId)).toHaveLength(12)
  expect(people().safetyNumber(toHex(keyOf(3)))).toBeUndefined()
  people().remove(accountId)
  expect(store.pins.byAccount(keyOf(7))?.verified).toBe(false)
  expect(people().known(accountId)).toEqual({ verification: 'unverified' })
})
