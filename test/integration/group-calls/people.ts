/** People who call one another: devices without windows, on one real service for all tests of a file. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { RunningService } from '../../../src-server/app/service.ts'
import { type OpenMedia, participant, type Participant } from '../../participant/device.ts'
import { startTestService, until } from '../service/harness.ts'

export const BOTH = { audio: true, video: true, screen: false }

interface People {
  /** Each with a handle of its own in this test. */
  come<const Names extends readonly string[]>(
    ...names: Names
  ): Promise<{ readonly [Name in Names[number]]: Participant }>
  comesAlone(name: string, openMedia?: OpenMedia, udp?: 'open' | 'blocked'): Promise<Participant>
}

/** For the file that asks. Who has come is gone after the test. */
export function testPeople(): People {
  let service: RunningService
  let tests = 0
  const here: Participant[] = []

  beforeAll(async () => {
    service = await startTestService({ now: () => Date.now() })
  })
  afterAll(async () => {
    await service.stop()
  })
  beforeEach(() => {
    tests += 1
  })
  afterEach(() => {
    for (const device of here.splice(0)) device.stop()
  })

  const comesAlone: People['comesAlone'] = async (name, openMedia, udp) => {
    const device = await participant(service, `${name}${String(tests)}`, openMedia, udp)
    here.push(device)
    return device
  }
  return {
    comesAlone,
    come: async <const Names extends readonly string[]>(...names: Names) => {
      const come = await Promise.all(names.map(async (name) => [name, await comesAlone(name)] as const))
      // One for each name.
      return Object.fromEntries(come) as { readonly [Name in Names[number]]: Participant }
    },
  }
}

/** A group call does. */
export async function rings(device: Participant): Promise<void> {
  await until(() => device.incoming?.group !== undefined, 'it rings')
}

export async function answer(device: Participant): Promise<void> {
  await rings(device)
  device.groups.accept(device.incoming?.callId ?? '', BOTH)
}

export const endReason = ({ group }: Participant): string =>
  group?.phase.kind === 'ended' ? group.phase.reason : 'not ended'
