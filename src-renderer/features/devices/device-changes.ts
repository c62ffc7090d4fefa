/** Says in passing that another device is in use by itself. */
import type { MessageKey } from '../../app/language/translator.ts'
import { t } from '../../app/language/language.svelte.ts'
import type { DeviceChange, DeviceKind } from '../../devices/media-session.ts'
import { notices } from '../notices/notices.svelte.ts'

const names: Readonly<Record<DeviceKind, MessageKey>> = {
  camera: 'device.camera.some',
  microphone: 'device.microphone.some',
  speaker: 'device.speaker.some',
}

export function tellDeviceChange(kind: DeviceKind, change: DeviceChange): void {
  const named = (label: string): string => (label === '' ? t(names[kind]) : label)
  notices.show(
    change.kind === 'replaced'
      ? t('device.replaced', { gone: named(change.gone), by: named(change.by) })
      : t('device.returned', { name: named(change.name) }),
  )
}
