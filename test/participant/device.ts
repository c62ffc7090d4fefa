/** A device without windows: a real account, mail, service, relay, ICE and DTLS on loopback. Only the renderer is missing. */
import { systemClock as clock, systemRandom as random } from '../../src-main/app/system.ts'
import { AccountDirectory } from '../../src-main/account/directory.ts'
import { DeviceMail } from '../../src-main/account/mail.ts'
import { Prekeys } from '../../src-main/account/prekeys.ts'
import { Registration } from '../../src-main/account/registration.ts'
import { type Calls, createCalls } from '../../src-main/calls/calls.ts'
import { createGroupCalls, type GroupCalls } from '../../src-main/group-calls/group-calls.ts'
import type { GroupViews, Invitation, InvitationStore } from '../../src-main/group-calls/ports.ts'
import type { GroupLinks, RelayLinks } from '../../src-main/ice/links.ts'
import { createDirectLinks } from '../../src-main/ice/direct-link.ts'
import { createRelayLinks } from '../../src-main/ice/relay-link.ts'
import { ServiceClient } from '../../src-main/signaling/service-client.ts'
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import { failure, success } from '../../src-shared/base/result.ts'
import type { FromMain, GroupFromWorker } from '../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../src-shared/ipc/packet-batch.ts'
import type { GroupView, JoinableCall } from '../../src-shared/ipc/group-view.ts'
import type { CallView, HistoryEntry, IncomingView } from '../../src-shared/ipc/snapshot.ts'
import { hostHeader, parseAddress, relayUrl } from '../../src-shared/protocol/service/address.ts'
import { memoryStores } from '../support/test-client.ts'
import { valueOf } from '../support/test-device.ts'
import { LOOPBACK } from '../integration/ice/links.ts'
import type { MediaOutlet } from './media.ts'

export interface Participant {
  readonly handle: string
  readonly calls: Calls
  readonly groups: GroupCalls
  readonly media: FromMain[]
  readonly history: HistoryEntry[]
  readonly hide: (hideAddress: boolean) => void
  readonly packets: () => Bytes[]
  readonly send: (...packets: readonly Bytes[]) => void
  call: CallView | undefined
  group: GroupView | undefined
  joinable: readonly JoinableCall[]
  incoming: IncomingView | undefined
  /** Power off: nothing more leaves, nobody is told. */
  readonly kill: () => void
  readonly stop: () => void
}

/** Stands in for the renderer of one stay in a group call; without it, what the device says to it is only collected. */
export type OpenMedia = (outlet: MediaOutlet) => { take(message: FromMain): void; stop(): void }

