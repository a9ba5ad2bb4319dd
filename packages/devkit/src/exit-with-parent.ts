// Preloaded into the services that the dev stack and the scenario tests start. When their starter is killed, even by
// kill -9, its end of the channel closes: the service then shuts down instead of holding its port for ever.
const shutDown = () => process.kill(process.pid, 'SIGTERM');

process.channel?.unref();
process.once('disconnect', shutDown);
// The starter may be gone before this file was loaded; its end was announced to nobody then.
if (!process.connected) shutDown();
