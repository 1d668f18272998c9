import { createFetch } from '../../src/core/privacy/privateFetch.ts';

/** The extension's way to the network, outside of private mode. */
export const openFetch = createFetch(() => false);
