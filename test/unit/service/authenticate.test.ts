import { expect, it } from 'vitest'
import type { Caller } from '../../../src-server/app/caller.ts'
import { createHandlers } from '../../../src-server/app/handlers.ts'
import type { ServiceParts } from '../../../src-server/app/parts.ts'
import { signAuthentication } from '../../../src-shared/protocol/service/authentication.ts'
import { NOW, testDevice } from '../../support/test-device.ts'

it('a device hears of its revocation from before the directory is asked about it (R10)', async () => {
  const { own } = testDevice('alice')
  const nonce = new Uint8Array(32).fill(7)
  const order: string[] = []
  const parts = {
    now: () => NOW,
    rates: { allow: () => Promise.resolve(true) },
    names: { has: () => true },
    directory: { lists: () => Promise.resolve(order.push('asked') > 0) },
  }
  const session: Caller = {
    origin: { connection: '1', host: 'localhost:8440', address: '127.0.0.1', localAddress: undefined },
    certificate: undefined,
    listed: false,
    takeNonce: () => nonce,
    authenticated: () => void order.push('hears'),
    becomeListed: () => void order.push('listed'),
    acknowledge: () => Promise.resolve(),
  }
  // What an authentication needs of the service.
  const { authenticate } = createHandlers(parts as unknown as ServiceParts)
  const signature = signAuthentication(own.signingSecret, nonce, session.origin.host)
  expect(await authenticate(session, { certificate: own.certificate, signature })).toEqual({ ok: true, value: true })
  expect(order).toEqual(['hears', 'asked', 'listed'])
})
