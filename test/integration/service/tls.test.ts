/** The service over TLS: the names in its certificate are its own. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { RunningService } from '../../../src-server/app/service.ts'
import { encodeRequest, parseServerFrame, type ServerFrame } from '../../../src-shared/protocol/service/frame.ts'
import { testDevice } from '../../support/test-device.ts'
import { proof, sharedDatabase, startTestService, until } from './harness.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'sightline-tls-'))
const [certificateFile, keyFile] = ['certificate.pem', 'key.pem'].map((name) => path.join(folder, name))
let service: RunningService
let certificate: string

beforeAll(async () => {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const names = ['-subj', '/CN=calls.example', '-addext', 'subjectAltName=DNS:calls.example,IP:127.0.0.1']
  const files = ['-keyout', keyFile ?? '', '-out', certificateFile ?? '']
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...curve, ...names, ...files], { stdio: 'ignore' })
  certificate = readFileSync(certificateFile ?? '', 'utf8')
  const tls = { certificate, key: readFileSync(keyFile ?? '', 'utf8') }
  service = await startTestService({ tls, openDatabase: sharedDatabase })
})
afterAll(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

it('serves its port encrypted', async () => {
  const status = await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: service.port, path: '/health', ca: certificate }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(200)
})

it.each([
  ['calls.example:9000', 'ok'],
  ['calls.example', 'ok'],
  ['evil.example', 'refused'],
])('answers to the name %s with %s', async (host, expected) => {
  const socket = new WebSocket(`wss://127.0.0.1:${String(service.port)}/v1`, { ca: certificate, headers: { host } })
  const frames: ServerFrame[] = []
  socket.on('message', (data: Buffer) => {
    const frame = parseServerFrame(new Uint8Array(data))
    if (frame !== undefined) frames.push(frame)
  })
  await until(() => frames.length === 1, 'there is a challenge')
  const [challenge] = frames
  if (challenge?.kind !== 'challenge') throw new Error('no challenge')
  socket.send(encodeRequest(1, 'authenticate', proof(testDevice('alice'), challenge.nonce, host)))
  await until(() => frames.length === 2, 'there is an answer')
  expect(frames[1]).toMatchObject({ id: 1, status: expected })
  socket.terminate()
})
