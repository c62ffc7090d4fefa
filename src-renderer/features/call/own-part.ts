/** What a person does in a call of either kind: main is asked for it, and who sees nothing hears what became of it. */
import type { CallId } from '../../../src-shared/ipc/terms.ts'
import type { MediaChoice } from '../../../src-shared/ipc/snapshot.ts'
import { t } from '../../app/language/language.svelte.ts'
import { request } from '../../bridge/sightline.ts'
import { attempt, notices } from '../notices/notices.svelte.ts'

interface OwnCall {
  readonly callId: CallId
  readonly local: MediaChoice
}

export class OwnPart {
  readonly #call: () => OwnCall

  constructor(call: () => OwnCall) {
    this.#call = call
  }

  /** While a key is held, by push-to-talk: not said, as the person hears nothing but themselves. */
  readonly speak = (audio: boolean): void => {
    this.#choose({ audio })
  }

  readonly toggleMicrophone = (): void => {
    const audio = !this.#call().local.audio
    this.#choose({ audio })
    notices.say(t(audio ? 'call.announce.unmuted' : 'call.announce.muted'))
  }

  readonly toggleCamera = (): void => {
    const video = !this.#call().local.video
    this.#choose({ video })
    notices.say(t(video ? 'call.announce.cameraOn' : 'call.announce.cameraOff'))
  }

  readonly end = (): void => {
    void attempt(request('call.end', this.#call().callId))
  }

  readonly dismiss = (): void => {
    void attempt(request('call.dismiss', this.#call().callId))
  }

  #choose(change: Partial<MediaChoice>): void {
    const { callId, local } = this.#call()
    void attempt(request('call.setMedia', { callId, media: { ...local, ...change } }))
  }
}
