/** One stay's media in a group call, as state. The port and its keys come from main; no device is open before `setMedia`. */
import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import type { MemberId } from '../../../src-shared/ipc/group-view.ts'
import type { CallId, VideoCodecChoice } from '../../../src-shared/ipc/snapshot.ts'
import { t } from '../../app/language/language.svelte.ts'
import { openMediaPort } from '../../bridge/media-port.ts'
import type { GroupSession } from '../../devices/group-session.ts'
import type { DeviceChoice, DevicesInUse } from '../../devices/media-session.ts'
import { openGroupSession } from '../../devices/open-group-session.ts'
import { tellDeviceChange } from '../devices/device-changes.ts'
import { DeviceProblems } from '../devices/device-problems.svelte.ts'
import { notices } from '../notices/notices.svelte.ts'
import { Sharing } from '../share/sharing.svelte.ts'
import { ActiveSpeaker } from './active-speaker.ts'

export class GroupMedia {
  readonly session: GroupSession
  readonly problems = new DeviceProblems()
  readonly sharing = new Sharing(() => this.session)
  /** Members whose picture comes in and is shown. */
  readonly pictures = new SvelteSet<MemberId>()
  /** Members whose screen comes in and is shown. */
  readonly screens = new SvelteSet<MemberId>()
  readonly speaking = new SvelteSet<MemberId>()
  readonly #streams = new SvelteMap<MemberId, MediaStream>()
  readonly #active = new ActiveSpeaker()
  readonly #endHandover: () => void
  #preview = $state.raw<MediaStream | undefined>()
  #speaker = $state<MemberId | undefined>()
  #screen = $state.raw<{ readonly member: MemberId; readonly stream: MediaStream } | undefined>()

  constructor(callId: CallId, devices: DeviceChoice) {
    this.session = openGroupSession({
      devices,
      listener: {
        problem: (kind, problem) => {
          this.problems.set(kind, problem)
        },
        changed: tellDeviceChange,
        preview: (stream) => {
          this.#preview = stream
        },
        memberVideo: (member, size) => {
          if (size === undefined) this.pictures.delete(member)
          else this.pictures.add(member)
        },
        memberScreen: (member, size) => {
          if (size === undefined) this.screens.delete(member)
          else this.screens.add(member)
        },
        screenEnded: () => {
          this.sharing.lost()
          notices.show(t('share.lost'))
        },
        screenSoundEnded: () => {
          this.sharing.soundLost()
          notices.show(t('share.sound.lost'))
        },
        levels: (levels) => {
          this.#heard(levels)
        },
      },
    })
    this.#endHandover = openMediaPort(callId, (port) => {
      this.session.attach(port)
    })
  }

  get preview(): MediaStream | undefined {
    return this.#preview
  }

  /** Who is, or was last, speaking. */
  get speaker(): MemberId | undefined {
    return this.#speaker
  }

  /** Of a member that is shown in an element of its own. */
  streamOf(member: MemberId): MediaStream | undefined {
    return this.#streams.get(member)
  }

  /** Whose picture is shown in an element of its own: nobody else's is decoded for one. */
  showOnly(members: readonly MemberId[]): void {
    for (const shown of [...this.#streams.keys()]) {
      if (members.includes(shown)) continue
      this.#streams.delete(shown)
      this.pictures.delete(shown)
      this.session.hide(shown, 'video')
    }
    for (const member of members) {
      if (!this.#streams.has(member)) this.#streams.set(member, this.session.show(member, 'video'))
    }
  }

  /** The one screen that is on the stage. */
  get screenStream(): MediaStream | undefined {
    return this.#screen?.stream
  }

  /** Whose screen is on the stage: nobody else's is decoded. */
  showScreen(member: MemberId | undefined): void {
    if (this.#screen?.member === member) return
    if (this.#screen !== undefined) {
      this.screens.delete(this.#screen.member)
      this.session.hide(this.#screen.member, 'screen')
    }
    this.#screen = member === undefined ? undefined : { member, stream: this.session.show(member, 'screen') }
  }

  /** Before there is a screen for them. */
  lookAhead(members: readonly MemberId[]): void {
    this.showOnly(members)
    this.session.watch(members.map((member) => ({ member, height: window.innerHeight / 2 })))
  }

  /** Who is in the call now; of others nothing is kept. */
  keepOnly(members: readonly MemberId[]): void {
    this.#active.keepOnly(members)
    this.#tellSpeakers()
  }

  setMedia(choice: DevicesInUse): void {
    void this.session.setMedia(choice)
  }

  useDevices(choice: DeviceChoice): void {
    void this.session.useDevices(choice)
  }

  preferCodec(choice: VideoCodecChoice): void {
    this.session.preferCodec(choice)
  }

  close(): void {
    this.#endHandover()
    this.session.close()
    this.#preview = undefined
  }

  #heard(levels: readonly (readonly [MemberId, number])[]): void {
    this.#active.heard(levels, performance.now())
    this.#tellSpeakers()
  }

  #tellSpeakers(): void {
    const { speaking, current } = this.#active
    for (const member of this.speaking) if (!speaking.includes(member)) this.speaking.delete(member)
    for (const member of speaking) this.speaking.add(member)
    this.#speaker = current
  }
}
