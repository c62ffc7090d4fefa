/** Each effect of the machine, done. */
import { erase } from '../../src-shared/base/bytes.ts'
import { unreachable } from '../../src-shared/base/result.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import { eraseOffer } from '../../src-shared/call/handshake.ts'
import type { CallEffect } from '../../src-shared/call/machine/effects.ts'
import { sendingPath, takesPackets } from '../../src-shared/call/machine/state.ts'
import { eraseSession, receivingDirection, sendingDirection } from '../../src-shared/call/session.ts'
import type { StreamKeys } from '../../src-shared/ipc/media-port.ts'
import { encodeCallMessage } from '../../src-shared/protocol/call-message.ts'
import { encodeAnswered, encodeCancel, encodeReply } from '../../src-shared/protocol/cancel.ts'
import { addressOf, type CallContext, deviceIdOf, required, type Runner } from './call-context.ts'
import * as control from './control-link.ts'
import { makeAccept } from './incoming-call.ts'
import * as outgoing from './outgoing-call.ts'
import { PacketFlow } from './packet-flow.ts'
import * as paths from './paths.ts'
import type { MailType, VerifiedDevice } from './ports.ts'

/** How long the links stay open after the end, so that the End on them still leaves. */
const LINGER: Ms = 0.3 * SECOND
/** Mail that ends something is tried again while the service is out of reach. */
const MAIL_TRIES = 5
const MAIL_PAUSE: Ms = SECOND
const GOODBYE: Ms = 1.5 * SECOND

export class EffectRunner {
  readonly #runner: Runner
  readonly #timers = new Map<string, () => void>()
  readonly #mails = new Set<Promise<void>>()

  constructor(runner: Runner) {
    this.#runner = runner
  }

