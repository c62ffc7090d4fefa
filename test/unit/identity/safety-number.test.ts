import { describe, expect, it } from 'vitest'
import { safetyNumber } from '../../../src-shared/identity/safety-number.ts'
import { testDevice } from '../../support/test-device.ts'

describe('safety number (R8)', () => {
  const [alice, bob, mallory] = ['alice', 'bob', 'mallory'].map((name) => testDevice(name).keys.account.public)
  if (!alice || !bob || !mallory) throw new Error('missing')

  it('has sixty digits in twelve groups and does not depend on who asks', () => {
    expect(safetyNumber(alice, bob)).toHaveLength(12)
    for (const group of safetyNumber(alice, bob)) expect(group).toMatch(/^[0-9]{5}$/)
    expect(safetyNumber(alice, bob)).toEqual(safetyNumber(bob, alice))
  })

  it('changes when either key does, in that account’s half only', () => {
    const before = safetyNumber(alice, bob)
    const after = safetyNumber(alice, mallory)
    expect(after).not.toEqual(before)
    expect(before.filter((group) => after.includes(group)).length).toBeGreaterThanOrEqual(6)
  })
})
