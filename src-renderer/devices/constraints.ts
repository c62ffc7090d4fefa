/** What is asked of cameras and microphones. Everything but the device is an ideal: a weaker device is better than none. */
import type { SoundProcessing } from './media-session.ts'

/** The largest picture that is sent; the encoder scales down from it (`media-worker/ladder.ts`). */
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } } as const

/** One channel at the rate of Opus, so that nothing needs to be converted before the encoder. */
const AUDIO = {
  channelCount: { ideal: 1 },
  sampleRate: { ideal: 48_000 },
} as const

export function cameraConstraints(deviceId: string | undefined): MediaStreamConstraints {
  return { video: { ...VIDEO, ...only(deviceId) } }
}

export function microphoneConstraints(
  deviceId: string | undefined,
  { echoCancellation, noiseSuppression, automaticGain }: SoundProcessing,
): MediaStreamConstraints {
  const processing = { echoCancellation, noiseSuppression, autoGainControl: automaticGain }
  return { audio: { ...AUDIO, ...processing, ...only(deviceId) } }
}

function only(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId === undefined ? {} : { deviceId: { exact: deviceId } }
}
