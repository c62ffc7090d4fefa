/** A call as most tests want it: the default suite, a picture with a time code, speech. */
import type { CallOptions } from '../../demo/measured-call.ts'
import { speechAudio } from '../../support/speech-audio.ts'
import { timecodeVideo } from '../../support/timecode-video.ts'
import type { RunningService } from './service.ts'

/** `fps`: fewer where nobody looks at the pictures, which keep a core busy. */
export function callOptions(service: RunningService, fps = 30): CallOptions {
  return {
    service,
    seconds: 4,
    video: timecodeVideo({ width: 640, height: 360, fps, frames: 10 * fps }),
    audio: speechAudio(),
    suite: 'AES_256_CM_HMAC_SHA1_80',
    videoCodec: 'automatic',
    relayOnly: false,
  }
}