  execute(context: CallContext, effect: Exclude<CallEffect, { kind: 'record' }>): void {
    const runner = this.#runner
    switch (effect.kind) {
      case 'resolve':
        void outgoing.resolve(runner, context)
        return
      case 'prepare':
        void outgoing.prepare(runner, context)
        return
      case 'send-invites':
        outgoing.sendInvites(runner, context)
        return
      case 'send-cancel':
        this.#cancel(context, effect)
        return
      case 'send-answered':
        for (const device of runner.environment.identity()?.otherDevices ?? []) {
          this.#mail(device, 'answered', encodeAnswered({ callId: context.callIdBytes }))
        }
        return
      case 'send-reply':
        this.#mail(
          required(context.incoming, 'invitation').from,
          'reply',
          encodeReply({ callId: context.callIdBytes, answer: effect.answer }),
        )
        return
      case 'open-relay':
        paths.openRelay(runner, context)
        return
      case 'make-accept':
        makeAccept(runner, context, effect.media)
        return
      case 'send-accept': {
        const accept = required(context.incoming?.accept, 'Accept')
        const to = addressOf(required(context.peer, 'peer'))
        context.relay?.send(to, encodeCallMessage({ kind: 'accept', accept }))
        return
      }
      case 'verify-accept':
        void outgoing.verifyAccept(runner, context, effect.accept)
        return
      case 'set-receiver':
        context.relay?.setReceivers([addressOf(required(context.peer, 'peer'))])
        return
      case 'send-control':
        control.sendControl(context, effect.message)
        return
      case 'send-profile':
        control.sendProfile(runner, context)
        return
      case 'resend-control':
        control.resendControl(context)
        return
      case 'offer-rekey':
        control.offerRekey(runner, context)
        return
      case 'answer-rekey':
        control.answerRekeyOffer(runner, context, effect.offer)
        this.#giveKeysAhead(context)
        return
      case 'finish-rekey':
        control.finishRekeyExchange(runner, context, effect.answer)
        return
      case 'drop-old-keys':
        if (context.oldSession) eraseSession(context.oldSession)
        context.oldSession = undefined
        return
      case 'open-direct':
        paths.openDirect(runner, context, effect.pathId, effect.role)
        return
      case 'connect-direct':
        paths.connectDirect(context, effect.endpoint)
        return
      case 'send-path-proof':
        paths.sendPathProof(context)
        return
      case 'close-direct':
        paths.closeDirect(context)
        return
      case 'give-keys':
        this.#giveKeys(context)
        return
      case 'show-path':
        runner.environment.mediaPorts.send(context.callId, { kind: 'path', path: effect.path })
        return
      case 'show-remote-media':
        runner.environment.mediaPorts.send(context.callId, { kind: 'remote-media', media: effect.media })
        return
      case 'start-timer':
        if (effect.timer === 'reconnect') context.givenUpAt = runner.environment.clock.now() + effect.delay
        this.#startTimer(effect)
        return
      case 'cancel-timer':
        this.#cancelTimers(`${effect.callId}/${effect.timer}`)
        return
      case 'cancel-all-timers':
        this.#cancelTimers(`${effect.callId}/`)
        return
      case 'release':
        this.#release(context)
        return
      default:
        unreachable(effect)
    }
  }

  /** When what was said last has left, or nobody can take it: at most `GOODBYE` later. */
  async leave(): Promise<void> {
    const { clock } = this.#runner.environment
    const pause = (span: Ms): Promise<void> => new Promise((resolve) => clock.after(span, resolve))
    await pause(LINGER)
    await Promise.race([Promise.allSettled(this.#mails), pause(GOODBYE)])
  }

  #startTimer({ callId, timer, delay }: CallEffect & { kind: 'start-timer' }): void {
    const name = `${callId}/${timer}`
    this.#cancelTimers(name)
    const cancel = this.#runner.environment.clock.after(delay, () => {
      this.#timers.delete(name)
      this.#runner.dispatch({ kind: 'timer', callId, timer })
    })
    this.#timers.set(name, cancel)
  }

  #cancelTimers(prefix: string): void {
    for (const [name, cancel] of this.#timers) {
      if (!name.startsWith(prefix)) continue
      cancel()
      this.#timers.delete(name)
    }
  }

  #cancel(context: CallContext, { reason, to }: CallEffect & { kind: 'send-cancel' }): void {
    const payload = encodeCancel({ callId: context.callIdBytes, reason })
    const { person, peer, outgoing: part } = context
    if (to === 'peer') {
      if (peer) this.#mail(peer, 'cancel', payload)
      return
    }
    for (const device of person?.devices ?? []) {
      const id = deviceIdOf(device)
      if (to === 'others' && peer && id === deviceIdOf(peer)) continue
      // Behind its invitation, and only if that left.
      const sent = part?.sends.get(id)
      if (sent) this.#mail(device, 'cancel', payload, sent)
    }
  }

  #mail(to: VerifiedDevice, type: MailType, payload: Uint8Array, after?: Promise<boolean>): void {
    const mail = this.#deliver(to, type, payload, after)
    this.#mails.add(mail)
    void mail.finally(() => this.#mails.delete(mail))
  }

  async #deliver(to: VerifiedDevice, type: MailType, payload: Uint8Array, after?: Promise<boolean>): Promise<void> {
    if (after !== undefined && !(await after)) return
    const { mail, clock } = this.#runner.environment
    for (let tries = 1; ; tries++) {
      const sent = await mail.send(to, type, payload)
      if (sent.ok || sent.reason !== 'offline' || tries === MAIL_TRIES) return
      await new Promise<void>((resolve) => clock.after(MAIL_PAUSE, resolve))
    }
  }

  #giveKeys(context: CallContext): void {
    const { clock, mediaPorts } = this.#runner.environment
    const { callId } = context
    const { suite, role, keys } = required(context.session, 'session')
    context.keysSince = clock.now()
    context.flow ??= new PacketFlow(clock, mediaPorts, callId, {
      sendingPath: () => sendingPath(this.#runner.state().call),
      takes: (path) => takesPackets(this.#runner.state().call, path),
      send: (path, packet) => {
        if (path === 'relay') context.relay?.sendPacket(packet)
        else context.direct?.link.sendPacket(packet)
      },
    })
    mediaPorts.send(callId, {
      kind: 'keys',
      generation: keys.generation,
      suite,
      send: copyOf(keys.media[sendingDirection(role)]),
      receive: copyOf(keys.media[receivingDirection(role)]),
    })
    mediaPorts.send(callId, { kind: 'remote-media', media: context.remote })
  }

  /** R39: the caller may send under them as soon as it has the answer. */
  #giveKeysAhead({ callId, nextSession }: CallContext): void {
    if (nextSession === undefined) return
    const { suite, role, keys } = nextSession
    this.#runner.environment.mediaPorts.send(callId, {
      kind: 'keys-ahead',
      generation: keys.generation,
      suite,
      receive: copyOf(keys.media[receivingDirection(role)]),
    })
  }

  /** R21 */
  #release(context: CallContext): void {
    const { clock, mediaPorts } = this.#runner.environment
    context.released = true
    context.flow?.stop()
    mediaPorts.close(context.callId)
    context.channel?.erase()
    for (const session of [context.session, context.oldSession, context.nextSession]) {
      if (session) eraseSession(session)
    }
    if (context.outgoing?.offer) eraseOffer(context.outgoing.offer)
    if (context.pendingRekey) erase(context.pendingRekey.x25519.secret, context.pendingRekey.kem.secret)
    context.relay?.setReceivers([])
    const { relay, direct } = context
    context.direct = undefined
    clock.after(LINGER, () => {
      relay?.close()
      direct?.link.close()
    })
  }
}

/** The port may keep the keys for a page that comes later; the session's own are erased with the call. */
function copyOf({ audio, video, screen, screenSound }: StreamKeys): StreamKeys {
  const copy = ({ key, salt }: StreamKeys['audio']): StreamKeys['audio'] => ({ key: key.slice(), salt: salt.slice() })
  return { audio: copy(audio), video: copy(video), screen: copy(screen), screenSound: copy(screenSound) }
}
