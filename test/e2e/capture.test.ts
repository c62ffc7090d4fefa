/**
 * What a wiretap sees of a call: all UDP and the service's TCP on this machine are captured, and the keys and packets of both
 * apps are taken from their media ports. No key, no packet as the apps made it, and no encoded picture or sound stands in the capture.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createSrtpReceiver } from '../../src-shared/crypto/srtp.ts'
import { splitPackets } from '../../src-shared/ipc/packet-batch.ts'
import { MEDIA_KINDS } from '../../src-shared/media/ssrc.ts'
import { startPair } from '../demo/measured-call.ts'
import { accept, callByHandle, endCall, openProof, request, until } from './harness/actions.ts'
import { callOptions } from './harness/call-options.ts'
import { takeTapped, tapMediaPort, type TappedCall, type TappedKeys } from './harness/media-port-tap.ts'
import { startService } from './harness/service.ts'

const SUITE = 'AES_256_CM_HMAC_SHA1_80'
const CALL_MS = 4000
/** Enough of a packet to be found by; two random packets share so many bytes never. */
const NEEDLE = 16

const capturing = process.platform === 'linux' && process.getuid?.() === 0

it.runIf(capturing)('a capture of a call holds no media and no key in the clear', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightline-capture-'))
  const service = await startService()
  const file = path.join(folder, 'call.pcap')
  const tcpdump = spawn('tcpdump', ['-i', 'lo', '-U', '-w', file, `udp or tcp port ${service.port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    await once(tcpdump.stderr, 'data')
    const apps = await startPair(callOptions(service, 15))
    const [caller, callee] = apps
    try {
      for (const app of apps) await tapMediaPort(app)
      const page = await caller.main()
      await callByHandle(page, 'grace')
      await accept(callee)
      await openProof(page)
      await until(page, 'direct', ({ call }) => call?.proof?.path === 'direct')
      await page.waitForTimeout(CALL_MS)
      const tapped = await Promise.all(apps.map(takeTapped))
      await endCall(page)
      await request(page, 'snapshot.get', undefined)

      const capture = await stopped(tcpdump, file)
      const [fromCaller, fromCallee] = tapped
      expect(capture.length).toBeGreaterThan(200_000)
      for (const call of tapped) {
        expect(call.keys).toHaveLength(1)
        for (const secret of secretsOf(call.keys)) expectAbsent(capture, secret)
      }
      const payloads = tapped.map(openedPayloads)
      expect(Math.min(...payloads.map(({ length }) => length))).toBeGreaterThan(100)
      for (const payload of payloads.flat()) expectAbsent(capture, payload)
      for (const packet of [fromCaller, fromCallee].flatMap((call) => packetsOf(call))) {
        // The end-to-end packet is protected once more by each hop: not even it is visible from outside.
        expectAbsent(capture, packet.subarray(12))
      }
    } finally {
      await Promise.all(apps.map((app) => app.close()))
    }
  } finally {
    tcpdump.kill('SIGINT')
    await service.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

async function stopped(tcpdump: ReturnType<typeof spawn>, file: string): Promise<Buffer> {
  const exit = once(tcpdump, 'exit')
  tcpdump.kill('SIGINT')
  await exit
  return readFileSync(file)
}

function packetsOf(call: TappedCall | undefined): Uint8Array[] {
  return (call?.sent ?? []).flatMap((batch) => splitPackets(Buffer.from(batch, 'base64')) ?? [])
}

function secretsOf(keys: readonly TappedKeys[]): Buffer[] {
  return keys
    .flatMap(({ send, receive }) => [...Object.values(send), ...Object.values(receive)])
    .map(({ key }) => Buffer.from(key, 'base64'))
}

/** The encoded media that one app sent, opened with its own sending keys. */
function openedPayloads(call: TappedCall): Uint8Array[] {
  const [keys] = call.keys
  if (!keys) throw new Error('no keys')
  const receivers = MEDIA_KINDS.map((kind) =>
    createSrtpReceiver({
      suite: SUITE,
      key: Buffer.from(keys.send[kind].key, 'base64'),
      salt: Buffer.from(keys.send[kind].salt, 'base64'),
      mki: Uint8Array.of(keys.generation),
    }),
  )
  return packetsOf(call).flatMap((packet) => {
    const type = packet[1] ?? 0
    if (type >= 192 && type <= 223) return []
    const opened = receivers[(packet[11] ?? 0) & 3]?.unprotectRtp(packet)
    return opened?.ok && opened.value.length > 12 + NEEDLE ? [opened.value.subarray(12)] : []
  })
}

function expectAbsent(capture: Buffer, secret: Uint8Array): void {
  if (secret.length < NEEDLE) return
  const middle = Math.floor((secret.length - NEEDLE) / 2)
  const needle = Buffer.from(secret.subarray(middle, middle + NEEDLE))
  // Silence and black encode to few different bytes; such a needle would be found anywhere.
  if (new Set(needle).size < NEEDLE / 2) return
  if (capture.includes(needle)) throw new Error(`found in the clear: ${needle.toString('hex')}`)
}
