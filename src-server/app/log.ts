/**
 * The service's log. No handle, no address, no key, nothing that relates two devices: lines are fixed sentences with
 * counts, codes and error classes. Errors pass through `describeError`, because a message may quote a value.
 */
import pino, { type DestinationStream } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFields = Readonly<Record<string, number | string | boolean | readonly string[]>>

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** Lines go to `destination`, or to standard error. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  // `base` would add the host's name to each line.
  const logger = pino({ level, base: null }, destination ?? pino.destination(2))
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  }
}

/** Class, code and the places in our code; never the message. */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return { error: error.name, ...code, at: at.slice(0, 6).map((line) => line.trim()) }
}
