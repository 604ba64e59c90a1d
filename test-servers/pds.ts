/** A real server of Bluesky accounts with its directory, as a process of its own: it prints where it listens. */
import { Server } from 'node:net';

// The servers listen on every address of the machine unless somebody stops them.
const { listen } = Server.prototype;
Server.prototype.listen = function (this: Server, ...given: unknown[]) {
  const [port] = given;
  const rest = given.filter((one) => typeof one === 'function');
  const place = typeof port === 'object' && port !== null ? port : { port: Number(port ?? 0) };
  return Reflect.apply(listen, this, [{ ...place, host: '127.0.0.1' }, ...rest]) as Server;
};

const { TestNetworkNoAppView } = await import('@atproto/dev-env');
const network = await TestNetworkNoAppView.create({});
process.stdout.write(`${JSON.stringify({ url: network.pds.url })}\n`);
process.once('SIGTERM', () => {
  void network.close().then(() => process.exit(0));
});