export async function participant(
  { host = LOOPBACK, port }: { readonly host?: string; readonly port: number },
  handle: string,
  openMedia?: OpenMedia,
  /** `blocked`: its network lets no UDP through. */
  udp: 'open' | 'blocked' = 'open',
): Promise<Participant> {
  const stores = memoryStores()
  const holder: { registration: Registration | undefined } = { registration: undefined }
  const address = valueOf(parseAddress(`${host}:${String(port)}`))
  const client = new ServiceClient({
    address,
    identity: () => holder.registration?.account?.identity,
    clock,
    random,
  })
  const registration = new Registration({ service: client, vault: stores.vault, random, clock }, undefined)
  holder.registration = registration
  const created = await registration.create({ name: handle, handle })
  if (created !== 'created') throw new Error(created)
  const { account } = registration
  if (account === undefined) throw new Error('no account')
  const prekeys = new Prekeys({
    account,
    service: client,
    store: stores.prekeys,
    random,
    clock,
    failed: (error) => {
      throw error
    },
  })
  await prekeys.tend()
  const { pins, contacts, replays } = stores
  const directory = new AccountDirectory({ account, service: client, pins, contacts, clock })
  const dropped = (reason: string): void => {
    throw new Error(`mail was dropped: ${reason}`)
  }
  const mail = new DeviceMail({ account, service: client, directory, prekeys, replays, random, clock, dropped })
  const listeners = new Set<(batch: Uint8Array) => void>()
  let requestListener: ((request: GroupFromWorker) => void) | undefined
  let stay: ReturnType<OpenMedia> | undefined
  const outlet: MediaOutlet = {
    send: (packets) => {
      const batch = joinPackets(packets)
      for (const listener of listeners) listener(batch)
    },
    ask: (request) => requestListener?.(request),
  }
  let hideAddress = true
  const media: FromMain[] = []
  const history: HistoryEntry[] = []
  const views: Omit<GroupViews, 'incoming'> & Record<'call' | 'ofCall' | 'ofGroup', object | undefined> = {
    call: undefined,
    group: undefined,
    joinable: [],
    ofCall: undefined,
    ofGroup: undefined,
  }
  const links = createRelayLinks({
    clock,
    connect: async (ticket, offer) => {
      const answer = await client.relayConnect(ticket, offer)
      if (!answer.ok || udp === 'open') return answer
      return success(answer.value.replace(/^a=candidate:.*\r\n/gm, ''))
    },
    socket: { url: relayUrl(address), headers: { host: hostHeader(address) } },
    ...(host === LOOPBACK ? { bindAddress: LOOPBACK } : {}),
  })
  const opened = new Set<{ close(): void }>()
  const relays: RelayLinks = { open: (ticket, listener) => remembered(links.open(ticket, listener)) }
  const rooms: GroupLinks = { enter: (ticket, listener) => remembered(links.enter(ticket, listener)) }
  const remembered = <Link extends { close(): void }>(link: Link): Link => {
    opened.add(link)
    return link
  }
  const environment = {
    clock,
    random,
    identity: () => account.identity,
    preferences: () => ({
      suites: ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'] as const,
      hideAddress,
      contactsOnly: false,
    }),
    directory,
    mail,
    relayTicket: async (callId: Bytes, peerAccountPub: Bytes) => {
      const ticket = await client.relayTicket(callId, peerAccountPub)
      return ticket.ok ? ticket : failure(ticket.reason === 'offline' ? ('offline' as const) : ('refused' as const))
    },
    groupTicket: async (groupId: Bytes, accountPub: Bytes, authority: Bytes) => {
      const ticket = await client.groupTicket(groupId, accountPub, authority)
      return ticket.ok ? ticket : failure(ticket.reason === 'offline' ? ('offline' as const) : ('refused' as const))
    },
    relays,
    rooms,
    links: {
      authority: `${host}:${String(port)}`,
      put: async (linkId: Bytes, card: Bytes, expiresAt: number) => {
        const put = await client.putLink(linkId, card, expiresAt)
        return put.ok ? put : failure(put.reason === 'offline' ? ('offline' as const) : ('refused' as const))
      },
      get: async (linkId: Bytes) => {
        const card = await client.getLink(linkId)
        return card.ok ? card : failure(card.reason === 'unknown' ? ('unknown' as const) : ('offline' as const))
      },
      remove: (linkId: Bytes) => client.removeLink(linkId),
    },
    invitations: new MemoryInvitations(),
    directs: createDirectLinks({ clock, ...(host === LOOPBACK ? { bindAddress: LOOPBACK } : {}) }),
    mediaPorts: {
      send: (_: string, message: FromMain) => {
        if (openMedia === undefined) media.push(message)
        else (stay ??= openMedia(outlet)).take(message)
      },
      onPackets: (_: string, listener: (batch: Uint8Array) => void) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      onRequests: (_: string, listener: (request: GroupFromWorker) => void) => {
        requestListener = listener
      },
      close: () => {
        stay?.stop()
        stay = undefined
      },
    },
    record: (entry: HistoryEntry) => void history.push(entry),
  }
  const calls: Calls = createCalls({
    ...environment,
    otherwiseEngaged: () => groups.occupied,
    upgradeReceived: (callId, upgrade) => groups.upgradeReceived(callId, upgrade),
    calledBack: (callId, from) => groups.calledBack(callId, from),
    returnConnected: (groupId) => groups.returnConnected(groupId),
    released: (callId) => groups.oneToOneOver(callId, false),
    show: ({ call, incoming }) => Object.assign(views, { call, ofCall: incoming }),
  })
  const groups: GroupCalls = createGroupCalls({
    ...environment,
    otherwiseEngaged: () => calls.occupied,
    oneToOne: calls,
    show: ({ group, joinable, incoming }) => Object.assign(views, { group, joinable, ofGroup: incoming }),
  })
  const stopMail = mail.start()
  const stop = (): void => {
    stopMail()
    stay?.stop()
    for (const link of opened) link.close()
    client.close()
  }
  return {
    handle,
    calls,
    groups,
    stop,
    kill: stop,
    media,
    history,
    hide: (hide) => {
      hideAddress = hide
    },
    packets: () => media.flatMap((message) => (message.kind === 'packets' ? (splitPackets(message.batch) ?? []) : [])),
    send: (...packets) => outlet.send(packets),
    get call() {
      return views.call as CallView | undefined
    },
    get group() {
      return views.group
    },
    get joinable() {
      return views.joinable
    },
    get incoming() {
      return (views.ofCall ?? views.ofGroup) as IncomingView | undefined
    },
  }
}

class MemoryInvitations implements InvitationStore {
  readonly #kept = new Map<string, Invitation>()

  all(now: number): readonly Invitation[] {
    return [...this.#kept.values()].filter(({ expiresAt }) => expiresAt > now)
  }

  save(invitation: Invitation): void {
    this.#kept.set(toHex(invitation.groupId), invitation)
  }

  remove(groupId: Bytes): void {
    this.#kept.delete(toHex(groupId))
  }
}
