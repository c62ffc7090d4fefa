/**
 * Computes `group.json` from docs/protocol/group.md without a line of the project's own code (`notation.mjs`): one group call of alice, bob and
 * carol. Every input is in the file. `node test/vectors/sightline/generate-group.mjs` writes it anew.
 */
import { aessiv } from '@noble/ciphers/aes.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { writeFileSync } from 'node:fs'
import {
  cat,
  expand,
  extract,
  gcm,
  H,
  hmac,
  info,
  label,
  made,
  NOW,
  p256,
  person,
  printable,
  Sign,
  text,
  u16,
  u32,
  u64,
  u8,
  var8,
} from './notation.mjs'

const zero = (length) => Buffer.alloc(length)
const text16 = (string) => cat(u16(text(string).length), text(string))
const var16 = (bytes) => cat(u16(bytes.length), bytes)
/** Fields, and the signature over all of them. */
const signed = (who, name, ...fields) => cat(...fields, Sign(who.seeds.device, name, cat(...fields)))

const alice = person('alice')
const bob = person('bob')
const carol = person('carol')
const handles = new Map([
  [alice, 'alice@example.org'],
  [bob, 'bob'],
  [carol, '+4915112345678'],
])

// Section 1.1
const seed = made('group seed', 16)
const groupId = H('group id', alice.certHash, seed).subarray(0, 16)

function receiveKey(who, name, epoch) {
  const seeds = { p256: made(`${name} receive p256 ${epoch}`, 48), kem: made(`${name} receive kem ${epoch}`, 64) }
  const point = p256(seeds.p256)
  const kem = ml_kem768.keygen(seeds.kem)
  const bytes = signed(who, 'member key', groupId, who.certHash, u32(epoch), point.public, kem.publicKey)
  return { seeds, epoch, bytes, hash: H('member key hash', bytes), point, kem }
}

function join(who, name, fromSeq, linkTag) {
  const nonce = made(`${name} join nonce`, 16)
  const key = receiveKey(who, name, 0)
  const bytes = signed(
    who,
    'join',
    groupId,
    who.certificate,
    text16(handles.get(who)),
    nonce,
    u32(fromSeq),
    key.bytes,
    linkTag ?? zero(32),
  )
  const ssrcPrefix = H('group ssrc', groupId, who.certHash, nonce).subarray(0, 3)
  return { handle: handles.get(who), nonce, fromSeq, key, linkTag, bytes, ssrcPrefix }
}

// R38
const linkSecret = made('link secret', 32)
const linkMain = extract(label('link secret'), linkSecret)
const link = {
  secret: linkSecret,
  linkId: expand(linkMain, info('link id'), 16),
  linkKey: expand(linkMain, info('link auth'), 32),
  linkSeal: expand(linkMain, info('link seal'), 64),
}
const url = `https://call.example.org/j/${link.linkId.toString('base64url')}#${linkSecret.toString('base64url')}`
const title = 'Standup Zürich'
const card = aessiv(link.linkSeal, link.linkId).encrypt(cat(text16(handles.get(alice)), alice.accountPub, var8(title)))
const knockNonce = made('knock nonce', 16)
const knockTag = hmac(link.linkKey, cat(label('knock'), carol.certHash, knockNonce))
const knock = cat(link.linkId, knockNonce, knockTag, text16(handles.get(carol)), var8('Carol'))
const carolsTag = hmac(link.linkKey, cat(label('link tag'), groupId, carol.certHash, made('carol join nonce', 16)))

// The chain: alice founds it from a 1:1 call with bob, invites and adds him and makes him a host; carol comes by link and is thrown out.
const exporter = made('exporter group upgrade', 32)
const upgradeTag = hmac(exporter, groupId)
const joins = {
  alice: join(alice, 'alice', 0),
  bob: join(bob, 'bob', 1),
  carol: join(carol, 'carol', 4, carolsTag),
}
const chain = []
function append(actor, op, subject) {
  const seq = chain.length
  const prev = chain.at(-1)?.rosterHash ?? zero(32)
  const at = NOW + 1000 * seq
  const bytes = signed(actor, 'roster entry', groupId, u32(seq), prev, u8(op), subject, actor.certHash, u64(at))
  chain.push({ at, bytes, rosterHash: H('roster', prev, bytes) })
}
append(alice, 1, cat(joins.alice.bytes, u8(1), upgradeTag))
append(alice, 2, bob.accountPub)
append(alice, 3, joins.bob.bytes)
append(alice, 5, cat(bob.certHash, u8(1)))
append(bob, 3, joins.carol.bytes)
append(alice, 4, cat(carol.certHash, u8(1)))
append(bob, 4, cat(alice.certHash, u8(3)))

// Section 2: alice's key for bob in the epoch that began with carol's Add.
const epoch = 5
const epochHash = chain[epoch - 1].rosterHash
const bobsKey = receiveKey(bob, 'bob', 3)
const shareRandom = { ephemeral: made('share e', 48), kem: made('share encapsulation', 32) }
const senderKey = made('sender key', 32)
const suite = 1
const e = p256(shareRandom.ephemeral)
const ct = ml_kem768.encapsulate(bobsKey.kem.publicKey, shareRandom.kem)
const context = cat(
  groupId,
  u32(epoch),
  epochHash,
  alice.certHash,
  bob.certHash,
  bobsKey.hash,
  u16(suite),
  e.public,
  ct.cipherText,
)
const contextHash = H('wrap ctx', context)
const wrapKey = expand(extract(contextHash, cat(e.shared(bobsKey.point.public), ct.sharedSecret)), info('wrap'), 64)
const wrap = aessiv(wrapKey, contextHash).encrypt(senderKey)
const share = signed(alice, 'key share', context, wrap)

