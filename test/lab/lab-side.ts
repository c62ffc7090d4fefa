/** One home of the laboratory as the process outside sees it: every method of `side.ts`, called across the process boundary. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { repository } from '../e2e/harness/repository.ts'
import type { SideAnswer, SideMethods } from './side.ts'

export type LabSide = SideMethods & { exit(): void }

export function openSide(namespace: string): LabSide {
  const program = [path.join(repository, 'scripts/run-typescript.mjs'), path.join(repository, 'test/lab/side.ts')]
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, ...program], {
    cwd: repository,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let next = 0
  child.on('message', (message) => {
    // Only `side.ts` writes to this channel.
    const answer = message as SideAnswer
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) asked?.reject(new Error(answer.error))
    else asked?.resolve(answer.value)
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`a side of the laboratory ended with ${String(code)}`))
    waiting.clear()
  })
  const ask = (method: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      child.send({ id, method, args })
    })
  // The methods have the types that `side.ts` gives them: both ends are built from the same file.
  return new Proxy({} as LabSide, {
    get: (_, name: string) => (name === 'exit' ? () => child.disconnect() : (...args: unknown[]) => ask(name, args)),
  })
}
