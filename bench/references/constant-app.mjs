// The least a Nest service can do for a request: read its JSON and answer JSON of the same size as Studio's.
import { serveReserve } from './bare-app.mjs';

const answer = JSON.parse(process.env.CONSTANT_ANSWER);
await serveReserve(() => answer, process.env.CONSTANT_APP_PORT);
