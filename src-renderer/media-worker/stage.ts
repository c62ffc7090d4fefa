/** Where each member of a group is shown: in a track of its own, on the mosaic, or nowhere. */
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { MosaicLayout } from '../devices/group-session.ts'
import { Mosaic } from './mosaic.ts'
import { type PictureSink, TrackSink } from './picture-sink.ts'

export class Stage {
  readonly #changed: () => void
  readonly #tracks = new Map<MemberId, TrackSink>()
  #mosaic: Mosaic | undefined

  /** `changed`: ask again where each member is shown. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** A track goes before the mosaic. `undefined`: nobody looks. */
  sinkOf(member: MemberId): PictureSink | undefined {
    return this.#tracks.get(member) ?? this.#mosaic?.sinkOf(member)
  }

  /** `undefined`: the track is not shown any more. */
  useTrack(member: MemberId, picture: WritableStream<VideoFrame> | undefined): void {
    const before = this.#tracks.get(member)
    if (picture === undefined) this.#tracks.delete(member)
    else this.#tracks.set(member, new TrackSink(picture))
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
    for (const track of this.#tracks.values()) track.close()
    this.#tracks.clear()
  }
}
