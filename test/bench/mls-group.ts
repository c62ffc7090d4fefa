/** What MLS takes for the change that `group.ts` measures; `mls/measure.mjs` says how. Installs `ts-mls` when it is first asked for. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { repository } from '../e2e/harness/repository.ts'

const folder = path.join(repository, 'test/bench/mls')

export const MLS_SUITES = {
  /** The one that every implementation has; not post-quantum. */
  mlsClassical: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519',
  /** One with a hybrid like ours: X25519 and ML-KEM-768. */
  mlsHybrid: 'MLS_256_XWING_AES256GCM_SHA512_Ed25519',
} as const

export interface MlsChange {
  readonly size: number
  /** CPU of the member that commits, and of one that processes it. */
  readonly commitMs: number
  readonly processMs: number
  readonly commitBytes: number
  /** For the newcomer alone. */
  readonly welcomeBytes: number
}

export function measureMls(suite: string, largest: number, rounds: number): readonly MlsChange[] {
  if (!existsSync(path.join(folder, 'node_modules/ts-mls'))) {
    const shell = process.platform === 'win32'
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit', shell })
  }
  const asked = [path.join(folder, 'measure.mjs'), suite, String(largest), String(rounds)]
  const printed = execFileSync(process.execPath, asked, { cwd: folder, encoding: 'utf8' })
  return JSON.parse(printed) as MlsChange[]
}
