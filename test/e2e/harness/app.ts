/** A real app with a profile and a keychain entry of its own, driven through its windows. */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { launchElectron } from './launch.ts'
import { repository } from './repository.ts'

export interface AppOptions {
  readonly name: string
  /** `host:port`; without it the app starts the service inside it. */
  readonly service?: string
  /** An existing profile, to start an app again. */
  readonly profile?: string
  readonly video?: string
  readonly audio?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another executable: the installed app. */
  readonly executable?: string
  /** The Chromium sandbox is on, also when this process is root: the executable changes the user. */
  readonly sandbox?: boolean
}

export interface ProcessMetric {
  readonly pid: number
  /** Electron's name for what it does: `Browser`, `Tab`, `GPU`, `Utility`… */
  readonly type: string
  /** Share of the whole machine since the last look, in percent. */
  readonly cpu: number
}

export interface RunningApp {
  readonly name: string
  readonly electron: ElectronApplication
  readonly profile: string
  readonly pid: number
  main(): Promise<Page>
  /** The incoming window, as soon as it is there. */
  incoming(): Promise<Page>
  /** Share of one core that all of this app's processes used since the last call of this, in percent. */
  cpuPercent(): Promise<number>
  processes(): Promise<readonly ProcessMetric[]>
  kill(): Promise<void>
  close(): Promise<void>
}

const WINDOW_LIMIT_MS = 20_000

/** Without a sound card and a camera, and as root without the Chromium sandbox. */
function switches({ video, audio, sandbox }: AppOptions): string[] {
  return [
    ...(process.getuid?.() === 0 && !sandbox ? ['--no-sandbox'] : []),
    '--password-store=gnome-libsecret',
    '--use-fake-device-for-media-stream=fps=30',
    ...(video ? [`--use-file-for-fake-video-capture=${video}`] : []),
    ...(audio ? [`--use-file-for-fake-audio-capture=${audio}`] : []),
  ]
}

export async function startApp(options: AppOptions): Promise<RunningApp> {
  const profile = options.profile ?? mkdtempSync(path.join(tmpdir(), `sightline-${options.name}-`))
  const electron = await launchElectron(
    [
      ...(options.executable ? [] : [repository]),
      ...switches(options),
      `--profile=${profile}`,
      ...(options.service ? [`--service=${options.service}`] : []),
      ...(options.args ?? []),
    ],
    { executable: options.executable, env: options.env },
  )
  const closed = new Promise<void>((resolve) => electron.on('close', () => resolve()))
  return {
    name: options.name,
    electron,
    profile,
    pid: electron.process().pid ?? 0,
    main: () => windowOf(electron, 'index.html'),
    incoming: () => windowOf(electron, 'incoming.html'),
    // Electron divides by the number of cores.
    cpuPercent: async () => (await metrics(electron)).reduce((sum, { cpu }) => sum + cpu, 0) * cpus().length,
    processes: () => metrics(electron),
    async kill() {
      electron.process().kill('SIGKILL')
      await closed
    },
    async close() {
      await electron.close()
      if (!options.profile) rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

function metrics(electron: ElectronApplication): Promise<ProcessMetric[]> {
  return evaluateInMain(electron, ({ app }) =>
    app.getAppMetrics().map(({ pid, type, cpu }) => ({ pid, type, cpu: cpu.percentCPUUsage })),
  )
}

/** The inspector of the main process sometimes loses an answer to its garbage collector; the question can be asked again. */
export async function evaluateInMain<Answer>(
  electron: ElectronApplication,
  question: (electron: typeof Electron.CrossProcessExports) => Answer,
  tries = 3,
): Promise<Answer> {
  try {
    return await electron.evaluate<Answer>(question)
  } catch (error) {
    if (tries > 1 && String(error).includes('garbage collected')) return evaluateInMain(electron, question, tries - 1)
    throw error
  }
}

async function windowOf(electron: ElectronApplication, file: string): Promise<Page> {
  const fits = (page: Page) => new URL(page.url()).pathname.endsWith(file)
  const open = electron.windows().find(fits)
  if (open) return open
  for (const limit = Date.now() + WINDOW_LIMIT_MS; Date.now() < limit;) {
    const page = await electron.waitForEvent('window', { timeout: Math.max(1, limit - Date.now()) })
    await page.waitForLoadState('domcontentloaded')
    if (fits(page)) return page
  }
  throw new Error(`no window ${file}`)
}
