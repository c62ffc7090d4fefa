/** Whatever the system has, with the processing that calls begin with. */
import type { DeviceChoice } from '../../../src-renderer/devices/media-session.ts'

export const ANY_DEVICES: DeviceChoice = {
  cameraId: undefined,
  microphoneId: undefined,
  speakerId: undefined,
  processing: { echoCancellation: true, noiseSuppression: true, automaticGain: true },
}
