/** The time, as state: whatever shows it changes by itself. Ticks only while someone looks. */
import { createSubscriber } from 'svelte/reactivity'
import { MINUTE, SECOND, type UnixMs } from '../../../src-shared/base/time.ts'

class Now {
  #everySecond = createSubscriber((update) => {
    const timer = setInterval(update, SECOND)
    return () => {
      clearInterval(timer)
    }
  })
  #everyMinute = createSubscriber((update) => {
    const timer = setInterval(update, MINUTE)
    return () => {
      clearInterval(timer)
    }
  })

  get second(): UnixMs {
    this.#everySecond()
    return Date.now()
  }

  get minute(): UnixMs {
    this.#everyMinute()
    return Date.now()
  }
}

export const now = new Now()
