/**
 * How long the media worker's SRTP takes for a video packet, against the same transform with Node's OpenSSL: the figure to watch is the
 * ratio, as times depend on the machine.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { concatBytes } from '../../src-shared/base/bytes.ts'
import { deriveSessionKeys, type SessionKeys } from '../../src-shared/crypto/srtp-keys.ts'
import { createSrtpReceiver, createSrtpSender, type SrtpParameters } from '../../src-shared/crypto/srtp.ts'
import { SUITES, suiteOf } from '../../src-shared/crypto/suites.ts'

const PACKET_LENGTH = 1100
const HEADER_LENGTH = 12
const WARM_UP = 2000
const ROUNDS = 5
const PACKETS_PER_ROUND = 4000

interface SrtpFigures {
  /** Microseconds a packet, the best of some rounds. */
  readonly protect: number
  readonly unprotect: number
  readonly opensslProtect: number
  readonly opensslUnprotect: number
  /** Ours by OpenSSL's. */
  readonly protectRatio: number
  readonly unprotectRatio: number
}

export function benchSrtp(): Promise<Record<string, SrtpFigures>> {
  return Promise.resolve(
    Object.fromEntries(
      SUITES.map(({ name, saltLength }) => [
        name,
        figures({ suite: name, key: bytes(32), salt: bytes(saltLength), mki: Uint8Array.of(0) }),
      ]),
    ),
  )
}

function figures(parameters: SrtpParameters): SrtpFigures {
  const keys = deriveSessionKeys(suiteOf(parameters.suite), 'rtp', parameters.key, parameters.salt)
  const openssl = parameters.suite === 'AEAD_AES_256_GCM' ? opensslGcm(keys) : opensslAesCm(keys)
  const packets = Array.from({ length: PACKETS_PER_ROUND }, (_, index) => rtpPacket(index))
  const once = createSrtpSender(parameters)
  const sealed = packets.map((packet) => once.protectRtp(packet))
  const first = openssl.protect(packets[1] ?? bytes(HEADER_LENGTH), 1)
  if (Buffer.compare(first, sealed[1] ?? new Uint8Array()) !== 0) throw new Error('the two do not do the same')

  const protect = best(() => {
    const sender = createSrtpSender(parameters)
    return (index) => sender.protectRtp(packets[index] ?? bytes(HEADER_LENGTH))
  })
  const unprotect = best(() => {
    const receiver = createSrtpReceiver(parameters)
    return (index) => {
      if (!receiver.unprotectRtp(sealed[index] ?? new Uint8Array()).ok) throw new Error('refused')
    }
  })
  const opensslProtect = best(() => (index) => openssl.protect(packets[index] ?? bytes(HEADER_LENGTH), index))
  const opensslUnprotect = best(() => (index) => openssl.unprotect(sealed[index] ?? new Uint8Array(), index))
  return {
    protect: rounded(protect),
    unprotect: rounded(unprotect),
    opensslProtect: rounded(opensslProtect),
    opensslUnprotect: rounded(opensslUnprotect),
    protectRatio: rounded(protect / opensslProtect),
    unprotectRatio: rounded(unprotect / opensslUnprotect),
  }
}

/** `prepare` makes what one round works with; its time does not count. */
function best(prepare: () => (index: number) => unknown): number {
  const warm = prepare()
  for (let index = 0; index < WARM_UP; index++) warm(index)
  let shortest = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const work = prepare()
    const start = performance.now()
    for (let index = 0; index < PACKETS_PER_ROUND; index++) work(index)
    shortest = Math.min(shortest, performance.now() - start)
  }
  return (1000 * shortest) / PACKETS_PER_ROUND
}

interface OpensslTransform {
  protect(packet: Uint8Array, index: number): Uint8Array
  unprotect(packet: Uint8Array, index: number): Uint8Array
}

/** The rollover counter stays 0 here, so the index is the sequence number. */
function opensslAesCm({ encryption, authentication, salt }: SessionKeys): OpensslTransform {
  const rolloverCounter = new Uint8Array(4)
  const tag = (covered: Uint8Array) =>
    createHmac('sha1', authentication).update(covered).update(rolloverCounter).digest().subarray(0, 10)
  return {
    protect(packet, index) {
      const cipher = createCipheriv('aes-256-ctr', encryption, nonce(salt, 16, 4, packet, index))
      const covered = concatBytes(packet.subarray(0, HEADER_LENGTH), cipher.update(packet.subarray(HEADER_LENGTH)))
      return concatBytes(covered, Uint8Array.of(0), tag(covered))
    },
    unprotect(packet, index) {
      const covered = packet.subarray(0, packet.length - 11)
      if (!timingSafeEqual(tag(covered), packet.subarray(packet.length - 10))) throw new Error('refused')
      const cipher = createDecipheriv('aes-256-ctr', encryption, nonce(salt, 16, 4, packet, index))
      return concatBytes(covered.subarray(0, HEADER_LENGTH), cipher.update(covered.subarray(HEADER_LENGTH)))
    },
  }
}

function opensslGcm({ encryption, salt }: SessionKeys): OpensslTransform {
  return {
    protect(packet, index) {
      const header = packet.subarray(0, HEADER_LENGTH)
      const cipher = createCipheriv('aes-256-gcm', encryption, nonce(salt, 12, 2, packet, index)).setAAD(header)
      const body = cipher.update(packet.subarray(HEADER_LENGTH))
      cipher.final()
      return concatBytes(header, body, cipher.getAuthTag(), Uint8Array.of(0))
    },
    unprotect(packet, index) {
      const header = packet.subarray(0, HEADER_LENGTH)
      const cipher = createDecipheriv('aes-256-gcm', encryption, nonce(salt, 12, 2, packet, index))
      cipher.setAAD(header).setAuthTag(packet.subarray(packet.length - 17, packet.length - 1))
      const body = cipher.update(packet.subarray(HEADER_LENGTH, packet.length - 17))
      cipher.final()
      return concatBytes(header, body)
    },
  }
}

/** Salt XOR SSRC and index, the SSRC at byte `at`. */
function nonce(salt: Uint8Array, length: number, at: number, packet: Uint8Array, index: number): Uint8Array {
  const block = new Uint8Array(length)
  block.set(salt)
  for (let i = 0; i < 4; i++) block[at + i] = (block[at + i] ?? 0) ^ (packet[8 + i] ?? 0)
  block[at + 8] = (block[at + 8] ?? 0) ^ (index >> 8)
  block[at + 9] = (block[at + 9] ?? 0) ^ index
  return block
}

function rtpPacket(sequenceNumber: number): Uint8Array {
  const packet = bytes(PACKET_LENGTH)
  packet.set([0x80, 96, sequenceNumber >> 8, sequenceNumber & 0xff])
  return packet
}

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 13 * i + length)
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100
}
