/** Which cameras, microphones and speakers there are, as the settings show them. */

export interface Device {
  readonly id: string
  /** Empty until the person has allowed the use of a camera or microphone once. */
  readonly label: string
}

export interface DeviceList {
  readonly cameras: readonly Device[]
  readonly microphones: readonly Device[]
  readonly speakers: readonly Device[]
}

export async function listDevices(): Promise<DeviceList> {
  const all = await navigator.mediaDevices.enumerateDevices()
  const of = (kind: MediaDeviceKind): Device[] =>
    all.filter((info) => info.kind === kind && !isAlias(info)).map(({ deviceId, label }) => ({ id: deviceId, label }))
  return { cameras: of('videoinput'), microphones: of('audioinput'), speakers: of('audiooutput') }
}

/** Chromium lists the system's default once more under a name of its own; "no choice" stands for it here. */
function isAlias({ deviceId }: MediaDeviceInfo): boolean {
  return deviceId === 'default' || deviceId === 'communications'
}

/** Calls with the list at once and after every change; returns a function that ends it. */
export function watchDevices(listener: (list: DeviceList) => void): () => void {
  let ended = false
  const tell = async (): Promise<void> => {
    const list = await listDevices()
    if (!ended) listener(list)
  }
  const changed = (): void => void tell()
  navigator.mediaDevices.addEventListener('devicechange', changed)
  changed()
  return () => {
    ended = true
    navigator.mediaDevices.removeEventListener('devicechange', changed)
  }
}
