/** The worker's entry: turns the window's messages into calls of the engine. */
import { unreachable } from '../../src-shared/base/result.ts'
import { MediaEngine } from './media-engine.ts'
import type { FromWorker, ToWorker } from './messages.ts'

let engine: MediaEngine | undefined

function post(message: FromWorker): void {
  postMessage(message)
}

function take(message: ToWorker): void {
  if (message.kind === 'start') {
    engine = new MediaEngine(message.picture, message.video, post)
    return
  }
  if (engine === undefined) throw new Error('the media worker was not started')
  switch (message.kind) {
    case 'playout':
      engine.audioPlayout.usePort(message.port)
      return
    case 'output-latency':
      engine.audioPlayout.setOutputLatency(message.milliseconds)
      return
    case 'attach':
      engine.attach(message.port)
      return
    case 'camera':
      engine.camera.use(message.frames)
      return
    case 'microphone':
      engine.microphone.use(message.sound)
      return
    case 'muted':
      engine.mute(message.muted)
      return
    case 'codec':
      engine.preferCodec(message.choice)
      return
    case 'metering':
      engine.meter(message.on)
      return
    case 'statistics':
      post({ kind: 'statistics', id: message.id, statistics: engine.statistics() })
      return
    case 'close':
      engine.close()
      close()
      return
    default:
      unreachable(message)
  }
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => take(data))
