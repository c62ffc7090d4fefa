/**
 * Files that are either the old one or the new one, whatever kills the process or fills the disk in between:
 * write beside it, fsync, rename over it, fsync the folder.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Bytes } from '../../src-shared/base/bytes.ts'

const OWNER_ONLY = 0o600

/** The old file stands untouched if this throws (`ENOSPC`, `EACCES`, …). */
export function writeFileAtomically(file: string, bytes: Bytes): void {
  const beside = `${file}.new`
  try {
    // What a killed process left here was never the file itself.
    rmSync(beside, { force: true })
    const handle = openSync(beside, 'wx', OWNER_ONLY)
    try {
      let written = 0
      while (written < bytes.length) written += writeSync(handle, bytes, written)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
  syncFolder(path.dirname(file))
}

/** `undefined` if there is no such file; throws if there is one that cannot be read. */
export function readFileIfPresent(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Makes the rename itself last through a power cut. Windows cannot open folders and does not need it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
