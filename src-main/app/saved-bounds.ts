/** Where one window was, in a file of the profile: it comes back there after a restart. */
import type { BrowserWindow } from 'electron'
import { readFileIfPresent, writeFileAtomically } from '../keychain/atomic-file.ts'
import type { Log } from './log.ts'

/** While a window is dragged, its place changes with every frame. */
const SAVED_AFTER_MS = 500

export class SavedBounds {
  readonly #file: string
  readonly #log: Log

  constructor(file: string, log: Log) {
    this.#file = file
    this.#log = log
  }

  /** Whatever the file holds; `undefined` if there is none. */
  read(): unknown {
    try {
      const bytes = readFileIfPresent(this.#file)
      return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes))
    } catch {
      return undefined
    }
  }

  /** Saves the place of `window` whenever it has come to rest, and at its end. */
  follow(window: BrowserWindow): void {
    let timer: NodeJS.Timeout | undefined
    let unsaved: string | undefined
    const save = () => {
      clearTimeout(timer)
      if (unsaved !== undefined) this.#write(unsaved)
      unsaved = undefined
    }
    const note = () => {
      if (window.isFullScreen() || window.isMinimized()) return
      unsaved = JSON.stringify(window.getNormalBounds())
      clearTimeout(timer)
      timer = setTimeout(save, SAVED_AFTER_MS)
    }
    window.on('resize', note)
    window.on('move', note)
    window.on('closed', save)
  }

  #write(bounds: string): void {
    try {
      writeFileAtomically(this.#file, new TextEncoder().encode(bounds))
    } catch (error) {
      this.#log.warn({ error }, 'the place of a window was not saved')
    }
  }
}
