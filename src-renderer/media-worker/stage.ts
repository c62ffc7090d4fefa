/** Where each member of a group is shown: in a track of its own, on the mosaic, or nowhere; a shared screen always in a track. */
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { MosaicLayout } from '../devices/group-session.ts'
import { Mosaic } from './mosaic.ts'
import { TrackSink } from './picture-sink.ts'
import type { RemoteSinks } from './remote-party.ts'

export class Stage {
  readonly #changed: () => void
  readonly #tracks = new Map<MemberId, TrackSink>()
  readonly #screens = new Map<MemberId, TrackSink>()
  #mosaic: Mosaic | undefined

  /** `changed`: ask again where each member is shown. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** A track goes before the mosaic. */
  sinksOf(member: MemberId): RemoteSinks {
    return {
      video: this.#tracks.get(member) ?? this.#mosaic?.sinkOf(member),
      screen: this.#screens.get(member),
    }
  }

  /** For the member's camera or screen; `undefined`: the track is not shown any more. */
  useTrack(of: 'video' | 'screen', member: MemberId, picture: WritableStream<VideoFrame> | undefined): void {
    const tracks = of === 'video' ? this.#tracks : this.#screens
    const before = tracks.get(member)
    if (picture === undefined) tracks.delete(member)
    else tracks.set(member, new TrackSink(picture))
    this.#changed()
    before?.close()
  }

  useCanvas(canvas: OffscreenCanvas): void {
    this.#mosaic = new Mosaic(canvas)
    this.#changed()
  }

  /** Without a canvas there is nothing to arrange. */
  arrange(layout: MosaicLayout): void {
    this.#mosaic?.arrange(layout)
    this.#changed()
  }

  close(): void {
    for (const tracks of [this.#tracks, this.#screens]) {
      for (const track of tracks.values()) track.close()
      tracks.clear()
    }
  }
}
