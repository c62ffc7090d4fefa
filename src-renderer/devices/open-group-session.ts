/** Makes a group call's session: the own side as in any call, and the members' pictures in tracks or on one canvas. */
import type {} from './insertable-tracks.d.ts'
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { FromWorker, VideoLimits } from '../media-worker/messages.ts'
import { Answers } from './answers.ts'
import type { GroupSession, GroupSessionListener, GroupStatistics, MosaicLayout, Watched } from './group-session.ts'
import { type OwnMediaOptions, WindowMedia } from './window-media.ts'

export interface GroupSessionOptions extends OwnMediaOptions {
  readonly listener: GroupSessionListener
}

/** For all layers together. */
const VIDEO_LIMITS: VideoLimits = { maxHeight: 720, maxBitrate: 2_500_000 }

/** No device is opened before `setMedia` asks for it. */
export function openGroupSession(options: GroupSessionOptions): GroupSession {
  return new WindowGroupSession(options)
}

class WindowGroupSession extends WindowMedia implements GroupSession {
  readonly #listener: GroupSessionListener
  readonly #answers = new Answers<GroupStatistics>()
  readonly #shown = { video: new Map<MemberId, MediaStream>(), screen: new Map<MemberId, MediaStream>() }

  constructor(options: GroupSessionOptions) {
    super(options, { kind: 'start-group', video: { ...VIDEO_LIMITS, ...options.video } }, [])
    this.#listener = options.listener
  }

  show(member: MemberId, of: 'video' | 'screen'): MediaStream {
    const shown = this.#shown[of].get(member)
    if (shown !== undefined) return shown
    const generator = new MediaStreamTrackGenerator({ kind: 'video' })
    const stream = new MediaStream([generator])
    this.#shown[of].set(member, stream)
    const picture = generator.writable
    this.send({ kind: 'track', of, member, picture }, [picture])
    return stream
  }

  hide(member: MemberId, of: 'video' | 'screen'): void {
    const shown = this.#shown[of].get(member)
    if (shown === undefined) return
    this.#shown[of].delete(member)
    this.send({ kind: 'track', of, member, picture: undefined })
    stop(shown)
  }

  useCanvas(element: HTMLCanvasElement): void {
    const canvas = element.transferControlToOffscreen()
    this.send({ kind: 'canvas', canvas }, [canvas])
  }

  arrange(layout: MosaicLayout): void {
    this.send({ kind: 'layout', layout })
  }

  watch(watched: readonly Watched[]): void {
    this.send({ kind: 'watched', watched })
  }

  statistics(): Promise<GroupStatistics> {
    return this.#answers.ask((id) => this.send({ kind: 'statistics', id }))
  }

  override close(): void {
    super.close()
    for (const shown of [this.#shown.video, this.#shown.screen]) for (const stream of shown.values()) stop(stream)
  }

  protected override received(message: Exclude<FromWorker, { kind: 'level' }>): void {
    if (message.kind === 'member-video') this.#listener.memberVideo(message.member, message.size)
    else if (message.kind === 'member-screen') this.#listener.memberScreen(message.member, message.size)
    else if (message.kind === 'levels') this.#listener.levels(message.levels)
    else if (message.kind === 'group-statistics') this.#answers.take(message.id, message.statistics)
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
