/** Keeps the media of a group call open while it is on. Each stay in it has a session of its own: its streams are new. */
import { untrack } from 'svelte'
import type { Snapshot } from '../../../src-shared/ipc/snapshot.ts'
import { request } from '../../bridge/sightline.ts'
import { ChosenDevices } from '../devices/chosen-devices.svelte.ts'
import { attempt } from '../notices/notices.svelte.ts'
import type { Sharing } from '../share/sharing.svelte.ts'
import { GroupMedia } from './group-media.svelte.ts'

export class GroupMediaKeeper {
  readonly #snapshot: () => Snapshot | undefined
  // Each snapshot is new from end to end: what effects depend on is compared as plain values, or they would run at every push.
  readonly #group = $derived.by(() => {
    const group = this.#snapshot()?.group
    return group?.phase.kind === 'ended' ? undefined : group
  })
  readonly #callId = $derived.by(() => this.#group?.callId)
  readonly #stay = $derived.by(() => this.#group?.stay)
  readonly #audio = $derived.by(() => this.#group?.local.audio ?? false)
  readonly #video = $derived.by(() => this.#group?.local.video ?? false)
  readonly #screen = $derived.by(() => this.#group?.local.screen ?? false)
  readonly #codec = $derived.by(() => this.#snapshot()?.settings.videoCodec ?? 'automatic')
  readonly #members = $derived.by(() => (this.#group?.members ?? []).map(({ id }) => id).join())
  // A 1:1 call that becomes this one is still seen and heard (R36), one that has taken its place already (R40).
  readonly #isBehind = $derived.by(() => this.#snapshot()?.call?.behindGroup === false)
  readonly #shown = $derived.by(() =>
    (this.#group?.members ?? []).flatMap(({ id, keyed, media }) => (keyed && media.video ? [id] : [])).join(),
  )
  #media = $state.raw<GroupMedia | undefined>()

  /** In a component's initialisation: lives as long as that. `before`: what is shared in the 1:1 call that is on. */
  constructor(snapshot: () => Snapshot | undefined, before: () => Sharing | undefined) {
    this.#snapshot = snapshot
    const devices = new ChosenDevices(() => snapshot()?.settings)
    $effect.pre(() => {
      const callId = this.#callId
      if (callId === undefined || this.#stay === undefined) return
      const media = untrack(() => new GroupMedia(callId, devices.all))
      this.#media = media
      return () => {
        media.close()
        this.#media = undefined
      }
    })
    $effect.pre(() => {
      this.#media?.setMedia({ audio: this.#audio, video: this.#video })
    })
    // What is captured decides, as in a 1:1 call.
    $effect(() => {
      const callId = this.#callId
      const screen = this.#media?.sharing.isOn ?? false
      if (callId === undefined || screen === this.#screen) return
      void attempt(request('call.setMedia', { callId, media: { audio: this.#audio, video: this.#video, screen } }))
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
    // A screen that is shared in the call of two goes on in the group that it becomes.
    $effect.pre(() => {
      const media = this.#media
      const shared = this.#isBehind ? before() : undefined
      if (media === undefined || shared === undefined) return
      const { pick } = shared
      untrack(() => {
        if (pick !== undefined) media.sharing.goOn(shared)
        else if (media.sharing.isOn) media.sharing.end()
      })
    })
    // So that nobody's picture stands still when the screens change.
    $effect.pre(() => {
      if (!this.#isBehind || this.#shown === '') return
      this.#media?.lookAhead(this.#shown.split(','))
    })
    $effect.pre(() => {
      this.#media?.keepOnly(this.#members.split(','))
    })
  }

  /** `undefined` while no group call is on. */
  get current(): GroupMedia | undefined {
    return this.#media
  }
}
