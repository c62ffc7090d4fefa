/** The app as people get it: built into a deb, installed, started by an ordinary user with the Chromium sandbox on, in a call. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { speechAudio } from '../../support/speech-audio.ts'
import { timecodeVideo } from '../../support/timecode-video.ts'
import { accept, callByHandle, createAccount, endCall, openProof, until, untilMedia } from '../harness/actions.ts'
import { type RunningApp, startApp } from '../harness/app.ts'
import { repository } from '../harness/repository.ts'
import { type RunningService, startService } from '../harness/service.ts'
import { createUnprivilegedUser, type UnprivilegedUser } from '../harness/unprivileged-user.ts'

const EXECUTABLE = '/opt/Sightline/sightline'
const PACKAGING_MS = 240_000
const systemCallFilters = existsSync('/proc/sys/kernel/seccomp/actions_avail')
const installing = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/dpkg-deb')

describe.runIf(installing)('the installed app', () => {
  let service: RunningService
  let user: UnprivilegedUser
  let apps: RunningApp[] = []

  beforeAll(async () => {
    execFileSync(process.execPath, ['scripts/package.mjs', '--test-build'], { cwd: repository, stdio: 'ignore' })
    const output = path.join(repository, 'dist/test')
    const deb = readdirSync(output).find((name) => name.endsWith('.deb'))
    if (!deb) throw new Error('no deb was built')
    execFileSync('dpkg', ['--install', '--force-depends', path.join(output, deb)], { stdio: 'ignore' })
    service = await startService()
    user = createUnprivilegedUser()
  }, PACKAGING_MS)

  afterAll(async () => {
    await Promise.allSettled(apps.map((app) => app.close()))
    await service.stop()
    user.remove()
    execFileSync('dpkg', ['--purge', 'sightline'], { stdio: 'ignore' })
  })

  it('makes a call as an ordinary user, with the sandbox on', async () => {
    const start = (name: string) =>
      startApp({
        name,
        service: service.address,
        executable: user.wrap(EXECUTABLE),
        sandbox: true,
        profile: user.folder(`profile-${name}`),
        video: timecodeVideo({ width: 640, height: 360, fps: 30, frames: 300 }),
        audio: speechAudio(),
      })
    const caller = await start('caller')
    const callee = await start('callee')
    apps = [caller, callee]
    const page = await createAccount(caller, 'Ada Lovelace', 'ada')
    await createAccount(callee, 'Grace Hopper', 'grace')

    for (const app of apps) {
      for (const { pid, type } of await app.processes()) {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        expect(status).toMatch(
          new RegExp(`^Uid:\\s+${execFileSync('id', ['-u', user.name], { encoding: 'utf8' }).trim()}\\s`, 'm'),
        )
        expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('--no-sandbox')
        // Renderers are confined: no network and no processes of others in sight, no way to gain a privilege.
        if (type !== 'Tab') continue
        expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'))
        expect(readlinkSync(`/proc/${pid}/ns/pid`)).not.toBe(readlinkSync('/proc/self/ns/pid'))
        expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
        expect(status).toMatch(/^CapEff:\s+0+$/m)
        // Some kernels of virtual machines have no system call filters; where there are, they are on.
        if (systemCallFilters) expect(status).toMatch(/^Seccomp:\s+2$/m)
      }
    }

    await callByHandle(page, 'grace')
    await accept(callee)
    await until(page, 'connected', ({ call }) => call?.phase.kind === 'connected')
    await openProof(page)
    const { packets } = await untilMedia(page, 30, 1000)
    expect(packets.refused).toBe(0)
    await endCall(page)
    await until(await callee.main(), 'ended', ({ call }) => call === undefined || call.phase.kind === 'ended')
  })
})
