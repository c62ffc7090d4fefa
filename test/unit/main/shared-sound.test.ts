import { describe, expect, it } from 'vitest'
import { canShareSound } from '../../../src-main/app/shared-sound.ts'

const NEW = '45.4.1'

describe('what the computer plays can be shared without the call', () => {
  it.each([
    ['win32', '10.0.22000', NEW, true],
    ['win32', '10.0.26100', '43.4.0', true],
    ['win32', '10.0.19045', NEW, false],
    ['darwin', '14.2', NEW, true],
    ['darwin', '15.0', NEW, true],
    ['darwin', '26.1.0', NEW, true],
    ['darwin', '14.1.2', NEW, false],
    ['darwin', '13.6', NEW, false],
    ['linux', '6.12.0', NEW, false],
  ] as const)('on %s %s with Electron %s: %s', (platform, systemVersion, electronVersion, expected) => {
    expect(canShareSound({ platform, systemVersion, electronVersion })).toBe(expected)
  })

  it('not where Electron passes over the wish to leave it out', () => {
    for (const electronVersion of ['33.2.1', '43.3.9', '42.9.0', '']) {
      expect(canShareSound({ platform: 'darwin', systemVersion: '15.0', electronVersion })).toBe(false)
    }
  })
})
