// Preloaded into the services that the dev stack and the scenario tests start. When their starter is killed, even by
// kill -9, its end of the channel closes: the service then shuts down instead of holding its port for ever.
process.channel?.unref();
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
