/** What a device's runner knows of itself, for tests. */
import type { OwnIdentity } from '../../src-main/calls/ports.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { TestDevice } from './test-device.ts'

/** Its person's only device, whose handle is the name in lower case. */
export function ownIdentityOf({ certificate, keys }: TestDevice, name: string): OwnIdentity {
  return {
    handle: new Sensitive(name.toLowerCase()),
    name: new Sensitive(name),
    accountPub: certificate.accountPub,
    certificate: certificate.bytes,
    certHash: certificate.certHash,
    listVersion: 1,
    listHash: new Uint8Array(32),
    signingSecret: keys.device.secret,
    otherDevices: [],
  }
}