function senderKeys(suiteId) {
  const main = extract(epochHash, senderKey)
  const derive = (name, length, kind = 0) =>
    expand(main, info(name, cat(groupId, u32(epoch), alice.certHash, u16(suiteId), u8(kind))), length)
  const stream = (kind) => ({
    key: derive('group srtp key', 32, kind),
    salt: derive('group srtp salt', suiteId === 1 ? 14 : 12, kind),
  })
  return {
    audio: stream(1),
    video: stream(2),
    screen: stream(3),
    screenSound: stream(4),
    control: { key: derive('group control', 32), iv: derive('group control iv', 12) },
    oneToOne: derive('group one-to-one', 32),
  }
}
const keys = senderKeys(suite)

// Section 3
function record(seq, content) {
  const place = cat(u32(epoch), u64(seq))
  const signature = Sign(alice.seeds.device, 'group record', epochHash, alice.certHash, place, content)
  const counter = cat(zero(4), u64(seq))
  const nonce = keys.control.iv.map((byte, i) => byte ^ counter[i])
  const ciphertext = gcm(keys.control.key, nonce, cat(epochHash, alice.certHash, place), cat(content, signature))
  return cat(place, var16(ciphertext))
}
const chat = { id: made('chat id', 16), text: 'Grüezi mitenand' }
const chatText = text(chat.text)
const newest = chain[4]
const head = signed(bob, 'head', groupId, bob.certHash, u32(4), newest.rosterHash, u32(epoch), u64(NOW + 10_000))

// R37, over the chain up to carol's Add
const nonces = { alice: made('alice words', 32), bob: made('bob words', 32), carol: made('carol words', 32) }
const commitments = {
  alice: H('words commit', newest.rosterHash, alice.certHash, nonces.alice),
  bob: H('words commit', newest.rosterHash, bob.certHash, nonces.bob),
  carol: H('words commit', newest.rosterHash, carol.certHash, nonces.carol),
}
const parts = [cat(alice.certHash, nonces.alice), cat(bob.certHash, nonces.bob), cat(carol.certHash, nonces.carol)]
const words = H('words', newest.rosterHash, ...parts.sort(Buffer.compare)).subarray(0, 4)

// Section 6
const ticket = made('group ticket', 60)
const invite = cat(
  groupId,
  chain[0].rosterHash,
  var16(ticket),
  u8(3),
  hmac(link.linkKey, cat(label('link proof'), chain[0].rosterHash, knockNonce)),
  text16(handles.get(alice)),
  var8('Alice Åhlén'),
  u8(2),
  text16(handles.get(alice)),
  text16(handles.get(bob)),
)
const upgrade = cat(var16(ticket), var16(chain[0].bytes))

const device = (who) => ({ seeds: who.seeds, certificate: who.certificate, certHash: who.certHash })
const keyOf = ({ seeds, epoch: named, bytes, hash }) => ({ seeds, epoch: named, bytes, hash })
const joinOf = ({ key, ...fields }) => ({ ...fields, key: keyOf(key) })

const vectors = {
  devices: { alice: device(alice), bob: device(bob), carol: device(carol) },
  groupId: { seed, groupId },
  joins: { alice: joinOf(joins.alice), bob: joinOf(joins.bob), carol: joinOf(joins.carol) },
  chain,
  members: [
    ['alice*'],
    ['alice*'],
    ['alice*', 'bob'],
    ['alice*', 'bob*'],
    ['alice*', 'bob*', 'carol'],
    ['alice*', 'bob*'],
    ['bob*'],
  ],
  epochs: [1, 1, 3, 3, 5, 6, 7],
  keyShare: {
    epoch,
    epochHash,
    receiverKey: keyOf(bobsKey),
    random: shareRandom,
    senderKey,
    suite,
    contextHash,
    wrapKey,
    bytes: share,
  },
  keys: { aes256CmHmacSha1_80: keys, aeadAes256Gcm: senderKeys(2) },
  records: {
    media: record(0, cat(u8(1), u8(1), u8(0), u8(0))),
    chat: { ...chat, record: record(1, cat(u8(3), chat.id, u16(chatText.length), chatText)) },
    hand: record(2, cat(u8(5), u8(1))),
  },
  head: { at: NOW + 10_000, bytes: head },
  words: { nonces, commitments, bytes: words },
  link: { ...link, url, hostHandle: handles.get(alice), accountPub: alice.accountPub, title, card },
  knock: { nonce: knockNonce, name: 'Carol', bytes: knock },
  invite: { ticket, callerName: 'Alice Åhlén', bytes: invite },
  upgrade: { exporter, tag: upgradeTag, bytes: upgrade },
  return: { callId: hmac(keys.oneToOne, bob.certHash).slice(0, 16) },
}

writeFileSync(new URL('group.json', import.meta.url), `${JSON.stringify(printable(vectors), null, 2)}\n`)
