/** `npm start`: the app for a person. Without a configured service it runs one of its own and shows its address. Arguments go to the app. */
import { spawn } from 'node:child_process'
import { electronRuntime } from './set-up/electron-runtime.mjs'
import { build } from './build.mjs'
import { hasDisplay } from './set-up/system-packages.mjs'
import { refuse, root, setUp } from './set-up/set-up.mjs'

await setUp()
build()
if (!hasDisplay())
  refuse(
    'There is no display here, so there is no window to show. `npm run demo` brings its own; `npm run service` needs none.',
  )
const args = [root, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...process.argv.slice(2)]
const app = spawn(electronRuntime(root).executable, args, { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => app.kill(signal))
app.on('exit', (code) => process.exit(code ?? 1))
