import './install-bridge.ts'

// Afterwards: the page reads the bridge as soon as it is loaded.
void import('../../src-renderer/app/main.ts')
