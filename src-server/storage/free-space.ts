/**
 * Room on the disk. The embedded database does not survive a full one: the first statement fails, and the next may never
 * return and stops the whole process. So the service stops writing while there is still room.
 */
import { statfs } from 'node:fs/promises'

const MIB = 1024 * 1024
/** The log before writing (WAL) grows by files of 16 MiB. */
export const WRITE_RESERVE = 64 * MIB
/** A new database takes 40 MiB. */
export const NEW_DATABASE_RESERVE = WRITE_RESERVE + 64 * MIB

export class DiskFullError extends Error {
  override readonly name = 'DiskFullError'

  constructor() {
    super('The disk is almost full. Nothing was changed; make some room and start the service again.')
  }
}

/** Bytes that this process may still write below `folder`. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
