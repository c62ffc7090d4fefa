/** What the running service is made of; `service.ts` puts it together, sessions and handlers use it. */
import type { RandomBytes } from '../../src-shared/base/random.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { TicketKeys } from '../../src-shared/protocol/service/ticket.ts'
import type { Bus } from '../bus/bus.ts'
import type { Directory } from '../directory/directory.ts'
import type { Links } from '../directory/links.ts'
import type { Prekeys } from '../directory/prekeys.ts'
import type { PushQueue } from '../push/queue.ts'
import type { Relay } from '../relay/relay.ts'
import type { StunServer } from '../stun/stun-server.ts'
import type { Log } from './log.ts'
import type { OwnNames } from './own-names.ts'
import type { RateLimits } from './rate-limits.ts'

export interface ServiceParts {
  readonly now: () => UnixMs
  readonly random: RandomBytes
  readonly log: Log
  readonly rates: RateLimits
  readonly names: OwnNames
  readonly bus: Bus
  readonly directory: Directory
  readonly prekeys: Prekeys
  readonly links: Links
  readonly queue: PushQueue
  readonly relay: Relay
  readonly stun: StunServer
  readonly ticketKeys: TicketKeys
}
