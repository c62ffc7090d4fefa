import type { StreamKeys } from '../../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'

export function randomKeys(suite: SuiteName): StreamKeys {
  const salt = suite === 'AEAD_AES_256_GCM' ? 12 : 14
  const stream = () => ({
    key: crypto.getRandomValues(new Uint8Array(32)),
    salt: crypto.getRandomValues(new Uint8Array(salt)),
  })
  return { audio: stream(), video: stream(), screen: stream(), screenSound: stream() }
}
