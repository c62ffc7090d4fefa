/** Full screen, as the window really has it: people also change it with the system's own keys and buttons. */
import { createSubscriber } from 'svelte/reactivity'
import { on } from 'svelte/events'
import { request } from '../../bridge/sightline.ts'
import { attempt } from '../notices/notices.svelte.ts'

class FullScreen {
  #changes = createSubscriber((update) => on(window, 'resize', update))

  get on(): boolean {
    this.#changes()
    return window.outerWidth >= screen.width && window.outerHeight >= screen.height
  }

  set(next: boolean): void {
    void attempt(request('window.setFullScreen', next))
  }

  toggle(): void {
    this.set(!this.on)
  }
}

export const fullScreen = new FullScreen()
