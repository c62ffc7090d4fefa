import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../../src-shared/base/writer.ts'
import { sign } from '../../../src-shared/crypto/signature.ts'
import {
  compareWithPin,
  DEVICES_MAX,
  issueDeviceList,
  listsDevice,
  parseDeviceList,
  verifyDeviceList,
} from '../../../src-shared/identity/device-list.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { NOW, testDevice, testList } from '../../support/test-device.ts'

const desk = testDevice('alice', 'desk')
const lap = testDevice('alice', 'lap')
const mallory = testDevice('mallory')
const accountPub = desk.certificate.accountPub
const both = testList(desk.keys, [desk.certificate, lap.certificate], 2)
const revoked = testList(desk.keys, [desk.certificate], 3)
const markOf = (list: typeof both) => ({ listVersion: list.version, listHash: list.listHash })

describe('device list', () => {
  it('names its devices, and only those', () => {
    const parsed = parseDeviceList(both.bytes)
    const list = parsed && verifyDeviceList(parsed, accountPub)
    if (list === undefined) throw new Error('does not verify')
    expect(listsDevice(list, desk.certificate.certHash)).toBe(true)
    expect(listsDevice(list, lap.certificate.certHash)).toBe(true)
    expect(listsDevice(list, mallory.certificate.certHash)).toBe(false)
    expect(listsDevice(revoked, lap.certificate.certHash)).toBe(false)
  })

  it('is refused under another account’s key, also when that account signed it', () => {
    const parsed = parseDeviceList(both.bytes)
    expect(parsed && verifyDeviceList(parsed, mallory.certificate.accountPub)).toBeUndefined()
    const body = both.bytes.subarray(0, -64)
    const forged = new ByteWriter()
      .raw(body)
      .raw(sign(mallory.keys.account.secret, 'device list', body))
      .finish()
    const forgedList = parseDeviceList(forged)
    expect(forgedList && verifyDeviceList(forgedList, accountPub)).toBeUndefined()
  })

  it('is held to the highest version that was seen (R5)', () => {
    expect(compareWithPin(markOf(both), revoked)).toBe('newer')
    expect(compareWithPin(markOf(revoked), revoked)).toBe('same')
    expect(compareWithPin(markOf(revoked), both)).toBe('rollback')
    const other = testList(desk.keys, [lap.certificate], 3)
    expect(compareWithPin(markOf(revoked), other)).toBe('fork')
  })

  it('has one to sixteen devices, none twice', () => {
    const hashes = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(i + 1))
    const issue = (certHashes: Uint8Array[]) =>
      issueDeviceList({ accountPub, version: 1, issuedAt: NOW, certHashes }, desk.keys.account.secret)
    expect(parseDeviceList(issue(hashes(DEVICES_MAX)).bytes)).toBeDefined()
    expect(() => issue(hashes(DEVICES_MAX + 1))).toThrow(RangeError)
    expect(() => issue([])).toThrow(RangeError)
    expect(parseDeviceList(issue([...hashes(2), ...hashes(1)]).bytes)).toBeUndefined()
  })

  it('is parsed from exactly what it encodes to', () => {
    expectClosed(parseDeviceList, ({ bytes }) => bytes, [both.bytes, revoked.bytes], 5000)
  })
})
