/** The relay in a process of its own, for `relay.ts`. */
import { Relay } from '../../src-server/relay/relay.ts'
import { serve } from './forwarder-messages.ts'

const ADDRESS = '127.0.0.1'

const relay = Relay.start({
  port: 0,
  bindAddress: ADDRESS,
  publicAddresses: () => Promise.resolve([]),
  now: Date.now,
  defect: (error) => console.error(error),
})

serve(async ({ offer, certHash, accountPub, groupId, founderCertHash }) => {
  const room = { kind: 'group', groupId, founderCertHash } as const
  const answer = await relay.connect({ room, certHash, accountPub, offer, origin: ADDRESS, reachedAt: ADDRESS })
  if (!answer.ok) throw new Error(`refused: ${answer.reason}`)
  return answer.value
})
