/** docs/protocol/media.md, section 11. */
import { expect, it } from 'vitest'
import { SendingRate } from '../../../src-renderer/media-worker/sending-rate.ts'

it('takes what is sent again from the pictures, for as long as it is, and half of the estimate at most', () => {
  const rate = new SendingRate(2_500_000, () => true)
  const packet = new Uint8Array(100)
  const full = rate.camera
  // Twenty packets of 1250 bytes a second: 200 kbit/s.
  for (let now = 0; now < 3000; now += 50) {
    rate.sent([packet], now)
    rate.sentAgain(1250)
  }
  expect(full - rate.camera).toBeGreaterThan(150_000)
  expect(full - rate.camera).toBeLessThan(250_000)
  rate.sentAgain(10_000_000)
  expect(rate.camera).toBeGreaterThan(full / 3)
  for (let now = 3000; now < 12_000; now += 50) rate.sent([packet], now)
  expect(rate.camera / full).toBeGreaterThan(0.99)
})
