/** The devices of this computer as state; listens only while something shows them. */
import { createSubscriber } from 'svelte/reactivity'
import { type DeviceList, watchDevices } from '../../devices/device-list.ts'

class Devices {
  #list: DeviceList = { cameras: [], microphones: [], speakers: [] }
  #changes = createSubscriber((update) =>
    watchDevices((list) => {
      this.#list = list
      update()
    }),
  )

  get list(): DeviceList {
    this.#changes()
    return this.#list
  }
}

export const devices = new Devices()
