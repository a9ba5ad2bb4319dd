import { setFlagsFromString } from 'node:v8';

/**
 * Sets V8's garbage collector up for a service that answers small requests all the time. Both settings are read anew with
 * each collection, so they hold however the process was started. Call once, before the application is made.
 */
export function tuneGarbageCollection(): void {
  // What survives in the young generation is a request or two per connection: threads that share it out cost more than
  // the copying does.
  setFlagsFromString('--no-parallel-scavenge');
  // The old generation is collected once it is half as large again as what was alive in it. By itself V8 waits for up to
  // four times that, where it finds much memory, and holds hundreds of megabytes of what nobody needs.
  setFlagsFromString('--heap-growing-percent=50');
}
