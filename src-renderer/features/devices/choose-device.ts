/** Keeps the choice of a device; calls and previews follow the settings. */
import type { DeviceKind } from '../../devices/media-session.ts'
import { request } from '../../bridge/sightline.ts'
import { attempt } from '../notices/notices.svelte.ts'
import { DEFAULT_DEVICE } from './device-options.ts'

export async function chooseDevice(kind: DeviceKind, value: string): Promise<boolean> {
  const id = value === DEFAULT_DEVICE ? undefined : value
  const change = { camera: { cameraId: id }, microphone: { microphoneId: id }, speaker: { speakerId: id } }[kind]
  return (await attempt(request('settings.update', change).then(() => true))) !== undefined
}
