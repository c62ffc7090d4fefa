/** What can happen to a call of the laboratory while it is on: to its network, and by the people in it. */
import type { RunningService } from '../e2e/harness/service.ts'
import type { Impairment } from './impaired-link.ts'
import type { LabSide } from './lab-side.ts'
import type { LabNetwork } from './network.ts'

export type Happening =
  | { readonly kind: 'impair'; readonly impairment: Impairment }
  | { readonly kind: 'change-address' }
  /** Nothing passes between the homes any more; the service stays reachable. */
  | { readonly kind: 'cut-direct' }
  | { readonly kind: 'mend-direct' }
  | { readonly kind: 'restart-service' }
  | { readonly kind: 'set-media'; readonly audio: boolean; readonly video: boolean }
  | { readonly kind: 'next-device'; readonly home: 'a' | 'b'; readonly device: 'microphone' | 'speaker' }
  | { readonly kind: 'show-window'; readonly home: 'a' | 'b'; readonly shown: boolean }

export interface Place {
  readonly network: LabNetwork
  readonly service: RunningService
  readonly a: LabSide
  readonly b: LabSide
}

/** Another address and other media are those of `a`: what is measured goes from there to `b`. */
export async function happen(happening: Happening, place: Place): Promise<void> {
  const { network, service, a } = place
  switch (happening.kind) {
    case 'impair':
      return network.link.set(happening.impairment)
    case 'change-address':
      return network.changeAddress('a')
    case 'cut-direct':
      return network.separateHomes()
    case 'mend-direct':
      return network.reconnectHomes()
    case 'restart-service':
      return service.restart()
    case 'set-media':
      return a.setMedia({ audio: happening.audio, video: happening.video, screen: false })
    case 'next-device':
      return place[happening.home].useNextDevice(happening.device)
    case 'show-window':
      return place[happening.home].showWindow(happening.shown)
  }
}
