/**
 * Importing this sets V8's garbage collector up for a service that answers small requests all the time. It must be a
 * program's first import: what the others leave behind as they start is collected too, and decides how far the heap may
 * grow from there. Both settings are read anew with each collection, so they hold however the process was started.
 */
import { setFlagsFromString } from 'node:v8';

// What survives in the young generation is a request or two per connection: threads that share it out cost more than
// the copying does.
setFlagsFromString('--no-parallel-scavenge');
// The old generation is collected once it is half as large again as what was alive in it. By itself V8 waits for up to
// four times that, where it finds much memory, and holds hundreds of megabytes of what nobody needs.
setFlagsFromString('--heap-growing-percent=50');
