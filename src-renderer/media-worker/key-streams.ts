/** The SRTP state that one set of stream keys makes, for each kind of media. */
import { erase } from '../../src-shared/base/bytes.ts'
import type { StreamKey, StreamKeys } from '../../src-shared/ipc/media-port.ts'
import type { MediaKind } from '../../src-shared/media/ssrc.ts'

export type PerKind<Value> = Readonly<Record<MediaKind, Value>>

export function eachStream<Value>(streams: StreamKeys, make: (stream: StreamKey) => Value): PerKind<Value> {
  return {
    audio: make(streams.audio),
    video: make(streams.video),
    screen: make(streams.screen),
    screenSound: make(streams.screenSound),
  }
}

/** The message that brought them is done with. */
export function eraseKeys(streams: StreamKeys): void {
  eachStream(streams, ({ key, salt }) => erase(key, salt))
}

export function eraseStreams(streams: PerKind<{ erase(): void }> | undefined): void {
  if (streams === undefined) return
  const { audio, video, screen, screenSound } = streams
  for (const stream of [audio, video, screen, screenSound]) stream.erase()
}
