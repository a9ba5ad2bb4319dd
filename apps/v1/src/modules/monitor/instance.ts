import { hostname } from 'node:os';

/** Which process answers: each replica caches for itself, so ages differ between them. */
export const INSTANCE = `${hostname()}:${process.pid}`;
