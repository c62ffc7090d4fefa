/**
 * Keeps two services out of one data folder. The lock is a file that names its process and is touched every few
 * seconds; it is stale when the process is gone, or when nobody touched it for a while (its number may belong to
 * another process by now).
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rmdir, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'

const TOUCH_EVERY: Ms = 5 * SECOND
const STALE_AFTER: Ms = 30 * SECOND
const ATTEMPTS = 20
const PAUSE: Ms = 50

export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'

  constructor() {
    super(
      'Another service is running on this data folder. Nothing was changed; stop it first, or choose another folder.',
    )
  }
}

/** Returns what releases the lock. Throws `FolderInUseError`. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = path.join(folder, 'service.lock')
  const content = `${String(process.pid)} ${hostname()} ${randomUUID()}\n`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      await writeFile(file, content, { flag: 'wx', mode: 0o600 })
      return keep(file, content)
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
    }
    if (!(await isStale(file))) throw new FolderInUseError()
    await removeStale(file)
  }
  throw new FolderInUseError()
}

function keep(file: string, content: string): () => Promise<void> {
  const timer = setInterval(() => {
    const now = new Date()
    // The folder may be gone; then there is nothing to keep.
    utimes(file, now, now).catch(() => undefined)
  }, TOUCH_EVERY)
  timer.unref()
  return async () => {
    clearInterval(timer)
    const found = await readFile(file, 'utf8').catch(() => undefined)
    if (found === content) await unlink(file).catch(() => undefined)
  }
}

/** A file that is not there or still empty is somebody's who is just taking the lock. */
async function isStale(file: string): Promise<boolean> {
  try {
    const [content, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
    if (Date.now() - mtimeMs > STALE_AFTER) return true
    const [pid, host] = content.trim().split(' ')
    return host === hostname() && !isAlive(Number(pid))
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/** Only who holds the folder `takeover` removes a stale lock, after another look: it may be somebody's fresh one by now. */
async function removeStale(file: string): Promise<void> {
  const takeover = `${file}.takeover`
  try {
    await mkdir(takeover)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    await setTimeout(PAUSE)
    const { mtimeMs } = await stat(takeover).catch(() => ({ mtimeMs: Date.now() }))
    // Its holder did not live to finish.
    if (Date.now() - mtimeMs > STALE_AFTER) await rmdir(takeover).catch(() => undefined)
    return
  }
  try {
    if (await isStale(file)) await unlink(file)
  } finally {
    await rmdir(takeover)
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
