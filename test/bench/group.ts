/**
 * One change of a group's keys, for calls of several sizes: what each member computes and what travels, after the Add of a newcomer. Every
 * member makes a key and wraps it for every other, so the work of each grows with the size; MLS, measured beside it in the same run,
 * makes one commit for all. The network and waiting are not in it. CPU time of the whole process, median.
 */
import * as crypto from 'node:crypto'
import { opensslPrimitives } from '../../src-shared/crypto/openssl.ts'
import { PORTABLE, type Primitives } from '../../src-shared/crypto/primitives.ts'
import { deriveSenderKeys, eraseSenderKeys } from '../../src-shared/group/group-keys.ts'
import { encodeGroupMessage } from '../../src-shared/group/group-message.ts'
import { openKeyShare, parseKeyShare, wrapSenderKey } from '../../src-shared/group/key-share.ts'
import { parseMemberKey, verifyMemberKey } from '../../src-shared/group/member-key.ts'
import { createReceiveKey, type ReceiveKey } from '../../src-shared/group/receive-key.ts'
import { applyEntry, nextEntry, type Roster } from '../../src-shared/group/roster.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { NOW, type TestDevice, valueOf } from '../support/test-device.ts'
import { callOf, change, GROUP_ID, signerOf, testCrowd, testJoin, testMemberKey } from '../support/test-group.ts'
import { measureMls, MLS_SUITES, type MlsChange } from './mls-group.ts'
import { median, significant } from './statistics.ts'

const SIZES = [2, 5, 10, 20, 33] as const
const ROUNDS = 12
const WARM_UP = 3
const MLS_ROUNDS = 6
const SUITE = 'AES_256_CM_HMAC_SHA1_80'

const random = seededRandom('bench group')
const PRIMITIVES = { openssl: opensslPrimitives(crypto), noble: PORTABLE }

/** In the order in which a member goes through them. */
interface Stages {
  /** The Add entry: five signatures. */
  readonly entry: number
  /** The own MemberKey for the epoch after, and everybody else's. */
  readonly memberKeys: number
  readonly wrap: number
  readonly open: number
  /** SRTP and record keys of everybody. */
  readonly derive: number
}

interface Ours {
  readonly cpuMs: number
  /** The least of each stage: nearer to the cost itself where others share the machine. */
  readonly leastMs: number
  readonly stages: Stages
  /** At one member: its KeyShares and MemberKey, and those of the others with the entry. */
  readonly sentBytes: number
  readonly receivedBytes: number
}

interface Theirs extends Omit<MlsChange, 'size'> {
  readonly leastCommitMs: number
  readonly leastProcessMs: number
  /** What our member computes, over what the one that only processes the commit does, and over the one that makes it. */
  readonly oursToProcess: number
  readonly oursToCommit: number
}

/** Of one size. */
interface Size {
  readonly openssl: Ours
  readonly noble: Ours
  readonly mlsClassical: Theirs | undefined
  readonly mlsHybrid: Theirs | undefined
}

export interface GroupFigures {
  readonly sizes: Readonly<Record<string, Size>>
  /** x in `cost ~ size^x`, between 10 and 33 members. */
  readonly growth: Readonly<Record<string, number>>
}

export function benchGroup(): Promise<GroupFigures> {
  const largest = Math.max(...SIZES)
  const mlsClassical = measureMls(MLS_SUITES.mlsClassical, largest, MLS_ROUNDS)
  const mlsHybrid = measureMls(MLS_SUITES.mlsHybrid, largest, MLS_ROUNDS)
  const crowd = testCrowd(largest)
  const sizes: Record<string, Size> = {}
  for (const size of SIZES) {
    const openssl = ours(crowd.slice(0, size), PRIMITIVES.openssl)
    const noble = ours(crowd.slice(0, size), PRIMITIVES.noble)
    const beside = (all: readonly MlsChange[]) =>
      theirs(
        all.filter((change) => change.size === size),
        openssl,
      )
    sizes[size] = { openssl, noble, mlsClassical: beside(mlsClassical), mlsHybrid: beside(mlsHybrid) }
  }
  const exponent = (of: (figures: Size) => number | undefined): number => {
    const [small, large] = ['10', '33'].map((size) => sizes[size] && of(sizes[size]))
    if (small === undefined || large === undefined) throw new Error('not measured')
    return significant(Math.log(large / small) / Math.log(33 / 10))
  }
  return Promise.resolve({
    sizes,
    growth: {
      cpu: exponent(({ openssl }) => openssl.leastMs),
      sentBytes: exponent(({ openssl }) => openssl.sentBytes),
      mlsClassicalProcess: exponent(({ mlsClassical }) => mlsClassical?.leastProcessMs),
      mlsClassicalCommitBytes: exponent(({ mlsClassical }) => mlsClassical?.commitBytes),
      mlsHybridProcess: exponent(({ mlsHybrid }) => mlsHybrid?.leastProcessMs),
      mlsHybridCommitBytes: exponent(({ mlsHybrid }) => mlsHybrid?.commitBytes),
    },
  })
}

