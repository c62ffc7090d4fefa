import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CaptureSource, type Constraints } from '../../../src-renderer/devices/capture-source.ts'
import type { DeviceChange, DeviceProblem } from '../../../src-renderer/devices/media-session.ts'

const PROCESSING = { echoCancellation: true, noiseSuppression: true, automaticGain: true }

class FakeTrack extends EventTarget {
  stopped = false
  readonly label: string
  readonly noiseSuppression: boolean

  constructor(label: string, noiseSuppression: boolean) {
    super()
    this.label = label
    this.noiseSuppression = noiseSuppression
  }

  stop(): void {
    this.stopped = true
  }
}

/** A computer with devices that come and go; the first one is its default. */
class Computer extends EventTarget {
  devices: string[] = ['built-in', 'headset']
  refuses: string | undefined
  readonly opened: FakeTrack[] = []

  enumerateDevices() {
    return Promise.resolve(this.devices.map((deviceId) => ({ deviceId })))
  }

  /** As Chromium 150 does it, a device that is open already keeps its processing. */
  getUserMedia({ audio }: { audio: { deviceId: string | undefined; noiseSuppression: boolean } }) {
    const label = audio.deviceId ?? this.devices[0]
    const error = this.refuses ?? (label === undefined || !this.devices.includes(label) ? 'NotFoundError' : undefined)
    if (error !== undefined) return Promise.reject(new DOMException('', error))
    const open = this.opened.find((track) => track.label === label && !track.stopped)
    const track = new FakeTrack(label ?? '', (open ?? audio).noiseSuppression)
    this.opened.push(track)
    return Promise.resolve({ getTracks: () => [track] })
  }

  unplug(label: string): void {
    this.devices = this.devices.filter((device) => device !== label)
    for (const track of this.opened)
      if (track.label === label && !track.stopped) track.dispatchEvent(new Event('ended'))
    this.dispatchEvent(new Event('devicechange'))
  }

  plug(label: string): void {
    this.devices.push(label)
    this.dispatchEvent(new Event('devicechange'))
  }
}

let computer: Computer
let problems: (DeviceProblem | undefined)[]
let changes: DeviceChange[]
let handedOver: number
let source: CaptureSource<AudioData>

beforeEach(() => {
  vi.useFakeTimers()
  computer = new Computer()
  vi.stubGlobal('navigator', { mediaDevices: computer })
  vi.stubGlobal(
    'MediaStreamTrackProcessor',
    class {
      readonly readable = {}
    },
  )
  problems = []
  changes = []
  handedOver = 0
  const constraints: Constraints = (deviceId, { noiseSuppression }) =>
    ({ audio: { deviceId, noiseSuppression } }) as MediaStreamConstraints
  source = new CaptureSource(constraints, {
    handOver: (frames) => void (handedOver += frames === undefined ? 0 : 1),
    track: () => undefined,
    problem: (problem) => problems.push(problem),
    changed: (change) => changes.push(change),
  })
})

afterEach(() => {
  source.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const want = (deviceId: string | undefined, processing = PROCESSING) => source.want({ on: true, deviceId, processing })
const settled = () => vi.advanceTimersByTimeAsync(10)
const inUse = () => computer.opened.filter(({ stopped }) => !stopped).map(({ label }) => label)

describe('a microphone', () => {
  test('that is pulled out is replaced, and used again when it is back, and both is told', async () => {
    await want('headset')
    computer.unplug('headset')
    await settled()
    expect(changes).toEqual([{ kind: 'replaced', gone: 'headset', by: 'built-in' }])
    computer.plug('headset')
    await settled()
    expect(changes.slice(1)).toEqual([{ kind: 'returned', name: 'headset' }])
    expect(problems).toEqual(['not-found', undefined])
    expect(inUse()).toEqual(['headset'])
  })

  test('whose last substitute goes too comes back by itself', async () => {
    await want('headset')
    computer.unplug('headset')
    await settled()
    computer.unplug('built-in')
    await settled()
    expect(problems.at(-1)).toBe('not-found')
    computer.plug('headset')
    await settled()
    expect(problems.at(-1)).toBeUndefined()
    expect(source.track).toMatchObject({ label: 'headset', stopped: false })
  })

  test('makes place only when the next one is open, and stays when that fails', async () => {
    await want('built-in')
    const [first] = computer.opened
    computer.refuses = 'NotReadableError'
    await want('headset')
    expect(first?.stopped).toBe(false)
    expect(problems).toEqual(['in-use'])
    computer.refuses = undefined
    await want('built-in')
    await want('headset')
    expect(first?.stopped).toBe(true)
    expect(inUse()).toEqual(['headset'])
    expect(changes).toEqual([])
  })

  test('is opened anew for other processing, and only then', async () => {
    await want('headset')
    await want('headset', { ...PROCESSING })
    expect(handedOver).toBe(1)
    await want('headset', { ...PROCESSING, noiseSuppression: false })
    expect(handedOver).toBe(2)
    expect(inUse()).toEqual(['headset'])
    expect(source.track).toMatchObject({ noiseSuppression: false })
  })

  test('that does not open with other processing is told of, and opened at the next wish', async () => {
    await want('headset')
    computer.refuses = 'NotReadableError'
    await want('headset', { ...PROCESSING, noiseSuppression: false })
    expect(problems).toEqual(['in-use'])
    expect(source.track).toBeUndefined()
    computer.refuses = undefined
    await want('headset')
    expect(problems).toEqual(['in-use', undefined])
    expect(inUse()).toEqual(['headset'])
  })

  test('that gives nothing is told of after a second, and again when it speaks', async () => {
    await want('headset')
    const track = computer.opened[0]
    track?.dispatchEvent(new Event('mute'))
    await vi.advanceTimersByTimeAsync(500)
    track?.dispatchEvent(new Event('unmute'))
    await vi.advanceTimersByTimeAsync(5000)
    expect(problems).toEqual([])
    track?.dispatchEvent(new Event('mute'))
    await vi.advanceTimersByTimeAsync(1500)
    track?.dispatchEvent(new Event('unmute'))
    expect(problems).toEqual(['interrupted', undefined])
  })

  test('whose use is not allowed any more is told as such, and not replaced', async () => {
    await want('headset')
    computer.refuses = 'NotAllowedError'
    computer.opened[0]?.dispatchEvent(new Event('ended'))
    await settled()
    expect(problems).toEqual(['not-found', 'denied'])
    expect(changes).toEqual([])
  })
})
