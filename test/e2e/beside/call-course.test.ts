/** How calls between real apps begin and end: declined, cancelled, unanswered, cut off. Mostly without pictures, which keep a core busy. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EndReason, Snapshot } from '../../../src-shared/ipc/snapshot.ts'
import { startPair } from '../../demo/measured-call.ts'
import { accept, callByHandle, decline, endCall, until } from '../harness/actions.ts'
import { type RunningApp, startApp } from '../harness/app.ts'
import { callOptions } from '../harness/call-options.ts'
import { connect, hasEnded, idle } from '../harness/pair.ts'
import { type RunningService, startService } from '../harness/service.ts'

let service: RunningService
let caller: RunningApp
let callee: RunningApp

beforeAll(async () => {
  service = await startService()
  ;[caller, callee] = await startPair(callOptions(service, 5))
})

afterAll(async () => {
  await Promise.allSettled([caller.close(), callee.close()])
  await service.stop()
})

const endReason = ({ call }: Snapshot): EndReason | undefined =>
  call?.phase.kind === 'ended' ? call.phase.reason : undefined

it('ends for both when the callee declines', async () => {
  await idle([caller, callee])
  const page = await caller.main()
  await callByHandle(page, 'grace', 'audio')
  await decline(callee)
  const state = await until(page, 'declined', hasEnded)
  expect(endReason(state)).toBe('declined')
  const other = await until(await callee.main(), 'in the history', ({ history }) => history[0]?.reason === 'declined')
  expect(other.history[0]).toMatchObject({ direction: 'incoming', handle: 'ada' })
})

it('stops ringing when the caller cancels', async () => {
  await idle([caller, callee])
  const page = await caller.main()
  await callByHandle(page, 'grace', 'audio')
  await callee.incoming()
  await endCall(page)
  const state = await until(await callee.main(), 'the ring ends', ({ incoming }) => incoming === undefined)
  expect(state.history[0]).toMatchObject({ reason: 'cancelled', direction: 'incoming', unseen: true })
})

it('gives up when nobody answers', { timeout: 90_000 }, async () => {
  await idle([caller, callee])
  const page = await caller.main()
  await callByHandle(page, 'grace', 'audio')
  await callee.incoming()
  const state = await until(page, 'no answer', hasEnded, 60_000)
  expect(endReason(state)).toBe('no-answer')
  await until(await callee.main(), 'the ring ends', ({ incoming }) => incoming === undefined)
})

it('rings on when the service restarts while ringing, and can be answered', async () => {
  await idle([caller, callee])
  for (const app of [caller, callee])
    await until(await app.main(), 'online', (state) => state.service.kind === 'online', 30_000)
  await callByHandle(await caller.main(), 'grace', 'audio')
  await callee.incoming()
  await service.restart()
  for (const app of [caller, callee])
    await until(await app.main(), 'online', (state) => state.service.kind === 'online', 30_000)
  await accept(callee, 'audio')
  await until(await caller.main(), 'connected', ({ call }) => call?.phase.kind === 'connected', 30_000)
  await endCall(await callee.main())
  await until(await caller.main(), 'ended', hasEnded)
})

it('ends with a reason when the other app is killed', { timeout: 120_000 }, async () => {
  await connect([caller, callee])
  const page = await caller.main()
  await callee.kill()
  const state = await until(page, 'the loss is noticed', hasEnded, 60_000)
  expect(endReason(state)).toBe('connection-lost')
  // The account is there again after a crash.
  callee = await startApp({
    ...callOptions(service, 5),
    name: 'callee',
    service: service.address,
    profile: callee.profile,
  })
  const back = await until(
    await callee.main(),
    'the account is back',
    ({ startup }) => startup.kind === 'ready',
    30_000,
  )
  expect(back.startup).toMatchObject({ profile: { handle: 'grace' } })
})