/** The last of `devices` comes in; the first is the one that is measured. */
function ours(devices: readonly TestDevice[], primitives: Primitives): Ours {
  const [own, ...others] = devices
  const newcomer = devices.at(-1)
  if (own === undefined || newcomer === undefined) throw new Error('nobody')
  const before = callOf(own, others.slice(0, -1))
  const join = testJoin(newcomer, before.hashes.length)
  const entry = nextEntry(before, change.add(join), signerOf(own), NOW, primitives)
  const roster = valueOf(applyEntry(before, entry, primitives))
  // Everybody else's work, which is theirs.
  const ownKey = testMemberKey(own, before.epoch)
  const keys = new Map(others.map((device) => [device, testMemberKey(device, device === newcomer ? 0 : before.epoch)]))
  const shares = others.map((device) => shareOf(device, ownKey, roster, PRIMITIVES.openssl))
  const announced = others.map((device) => testMemberKey(device, roster.epoch).memberKey.bytes)

  const runs: Stages[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    runs.push({
      entry: cpuMs(() => valueOf(applyEntry(before, entry, primitives))),
      memberKeys: cpuMs(() => {
        const place = { groupId: GROUP_ID, certHash: own.certificate.certHash, epoch: roster.epoch }
        createReceiveKey(place, own.keys.device.secret, random, primitives)
        for (const [i, device] of others.entries()) {
          const key = parseMemberKey(announced[i] ?? new Uint8Array())
          if (key === undefined) throw new Error('malformed')
          valueOf(verifyMemberKey(key, { groupId: GROUP_ID, ...device.certificate }, primitives))
        }
      }),
      wrap: cpuMs(() => {
        for (const key of keys.values()) shareOf(own, key, roster, primitives)
      }),
      open: cpuMs(() => {
        for (const bytes of shares) {
          const share = parseKeyShare(bytes)
          if (share === undefined) throw new Error('malformed')
          const held = { certHash: own.certificate.certHash, receiveKeys: [ownKey] }
          valueOf(openKeyShare(share, roster, held, primitives))
        }
      }),
      derive: cpuMs(() => {
        for (const device of devices) {
          const sender = { certHash: device.certificate.certHash, suite: SUITE } as const
          eraseSenderKeys(deriveSenderKeys(roster, sender, random(32)))
        }
      }),
    })
  }
  const measured = runs.slice(WARM_UP)
  const sum = (stages: Stages): number => Object.values<number>({ ...stages }).reduce((total, ms) => total + ms, 0)
  const stages = ofEach(measured, median)
  const share = encodeGroupMessage({ kind: 'key-share', keyShare: shares[0] ?? new Uint8Array() }).length
  const key = encodeGroupMessage({ kind: 'member-key', memberKey: announced[0] ?? new Uint8Array() }).length
  return {
    cpuMs: significant(sum(stages)),
    leastMs: significant(sum(ofEach(measured, least))),
    stages,
    sentBytes: others.length * share + key,
    receivedBytes: others.length * (share + key) + entry.length,
  }
}

function ofEach(runs: readonly Stages[], pick: (values: readonly number[]) => number): Stages {
  const of = (name: keyof Stages): number => significant(pick(runs.map((run) => run[name])))
  return { entry: of('entry'), memberKeys: of('memberKeys'), wrap: of('wrap'), open: of('open'), derive: of('derive') }
}

function least(values: readonly number[]): number {
  return Math.min(...values)
}

function shareOf(sender: TestDevice, receiver: ReceiveKey, epoch: Roster, primitives: Primitives): Uint8Array {
  const input = {
    epoch,
    sender: signerOf(sender),
    receiver: receiver.memberKey,
    suite: SUITE,
    senderKey: random(32),
  } as const
  const share = wrapSenderKey(input, random, primitives)
  if (share === undefined) throw new Error('not wrapped')
  return share
}

/** Of one size; nobody is there to process how the second member comes in. */
function theirs(all: readonly MlsChange[], { cpuMs: own }: Ours): Theirs | undefined {
  if (all.length === 0) return undefined
  const of = (name: keyof MlsChange, pick = median): number => significant(pick(all.map((change) => change[name])))
  const [commitMs, processMs] = [of('commitMs'), of('processMs')]
  return {
    commitMs,
    processMs,
    leastCommitMs: of('commitMs', least),
    leastProcessMs: of('processMs', least),
    commitBytes: of('commitBytes'),
    welcomeBytes: of('welcomeBytes'),
    oursToProcess: significant(own / processMs),
    oursToCommit: significant(own / commitMs),
  }
}

function cpuMs(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
