/** What mail brings of 1:1 calls; mail of group calls is their runner's. */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { parseAnswered, parseCancel, parseReply } from '../../src-shared/protocol/cancel.ts'
import { parseInvite } from '../../src-shared/protocol/invite.ts'
import type { CallContext, Runner } from './call-context.ts'
import { inviteReceived } from './incoming-call.ts'
import type { ReceivedMail } from './ports.ts'

/** The envelope is genuine (R14); its content is what its sender says. */
export function mailReceived(runner: Runner, mail: ReceivedMail): void {
  const { environment, dispatch, contexts } = runner
  switch (mail.type) {
    case 'invite': {
      const invite = parseInvite(mail.payload)
      if (invite !== undefined) void inviteReceived(runner, mail, invite)
      return
    }
    case 'cancel':
      cancelReceived(runner, mail)
      return
    case 'answered': {
      const own = environment.identity()
      const answered = parseAnswered(mail.payload)
      // R24: only the own account says so.
      if (answered === undefined || own === undefined || !equalBytes(mail.senderAccountPub, own.accountPub)) return
      dispatch({ kind: 'answered', callId: toHex(answered.callId) })
      return
    }
    case 'reply': {
      const reply = parseReply(mail.payload)
      if (reply === undefined) return
      const callId = toHex(reply.callId)
      if (!isFromInvited(contexts.get(callId), mail)) return
      dispatch({ kind: 'reply', callId, from: toHex(mail.senderCertHash), answer: reply.answer })
      return
    }
    case 'group-invite':
    case 'knock':
      return
  }
}

function cancelReceived({ dispatch, contexts }: Runner, mail: ReceivedMail): void {
  const cancel = parseCancel(mail.payload)
  if (cancel === undefined) return
  const callId = toHex(cancel.callId)
  const context = contexts.get(callId)
  if (context?.direction === 'outgoing' && !isFromInvited(context, mail)) return
  dispatch({ kind: 'cancel', callId, from: toHex(mail.senderCertHash), reason: cancel.reason })
}

function isFromInvited(context: CallContext | undefined, { senderCertHash }: ReceivedMail): boolean {
  if (context?.direction !== 'outgoing') return false
  return context.person?.devices.some(({ certHash }) => equalBytes(certHash, senderCertHash)) === true
}
