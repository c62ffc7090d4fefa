/** Puts a stand-in for the preload's bridge on the window, before the app's own script runs. */
import { FakeBridge } from './fake-bridge.ts'
import { stateNamed } from './states.ts'

const query = new URLSearchParams(location.search)
const { snapshot, slow } = stateNamed(query.get('state') ?? 'people', query.get('names') === 'long')

Object.defineProperty(window, 'sightline', { value: new FakeBridge(snapshot, slow ?? []) })
