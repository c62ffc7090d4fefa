/**
 * What the vault holds, version 1: `ver u8=1 | registered u8 | name text16 | handle text16 | account [32] | device [32] |
 * agreeP256 [48] | agreeKem [64] | certificate [1465] | deviceList var16`. The keys are seeds (`identity/keys.ts`).
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { parse } from '../../src-shared/base/reader.ts'
import { ByteWriter } from '../../src-shared/base/writer.ts'
import { CERTIFICATE_LENGTH } from '../../src-shared/identity/certificate.ts'
import { HANDLE_MAX } from '../../src-shared/identity/handle.ts'
import { type KeySeeds, SEED_LENGTHS } from '../../src-shared/identity/keys.ts'

const VERSION = 1
/** Bytes. */
export const NAME_MAX = 256
const DEVICE_LIST_MAX = 1024

export interface VaultContent {
  /** The service took the handle for this account at least once. */
  readonly registered: boolean
  readonly name: string
  readonly handle: string
  readonly seeds: KeySeeds
  readonly certificate: Bytes
  readonly deviceList: Bytes
}

export function encodeVaultContent(content: VaultContent): Uint8Array {
  const { seeds } = content
  return new ByteWriter()
    .u8(VERSION)
    .u8(Number(content.registered))
    .text16(content.name)
    .text16(content.handle)
    .fixed(seeds.account, SEED_LENGTHS.account)
    .fixed(seeds.device, SEED_LENGTHS.device)
    .fixed(seeds.agreeP256, SEED_LENGTHS.agreeP256)
    .fixed(seeds.agreeKem, SEED_LENGTHS.agreeKem)
    .fixed(content.certificate, CERTIFICATE_LENGTH)
    .var16(content.deviceList)
    .finish()
}

/** `undefined` for bytes that this version did not write. */
export function parseVaultContent(bytes: Bytes): VaultContent | undefined {
  return parse(bytes, (reader) => {
    reader.oneOf([VERSION], reader.u8())
    return {
      registered: reader.oneOf([0, 1], reader.u8()) === 1,
      name: reader.text16(NAME_MAX),
      handle: reader.text16(HANDLE_MAX),
      seeds: {
        account: reader.fixed(SEED_LENGTHS.account),
        device: reader.fixed(SEED_LENGTHS.device),
        agreeP256: reader.fixed(SEED_LENGTHS.agreeP256),
        agreeKem: reader.fixed(SEED_LENGTHS.agreeKem),
      },
      certificate: reader.fixed(CERTIFICATE_LENGTH),
      deviceList: reader.var16(DEVICE_LIST_MAX),
    }
  })
}
