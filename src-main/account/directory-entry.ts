/** One answer of the directory, checked by R4: nothing of it is believed before. */
import { type Bytes, equalBytes } from '../../src-shared/base/bytes.ts'
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import { parseCertificate, verifyCertificate } from '../../src-shared/identity/certificate.ts'
import {
  listsDevice,
  parseDeviceList,
  type VerifiedDeviceList,
  verifyDeviceList,
} from '../../src-shared/identity/device-list.ts'
import type { VerifiedDevice } from '../calls/ports.ts'
import type { RawDirectoryEntry } from '../signaling/service.ts'

export interface DirectoryEntry {
  /** As it was asked for. */
  readonly handle: string
  readonly accountPub: Bytes
  readonly list: VerifiedDeviceList
  /** Listed, and with a certificate that verifies. */
  readonly devices: readonly VerifiedDevice[]
  /** How many certificates were no certificates of this account: something between here and there made them. */
  readonly refused: number
}

/** `insecure`: the list is not signed by the account that the directory names. */
export function verifyEntry(handle: string, raw: RawDirectoryEntry, now: UnixMs): Result<DirectoryEntry, 'insecure'> {
  const { accountPub } = raw
  const parsed = parseDeviceList(raw.deviceList)
  const list = parsed && verifyDeviceList(parsed, accountPub)
  if (list === undefined) return failure('insecure')
  const devices: VerifiedDevice[] = []
  let refused = 0
  for (const bytes of raw.certificates) {
    const certificate = parseCertificate(bytes)
    const verified = certificate && verifyCertificate(certificate, { accountPub, now })
    const known = devices.some(
      ({ certHash }) => certificate !== undefined && equalBytes(certHash, certificate.certHash),
    )
    if (certificate === undefined || verified === undefined || !isTimely(verified)) refused++
    else if (verified.ok && listsDevice(list, certificate.certHash) && !known) {
      devices.push({ certificate: bytes, certHash: certificate.certHash })
    }
  }
  return success({ handle, accountPub, list, devices, refused })
}

/** A certificate that has run out is nobody's attack; one of another account or with a wrong signature is. */
function isTimely(verified: ReturnType<typeof verifyCertificate>): boolean {
  return verified.ok || ['expired', 'not-yet', 'version'].includes(verified.reason)
}
