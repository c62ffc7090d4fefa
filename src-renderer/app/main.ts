/**
 * Composition root of the main window: puts the screens together and mounts them. Screens use features, features use `ui`;
 * the bridge is the only way to the main process, `devices` the only way to cameras and microphones.
 */
import { mount } from 'svelte'
import '../ui/base.css'
import App from './App.svelte'
import { mountPoint } from './mount-point.ts'
import { live } from '../bridge/live-snapshot.svelte.ts'

void live.follow()
mount(App, { target: mountPoint() })
