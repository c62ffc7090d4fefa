/** The worker's entry: turns the window's messages into calls of the engine. */
import { unreachable } from '../../src-shared/base/result.ts'
import { GroupEngine } from './group-engine.ts'
import { MediaEngine } from './media-engine.ts'
import type { FromWorker, GroupToWorker, ToWorker } from './messages.ts'

type Running = Exclude<ToWorker, { kind: 'start' | 'start-group' }>

let engine: MediaEngine | GroupEngine | undefined

function post(message: FromWorker): void {
  postMessage(message)
}

function take(message: ToWorker): void {
  if (message.kind === 'start') engine = new MediaEngine(message.pictures, message.video, post)
  else if (message.kind === 'start-group') engine = new GroupEngine(message.video, post)
  else if (engine === undefined) throw new Error('the media worker was not started')
  else run(engine, message)
}

function run(engine: MediaEngine | GroupEngine, message: Running): void {
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
    case 'screen':
      engine.shareScreen(message)
      return
    case 'screen-sound-ended':
      engine.endScreenSound()
      return
    case 'screen-ended':
      engine.endScreen()
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
    case 'silence':
      engine.audioPlayout.silence(message.on)
      return
    case 'metering':
      engine.meter(message.on)
      return
    case 'statistics':
      tellStatistics(engine, message.id)
      return
    case 'close':
      engine.close()
      close()
      return
    case 'track':
    case 'canvas':
    case 'layout':
    case 'watched':
      if (engine instanceof MediaEngine) throw new Error(`a message for a group: ${message.kind}`)
      arrange(engine, message)
      return
    default:
      unreachable(message)
  }
}

function tellStatistics(engine: MediaEngine | GroupEngine, id: number): void {
  if (engine instanceof MediaEngine) post({ kind: 'statistics', id, statistics: engine.statistics() })
  else post({ kind: 'group-statistics', id, statistics: engine.statistics() })
}

function arrange({ stage, looking }: GroupEngine, message: GroupToWorker): void {
  switch (message.kind) {
    case 'track':
      stage.useTrack(message.of, message.member, message.picture)
      return
    case 'canvas':
      stage.useCanvas(message.canvas)
      return
    case 'layout':
      stage.arrange(message.layout)
      return
    case 'watched':
      looking.watch(message.watched)
      return
    default:
      unreachable(message)
  }
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => take(data))
