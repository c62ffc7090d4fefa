/** The service over TLS: the names in its certificate are its own. */
import { request } from 'node:https'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { RunningService } from '../../../src-server/app/service.ts'
import { encodeRequest, parseServerFrame, type ServerFrame } from '../../../src-shared/protocol/service/frame.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { testDevice } from '../../support/test-device.ts'
import { proof, sharedDatabase, startTestService, until } from './harness.ts'

const tls = selfSigned('calls.example')
const { certificate } = tls
let service: RunningService

beforeAll(async () => {
  service = await startTestService({ tls, openDatabase: sharedDatabase })
})
afterAll(() => service.stop())

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
