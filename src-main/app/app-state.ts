/**
 * What the pages see: the one place that knows the current snapshot. Whoever changes something says so here;
 * pages get the whole picture at most once a turn of the event loop.
 */
import type { GroupView, JoinableCall } from '../../src-shared/ipc/group-view.ts'
import type {
  CallView,
  Contact,
  HistoryEntry,
  IncomingView,
  MainWindow,
  ServiceState,
  Settings,
  Snapshot,
  Startup,
} from '../../src-shared/ipc/snapshot.ts'

export interface AppFacts {
  readonly startup: Startup
  readonly service: ServiceState
  readonly contacts: readonly Contact[]
  readonly history: readonly HistoryEntry[]
  readonly settings: Settings
  readonly call: CallView | undefined
  readonly group: GroupView | undefined
  readonly incoming: IncomingView | undefined
  readonly joinable: readonly JoinableCall[]
  readonly muteShortcutTaken: boolean
  readonly mainWindow: MainWindow
}

export class AppState {
  #current: Snapshot
  #announced: Snapshot
  #scheduled = false
  readonly #listeners = new Set<(snapshot: Snapshot, before: Snapshot) => void>()

  constructor(initial: AppFacts) {
    this.#current = initial
    this.#announced = initial
  }

  get snapshot(): Snapshot {
    return this.#current
  }

  update(changes: Partial<AppFacts>): void {
    this.#current = { ...this.#current, ...changes }
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      const before = this.#announced
      this.#announced = this.#current
      for (const listener of this.#listeners) listener(this.#current, before)
    })
  }

  /** Called with the newest snapshot and the one that was announced before it. */
  onChange(listener: (snapshot: Snapshot, before: Snapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
