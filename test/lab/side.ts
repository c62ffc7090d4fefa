/**
 * The program of one home of the laboratory, run inside its network namespace: a Sightline app and, to compare with, a
 * bare Electron window with one RTCPeerConnection. `lab-side.ts` in the process outside calls these methods.
 */
import { type BareApp, startBareApp } from '../bench/bare-apps.ts'
import {
  accept,
  callByHandle,
  createAccount,
  endCall,
  openProof,
  request,
  snapshot,
  statistics,
  until,
  untilMedia,
} from '../e2e/harness/actions.ts'
import { evaluateInMain, type RunningApp, startApp } from '../e2e/harness/app.ts'
import {
  drainSightings,
  type FrameSample,
  type Sighting,
  takeSamples,
  takeSightings,
  watchCaptured,
  watchTrack,
} from '../e2e/harness/picture-probe.ts'
import type { CallStatistics } from '../../src-renderer/devices/media-session.ts'
import type { CallPhase, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import type { VideoShape } from '../support/timecode-picture.ts'
import { SAMPLING } from './measures.ts'
import { openResources, type Resources } from './resources.ts'
import { drainLoudness, listen, type Loudness, takeLoudness, tapSound } from './sound-probe.ts'

export type System = 'sightline' | 'pair'

/** Since the call began. */
export interface SoundCounters {
  readonly playedMs: number
  readonly concealedMs: number
}

export interface SideOptions {
  readonly name: string
  readonly handle: string
  readonly video: string
  readonly audio: string
  readonly shape: VideoShape
}

const MEDIA_LIMIT_MS = 60_000
const CALL_LIMIT_MS = 90_000

declare const window: { readonly call: Record<string, (...args: readonly unknown[]) => Promise<unknown>> }

let options: SideOptions
let app: RunningApp
let bare: BareApp | undefined
let resources: (() => Promise<Resources>) | undefined

const inBare = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
  pair().page.evaluate(({ name, args }) => window.call[name]?.(...args), { name, args })
const page = (system: System) => (system === 'pair' ? Promise.resolve(pair().page) : app.main())

function pair(): BareApp {
  if (bare === undefined) throw new Error('the bare window was not started')
  return bare
}

const methods = {
  async start(given: SideOptions, service: string): Promise<void> {
    options = given
    const { name, handle, video, audio } = given
    app = await startApp({ name: handle, service, video, audio })
    const main = await createAccount(app, name, handle)
    await request(main, 'settings.update', { videoCodec: 'VP8' })
    await tapSound(main)
  },
  /** The bare window to compare with. */
  async startPair(): Promise<void> {
    const { video, audio, shape } = options
    bare = await startBareApp('call.html', [
      `--use-fake-device-for-media-stream=fps=${shape.fps}`,
      `--use-file-for-fake-video-capture=${video}`,
      `--use-file-for-fake-audio-capture=${audio}`,
    ])
  },
  async call(handle: string, relayOnly: boolean): Promise<void> {
    const main = await app.main()
    await request(main, 'settings.update', { hideAddress: relayOnly })
    await callByHandle(main, handle)
  },
  /** Without a camera: what is measured goes the other way, and two cores have enough to do. */
  accept: () => accept(app, 'audio'),
  /** The service can be reached, also after the home's network became another. */
  async online(): Promise<void> {
    await until(await app.main(), 'online', ({ service }) => service.kind === 'online', CALL_LIMIT_MS)
  },
  /** The call stands, with sound from the other side, and its picture if it sends one. */
  async connected(frames: 0 | 1): Promise<void> {
    const main = await app.main()
    await until(main, 'connected', ({ call }) => call?.phase.kind === 'connected', CALL_LIMIT_MS)
    await openProof(main)
    await untilMedia(main, frames, 1, MEDIA_LIMIT_MS)
  },
  async end(): Promise<void> {
    const main = await app.main()
    if ((await snapshot(main)).call?.phase.kind !== 'ended') await endCall(main)
  },
  async idle(): Promise<void> {
    await until(
      await app.main(),
      'idle',
      ({ call }) => call === undefined || call.phase.kind === 'ended',
      CALL_LIMIT_MS,
    )
  },
  async openPair(camera: boolean): Promise<void> {
    await pair().page.reload()
    await tapSound(pair().page)
    await inBare('open', options.shape, camera)
  },
  offer: (): Promise<unknown> => inBare('offer'),
  answer: (offer: unknown): Promise<unknown> => inBare('answer', offer),
  acceptAnswer: (answer: unknown): Promise<unknown> => inBare('accept', answer),
  limit: (bitrate: number): Promise<unknown> => inBare('limit', bitrate, 'balanced'),
  /** @throws when there is no picture in time */
  async pairConnected(): Promise<void> {
    await pair().page.waitForFunction(
      () => (document.querySelector<HTMLVideoElement>('[data-testid="remote-video"]')?.videoWidth ?? 0) > 0,
      undefined,
      { timeout: MEDIA_LIMIT_MS },
    )
  },
  async closePair(): Promise<void> {
    await pair().page.reload()
  },
  watchCaptured: async (system: System): Promise<void> => watchCaptured(await page(system)),
  watchReceived: async (system: System): Promise<void> => watchTrack(await page(system), 'remote-video', SAMPLING),
  takeSightings: async (system: System): Promise<Sighting[]> => takeSightings(await page(system)),
  takeSamples: async (system: System): Promise<FrameSample[]> => takeSamples(await page(system)),
  async sound(system: System): Promise<SoundCounters> {
    // `heard` of bare-app/call.js returns this shape.
    if (system === 'pair') return (await inBare('heard')) as SoundCounters
    const { audio } = await statistics(await app.main())
    return { playedMs: audio.playedMs, concealedMs: audio.concealedMs }
  },
  listen: async (system: System, to: 'microphone' | 'speaker'): Promise<void> => listen(await page(system), to),
  takeLoudness: async (system: System): Promise<Loudness[]> => takeLoudness(await page(system)),
  /** What the way to the other side carries as far as the app knows, bit/s. */
  async estimate(system: System): Promise<number> {
    // `available` of bare-app/call.js returns a number.
    if (system === 'pair') return (await inBare('available')) as number
    return (await statistics(await app.main())).sending.availableBitrate
  },
  /** `undefined`: no call is on the screen. */
  async phase(): Promise<CallPhase['kind'] | undefined> {
    return (await snapshot(await app.main())).call?.phase.kind
  },
  async setMedia(media: MediaChoice): Promise<void> {
    const main = await app.main()
    const { call } = await snapshot(main)
    if (call) await request(main, 'call.setMedia', { callId: call.callId, media })
  },
  /** The choice behind the present one in the settings' list: the system's own, then each device. */
  async useNextDevice(device: 'microphone' | 'speaker'): Promise<void> {
    const main = await app.main()
    const key = device === 'speaker' ? 'speakerId' : 'microphoneId'
    const ids = await main.evaluate(
      async (kind) => {
        const devices = await navigator.mediaDevices.enumerateDevices()
        return devices.flatMap((found) => (found.kind === kind && found.deviceId !== 'default' ? [found.deviceId] : []))
      },
      device === 'speaker' ? 'audiooutput' : 'audioinput',
    )
    if (ids.length === 0) throw new Error(`there is no ${device}`)
    const choices = [undefined, ...ids]
    const current = choices.indexOf((await snapshot(main)).settings[key])
    await request(main, 'settings.update', { [key]: choices[(current + 1) % choices.length] })
  },
  /** Hidden as by closing it where the app lives on in a tray: minimising needs a window manager. */
  async showWindow(shown: boolean): Promise<void> {
    const main = await app.main()
    if (shown) await request(main, 'window.show', undefined)
    else {
      await evaluateInMain(app.electron, ({ BrowserWindow }) => {
        const windows = BrowserWindow.getAllWindows().filter(({ webContents }) => !webContents.isDestroyed())
        windows.find(({ webContents }) => webContents.getURL().endsWith('index.html'))?.hide()
      })
    }
  },
  /** Starts to note what the camera and the microphone give, also after another one was taken. */
  async watchSent(): Promise<void> {
    const main = await app.main()
    const { call } = await snapshot(main)
    if (call?.local.video === true) {
      await main.waitForFunction(() => {
        const stream = document.querySelector<HTMLVideoElement>('[data-testid="own-video"]')?.srcObject
        return stream instanceof MediaStream && stream.getVideoTracks()[0]?.readyState === 'live'
      })
      await watchCaptured(main)
    }
    if (call?.local.audio === true) await listen(main, 'microphone')
  },
  /** Lets go of the devices. */
  async unwatchSent(): Promise<void> {
    const main = await app.main()
    await takeSightings(main)
    await takeLoudness(main)
  },
  async watchPlayed(): Promise<void> {
    const main = await app.main()
    await watchTrack(main, 'remote-video')
    await listen(main, 'speaker')
  },
  drainSightings: async (): Promise<Sighting[]> => drainSightings(await app.main()),
  drainLoudness: async (): Promise<Loudness[]> => drainLoudness(await app.main()),
  async resources(): Promise<Resources> {
    resources ??= await openResources(app)
    return resources()
  },
  statistics: async (): Promise<CallStatistics> => statistics(await app.main()),
  async path(): Promise<string> {
    const { call } = await snapshot(await app.main())
    return call?.phase.kind === 'connected' ? (call.proof?.path ?? 'none') : (call?.phase.kind ?? 'none')
  },
  cpu: (system: System): Promise<number> => (system === 'pair' ? pair().cpuPercent() : app.cpuPercent()),
  async close(): Promise<void> {
    await Promise.all([app.close(), bare?.close()])
  },
}

export type SideMethods = typeof methods

export interface SideCall {
  readonly id: number
  readonly method: keyof SideMethods
  readonly args: readonly unknown[]
}

export type SideAnswer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string })

/** The arguments come from `lab-side.ts`, which has the methods' types. */
const callable = methods as unknown as Record<keyof SideMethods, (...args: readonly unknown[]) => Promise<unknown>>

process.on('message', (message) => {
  // Only `lab-side.ts` writes to this channel.
  const { id, method, args } = message as SideCall
  const run = callable[method]
  const answer = (answered: SideAnswer): void => void process.send?.(answered)
  run(...args).then(
    (value) => answer({ id, value }),
    (error: unknown) => answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.on('disconnect', () => process.exit(1))
