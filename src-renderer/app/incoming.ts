/** Composition root of the incoming window. */
import { mount } from 'svelte'
import '../ui/base.css'
import IncomingApp from './IncomingApp.svelte'
import { mountPoint } from './mount-point.ts'
import { live } from '../bridge/live-snapshot.svelte.ts'

void live.follow()
mount(IncomingApp, { target: mountPoint() })
