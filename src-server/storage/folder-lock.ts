/**
 * Keeps two services out of one data folder. The lock is a file that names its process and is touched every few
 * seconds; it is stale when the process is gone, or when nobody touched it for a while (its number may belong to
 * another process by now).
 */
import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'

const TOUCH_EVERY: Ms = 5 * SECOND
const STALE_AFTER: Ms = 30 * SECOND
const ATTEMPTS = 5

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
    const found = await readFile(file, 'utf8').catch(() => undefined)
    if (found === undefined) continue
    if (!(await isStale(file, found))) throw new FolderInUseError()
    await removeStale(file, found)
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

async function isStale(file: string, content: string): Promise<boolean> {
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }))
  if (Date.now() - mtimeMs > STALE_AFTER) return true
  const [pid, host] = content.trim().split(' ')
  return host === hostname() && !isAlive(Number(pid))
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

/** Two may find the same stale file; who moves away a lock that is not the stale one puts it back. */
async function removeStale(file: string, content: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  const moved = await readFile(aside, 'utf8')
  if (moved !== content) await link(aside, file).catch(() => undefined)
  await unlink(aside)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
