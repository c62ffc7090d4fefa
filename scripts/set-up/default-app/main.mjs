// `electron [-r module] [switches] path/to/app`, as Electron's own default app does it, for the stand-in runtime.
// An ES module that awaits the app's import: Electron holds `ready` back until the entry module has run.
import { app } from 'electron'
import { existsSync, readFileSync } from 'node:fs'
import Module from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const preload = []
let target
for (let i = 1; i < process.argv.length && target === undefined; i++) {
  const argument = process.argv[i]
  if (argument === '-r' || argument === '--require') preload.push(process.argv[++i])
  else if (!argument.startsWith('-')) target = path.resolve(argument)
}
try {
  if (preload.length > 0) Module._preloadModules(preload)
  if (target === undefined) throw new Error('usage: electron [switches] path/to/app')
  Object.defineProperty(process, 'defaultApp', { configurable: false, enumerable: true, value: true })
  const manifest = path.join(target, 'package.json')
  const description = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : undefined
  if (description) {
    app.name = description.productName ?? description.name ?? app.name
    app.setVersion(description.version ?? '0.0.0')
    app.setDesktopName(description.desktopName ?? `${app.name}.desktop`)
  }
  const file = Module._resolveFilename(target, null, true)
  app.setAppPath(description ? target : path.dirname(file))
  await import(pathToFileURL(file).href)
} catch (error) {
  console.error(error)
  app.exit(1)
}
