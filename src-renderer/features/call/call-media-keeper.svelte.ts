/**
 * Keeps the media of the device's one call: open while the call is on, and ready while it rings. What is ready has loaded the worker,
 * the codecs and the way to the speaker, which takes a third of a second; it has opened no camera and no microphone, and there are no
 * keys yet.
 * The camera is off before the last screen has been read: media live no longer than the call.
 */
import { untrack } from 'svelte'
import type { Snapshot } from '../../../src-shared/ipc/snapshot.ts'
import { request } from '../../bridge/sightline.ts'
import { ChosenDevices } from '../devices/chosen-devices.svelte.ts'
import { attempt } from '../notices/notices.svelte.ts'
import { CallMedia } from './call-media.svelte.ts'

/** The announcing window comes first; nobody answers faster. */
const READY_AFTER_MS = 300

export class CallMediaKeeper {
  readonly #snapshot: () => Snapshot | undefined
  // Each snapshot is new from end to end: what effects depend on is compared as plain values, or they would run at every push.
  readonly #call = $derived.by(() => {
    const call = this.#snapshot()?.call
    return call?.phase.kind === 'ended' ? undefined : call
  })
  // A group call's media are of another kind.
  readonly #ringing = $derived.by(() => {
    const incoming = this.#snapshot()?.incoming
    return incoming?.group === undefined ? incoming?.callId : undefined
  })
  readonly #isOn = $derived.by(() => this.#call !== undefined)
  readonly #callId = $derived.by(() => this.#call?.callId ?? this.#ringing)
  readonly #audio = $derived.by(() => this.#call?.local.audio ?? false)
  readonly #video = $derived.by(() => this.#call?.local.video ?? false)
  readonly #screen = $derived.by(() => this.#call?.local.screen ?? false)
  // The group call whose place it takes is still seen and heard (R40).
  readonly #isBehind = $derived.by(() => this.#call?.behindGroup ?? false)
  readonly #codec = $derived.by(() => this.#snapshot()?.settings.videoCodec ?? 'automatic')
  #media = $state.raw<CallMedia | undefined>()

  /** In a component's initialisation: lives as long as that. */
  constructor(snapshot: () => Snapshot | undefined) {
    this.#snapshot = snapshot
    const devices = new ChosenDevices(() => snapshot()?.settings)
    const open = (callId: string): CallMedia => (this.#media ??= new CallMedia(callId, devices.all))

    // Before the screen is drawn, which takes as long as the camera.
    $effect.pre(() => {
      const callId = this.#callId
      if (callId === undefined) return
      const timer = setTimeout(() => open(callId), READY_AFTER_MS)
      return () => {
        clearTimeout(timer)
        this.#media?.close()
        this.#media = undefined
      }
    })
    $effect.pre(() => {
      const callId = this.#callId
      if (!this.#isOn || callId === undefined) return
      untrack(() => open(callId))
    })
    $effect.pre(() => {
      if (this.#isOn) this.#media?.setMedia({ audio: this.#audio, video: this.#video })
    })
    // What is captured decides, and main tells the other side: also when a window was closed, or the page was loaded anew.
    $effect(() => {
      const callId = this.#callId
      const screen = this.#media?.sharing.isOn ?? false
      if (!this.#isOn || callId === undefined || screen === this.#screen) return
      const media = { audio: this.#audio, video: this.#video, screen }
      void attempt(request('call.setMedia', { callId, media }))
    })
    $effect.pre(() => {
      this.#media?.useDevices(devices.all)
    })
    $effect.pre(() => {
      this.#media?.preferCodec(this.#codec)
    })
    $effect.pre(() => {
      this.#media?.session.silence(this.#isBehind)
    })
  }

  /** Of the call that is on; `undefined` while none is. */
  get current(): CallMedia | undefined {
    return this.#isOn ? this.#media : undefined
  }
}
