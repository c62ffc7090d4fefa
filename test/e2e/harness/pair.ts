/** What tests of calls between two apps begin with: nobody in a call, or both in one. */
import type { Snapshot } from '../../../src-shared/ipc/snapshot.ts'
import { accept, callByHandle, request, snapshot, until } from './actions.ts'
import type { RunningApp } from './app.ts'

/** Ada's and Grace's. */
export type Pair = readonly [caller: RunningApp, callee: RunningApp]

export const hasEnded = ({ call }: Snapshot): boolean => call === undefined || call.phase.kind === 'ended'

/** Ends and puts away what is left of a call: a test that failed in the middle leaves its own to the next one. */
export async function idle(pair: Pair): Promise<void> {
  for (const app of pair) {
    const page = await app.main()
    const { call: running } = await snapshot(page)
    if (running && running.phase.kind !== 'ended') await request(page, 'call.end', running.callId)
    const { call } = await until(page, 'the last call is over', hasEnded)
    if (call) await request(page, 'call.dismiss', call.callId)
  }
}

/** Puts both into a new call, which may go the direct way. */
export async function connect(pair: Pair): Promise<void> {
  await idle(pair)
  for (const app of pair) {
    await request(await app.main(), 'settings.update', { hideAddress: false, videoCodec: 'automatic' })
  }
  const [caller, callee] = pair
  await callByHandle(await caller.main(), 'grace')
  await accept(callee)
  for (const app of pair) {
    await until(await app.main(), 'connected', ({ call }) => call?.phase.kind === 'connected')
  }
}
