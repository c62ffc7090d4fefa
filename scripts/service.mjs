/** `npm run service`: the service alone, in plain Node. Arguments and environment: docs/protocol/service.md. */
import { build } from './build.mjs'
import { setUp } from './set-up/set-up.mjs'

await setUp({ electron: false })
build()
await import('../out/server/main.js')
