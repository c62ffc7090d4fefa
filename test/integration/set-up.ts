/** Before and after each file: what runs here computes with OpenSSL, as the app and the service do, and finds no data of another file. */
import { afterAll } from 'vitest'
import { choosePrimitives } from '../../src-shared/crypto/chosen-primitives.ts'
import { OPENSSL } from '../support/with-primitives.ts'
import { closeSharedDatabase } from './service/harness.ts'

choosePrimitives(OPENSSL)
afterAll(closeSharedDatabase)
