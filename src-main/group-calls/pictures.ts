/** What the media worker and the relay tell each other about pictures: whose are looked at, and what did not arrive (docs/protocol/group.md, section 5.3). */
import type { GroupFromWorker } from '../../src-shared/ipc/media-port.ts'
import { unreachable } from '../../src-shared/base/result.ts'
import { addressOfDevice, type GroupContext, type GroupRunner } from './group-context.ts'

/** Until the stay's media port closes. */
export function passRequests({ environment }: GroupRunner, context: GroupContext): void {
  environment.mediaPorts.onRequests(context.callId, (request) => askRelay(context, request))
}

/** The relay says which layers anybody gets, and of which a keyframe is needed. */
export function wanted(
  { environment }: GroupRunner,
  context: GroupContext,
  layers: readonly number[],
  keyframes: readonly number[],
): void {
  const { mediaPorts } = environment
  context.wantedLayers = layers
  mediaPorts.send(context.callId, { kind: 'wanted-layers', layers })
  askForKeyframes({ environment }, context, keyframes)
}

/** Of the layers that anybody gets, if no others are named. */
export function askForKeyframes(
  { environment }: Pick<GroupRunner, 'environment'>,
  { callId, wantedLayers }: GroupContext,
  layers: readonly number[] = wantedLayers,
): void {
  for (const layer of layers) environment.mediaPorts.send(callId, { kind: 'keyframe', layer })
}

function askRelay({ link, released }: GroupContext, request: GroupFromWorker): void {
  if (released) return
  switch (request.kind) {
    case 'look': {
      const pictures = request.pictures.map(({ member, layer }) => ({ member: addressOfDevice(member), layer }))
      link?.want(pictures, request.downlink)
      return
    }
    case 'stalled':
      link?.requestKeyframe(addressOfDevice(request.member))
      return
    case 'missing':
      link?.requestPackets(request.ssrc, request.sequenceNumbers)
      return
    default:
      unreachable(request)
  }
}
