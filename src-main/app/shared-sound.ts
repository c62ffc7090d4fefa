/**
 * Where what the computer plays can be shared without the call that is heard there: whoever speaks in the call would hear
 * themselves. No Electron in this file.
 */

/** As `process` tells them, in Electron. */
export interface System {
  readonly platform: NodeJS.Platform
  /** Of macOS, or of Windows: `major.minor.build`. */
  readonly systemVersion: string
  readonly electronVersion: string
}

/** The first that hands the page's `restrictOwnAudio` on to Chromium (electron/electron#52455); before, it is passed over. */
const ELECTRON = [43, 4]
/**
 * The first in which Chromium leaves its own sound out (`media::IsRestrictOwnAudioSupported`): Windows 11, whose audio engine
 * captures all but one tree of processes, and macOS with Core Audio's taps. On Linux it captures the speaker's monitor, which
 * has the call in it, and its echo canceller does not take it out there (docs/devices.md).
 */
const SYSTEMS: Partial<Record<NodeJS.Platform, readonly number[]>> = { win32: [10, 0, 22_000], darwin: [14, 2] }

export function canShareSound({ platform, systemVersion, electronVersion }: System): boolean {
  const first = SYSTEMS[platform]
  return first !== undefined && isAtLeast(systemVersion, first) && isAtLeast(electronVersion, ELECTRON)
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10))
  for (const [i, wanted] of least.entries()) {
    const part = parts[i] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}
