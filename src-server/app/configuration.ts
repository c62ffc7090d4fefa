/** What the program is told: arguments before environment before defaults. Everything has a default. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { DEFAULT_PORT } from '../../src-shared/protocol/service/address.ts'
import type { ServiceOptions } from './service.ts'

export const USAGE = `The Sightline service: directory, push and relay for calls that it cannot hear.

  --port N         TCP port (SIGHTLINE_PORT, default ${String(DEFAULT_PORT)})
  --relay-port N   UDP port of the relay (SIGHTLINE_RELAY_PORT, default: the same number)
  --stun-port N    UDP port that tells devices their address (SIGHTLINE_STUN_PORT, default: the relay's plus one)
  --host A         listen on this address only (SIGHTLINE_HOST, default: all)
  --names A,B      names or addresses by which others reach this service beyond its own addresses,
                   needed behind a NAT or a proxy (SIGHTLINE_NAMES)
  --data DIR       folder for the data (SIGHTLINE_DATA, default ~/.sightline-service)
  --tls-cert FILE  certificate chain, PEM (SIGHTLINE_TLS_CERT)
  --tls-key FILE   its key, PEM (SIGHTLINE_TLS_KEY)
  --log LEVEL      debug, info, warn, error or silent (SIGHTLINE_LOG, default info)
  --json           print one line of JSON when ready
  --help`

export interface Configuration {
  readonly options: ServiceOptions
  readonly json: boolean
  readonly help: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** The failure is a sentence for the person at the terminal. */
export function readConfiguration(argv: readonly string[], environment: Environment): Result<Configuration, string> {
  try {
    return success(configuration(argv, environment))
  } catch (error) {
    return failure(error instanceof Error ? error.message : 'The arguments could not be read.')
  }
}

function configuration(argv: readonly string[], environment: Environment): Configuration {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      'relay-port': { type: 'string' },
      'stun-port': { type: 'string' },
      host: { type: 'string' },
      names: { type: 'string' },
      data: { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      log: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const given = (argument: string | undefined, variable: string) => argument ?? (environment[variable] || undefined)
  const certificate = given(values['tls-cert'], 'SIGHTLINE_TLS_CERT')
  const key = given(values['tls-key'], 'SIGHTLINE_TLS_KEY')
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error('TLS needs both a certificate (--tls-cert) and its key (--tls-key).')
  }
  const level = given(values.log, 'SIGHTLINE_LOG') ?? 'info'
  const logLevel = LOG_LEVELS.find((known) => known === level)
  if (logLevel === undefined) throw new Error(`--log takes one of ${LOG_LEVELS.join(', ')}.`)
  return {
    options: {
      port: portNumber(given(values.port, 'SIGHTLINE_PORT'), '--port') ?? DEFAULT_PORT,
      relayPort: portNumber(given(values['relay-port'], 'SIGHTLINE_RELAY_PORT'), '--relay-port'),
      stunPort: portNumber(given(values['stun-port'], 'SIGHTLINE_STUN_PORT'), '--stun-port'),
      host: given(values.host, 'SIGHTLINE_HOST'),
      names: (given(values.names, 'SIGHTLINE_NAMES') ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
      dataDir: path.resolve(given(values.data, 'SIGHTLINE_DATA') ?? path.join(homedir(), '.sightline-service')),
      tls:
        certificate === undefined || key === undefined ? undefined : { certificate: pem(certificate), key: pem(key) },
      logLevel,
    },
    json: values.json,
    help: values.help,
  }
}

function portNumber(text: string | undefined, argument: string): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (!/^[0-9]{1,5}$/.test(text) || port > 65535) throw new Error(`${argument} takes a number from 0 to 65535.`)
  return port
}

function pem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new Error(`The file ${file} cannot be read.`)
  }
}
