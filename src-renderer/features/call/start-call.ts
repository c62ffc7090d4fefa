/** Starting a call. Its screen opens as soon as main shows the call, which is at once. */
import { request } from '../../bridge/sightline.ts'
import { attempt } from '../notices/notices.svelte.ts'

export async function startCall(handle: string, video: boolean): Promise<void> {
  await attempt(request('call.start', { handle, media: { audio: true, video, screen: false } }))
}
