/** When the small window stands for the call. */
import type { MainWindow } from '../../../src-shared/ipc/snapshot.ts'

export interface Surroundings {
  /** The person wants it. */
  readonly enabled: boolean
  readonly inCall: boolean
  readonly mainWindow: MainWindow
  /** The own screen: who shares it is at work in another window. */
  readonly sharing: boolean
}

/** `dismissed`: closed by the person, who sees it again when they leave the main window the next time. */
export type FloatingState = 'closed' | 'open' | 'dismissed'

export function floatingAfter(
  before: FloatingState,
  { enabled, inCall, mainWindow, sharing }: Surroundings,
): FloatingState {
  const isLeft = mainWindow === 'away' || (mainWindow === 'behind' && sharing)
  if (!enabled || !inCall || !isLeft) return 'closed'
  return before === 'dismissed' ? 'dismissed' : 'open'
}
