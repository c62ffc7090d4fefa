/**
 * The notation of docs/protocol.md, section 0, and the identities of section 1, for the generators beside this file: without a line of the
 * project's own code. Node's OpenSSL does hashes, HKDF, HMAC, Ed25519, X25519, P-256 and AES-GCM; @noble does ML-KEM-768 and AES-SIV,
 * which Node 20 lacks.
 */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import {
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  sign as edSign,
} from 'node:crypto'

export const hex = (bytes) => Buffer.from(bytes).toString('hex')
export const cat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
export const text = (string) => Buffer.from(string, 'utf8')
const int = (value, length) =>
  Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  )
export const u8 = (value) => int(value, 1)
export const u16 = (value) => int(value, 2)
export const u32 = (value) => int(value, 4)
export const u64 = (value) => int(value, 8)
export const var8 = (string) => cat(u8(text(string).length), text(string))
const sha256 = (bytes) => createHash('sha256').update(bytes).digest()

// Section 0
export const lp = (bytes) => cat(u32(bytes.length), bytes)
export const label = (name) => lp(text(`sightline/1 ${name}`))
export const H = (name, ...parts) => sha256(cat(label(name), ...parts.map(lp)))
export const hmac = (key, message) => createHmac('sha256', key).update(message).digest()
export const extract = (salt, ikm) => hmac(salt, ikm)
export const info = (name, context = text('')) => cat(label(name), context)
export function expand(prk, context, length) {
  let block = text('')
  let output = text('')
  for (let i = 1; output.length < length; i++) {
    block = hmac(prk, cat(block, context, u8(i)))
    output = cat(output, block)
  }
  return output.subarray(0, length)
}

// Keys from raw bytes
const derHead = { ed: '302e020100300506032b657004220420', x: '302e020100300506032b656e04220420' }
export const rawPrivate = (kind, secret) =>
  createPrivateKey({ key: cat(Buffer.from(derHead[kind], 'hex'), secret), format: 'der', type: 'pkcs8' })
const rawPublic = (key) => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
export const xPublic = (secret) => rawPublic(rawPrivate('x', secret))
export const edPublic = (secret) => rawPublic(rawPrivate('ed', secret))
export const x25519 = (secret, peerSecret) =>
  diffieHellman({ privateKey: rawPrivate('x', secret), publicKey: createPublicKey(rawPrivate('x', peerSecret)) })
export const Sign = (secret, name, ...parts) => edSign(null, H(name, ...parts), rawPrivate('ed', secret))
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
/** FIPS 186-5 A.2.1: a secret from 48 random bytes. */
export function p256(seed) {
  const secret = int((BigInt(`0x${hex(seed)}`) % (P256_ORDER - 1n)) + 1n, 32)
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(secret)
  return { secret, public: ecdh.getPublicKey(), shared: (peer) => ecdh.computeSecret(peer) }
}

/** Inputs that look random and can be made again. */
export const made = (name, length) =>
  createHash('shake256', { outputLength: length }).update(`sightline vectors/${name}`).digest()

export const NOW = 1_767_225_600_000 // 2026-01-01T00:00Z
export const DAY = 86_400_000

export function person(name) {
  const seeds = {
    account: made(`${name} account`, 32),
    device: made(`${name} device`, 32),
    agreeP256: made(`${name} agree p256`, 48),
    agreeKem: made(`${name} agree kem`, 64),
  }
  const point = p256(seeds.agreeP256)
  const kem = ml_kem768.keygen(seeds.agreeKem)
  const accountPub = edPublic(seeds.account)
  const devicePub = edPublic(seeds.device)
  const fields = { minVersion: 1, suites: 3, serial: 1, notBefore: NOW - DAY, notAfter: NOW + 364 * DAY }
  const body = cat(
    u8(1),
    accountPub,
    devicePub,
    point.public,
    kem.publicKey,
    u8(fields.minVersion),
    u16(fields.suites),
    u32(fields.serial),
    u64(fields.notBefore),
    u64(fields.notAfter),
  )
  const certificate = cat(body, Sign(seeds.account, 'cert', body), Sign(seeds.device, 'cert possession', body))
  const certHash = H('cert hash', body)
  const listFields = { version: 1, issuedAt: NOW - DAY }
  const listBody = cat(u8(1), accountPub, u32(listFields.version), u64(listFields.issuedAt), u8(1), certHash)
  const list = cat(listBody, Sign(seeds.account, 'device list', listBody))
  const listHash = H('list hash', listBody)
  return { seeds, point, kem, accountPub, devicePub, fields, certificate, certHash, listFields, list, listHash }
}

export function gcm(key, nonce, associated, plaintext) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(associated)
  return cat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

/** Byte strings in hexadecimal. */
export const printable = (value) => {
  if (value instanceof Uint8Array) return hex(value)
  if (Array.isArray(value)) return value.map(printable)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printable(inner)]))
}
