/** Devices as a person chooses among them. */
import type { Device } from '../../devices/device-list.ts'
import type { DeviceKind } from '../../devices/media-session.ts'
import type { MessageKey, Translate } from '../../app/language/translator.ts'

/** Stands for no choice: whatever the system takes by default. */
export const DEFAULT_DEVICE = ''

const names: Readonly<Record<DeviceKind, MessageKey>> = {
  camera: 'device.camera',
  microphone: 'device.microphone',
  speaker: 'device.speaker',
}

export interface DeviceOption {
  readonly value: string
  readonly label: string
}

/** The default first; a device that has no name yet gets a number. */
export function deviceOptions(devices: readonly Device[], kind: DeviceKind, t: Translate): readonly DeviceOption[] {
  return [
    { value: DEFAULT_DEVICE, label: t('device.default') },
    ...devices.map((device, index) => ({
      value: device.id,
      label: device.label === '' ? t('device.unnamed', { kind: t(names[kind]), number: index + 1 }) : device.label,
    })),
  ]
}

/** The choice to show: one that is unplugged shows as the default, which stands in for it. */
export function shownChoice(id: string | undefined, devices: readonly Device[]): string {
  return devices.some((device) => device.id === id) ? (id ?? DEFAULT_DEVICE) : DEFAULT_DEVICE
}
