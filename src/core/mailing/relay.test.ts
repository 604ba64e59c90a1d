import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Fault, type SmtpServer, serveSmtp } from '../../testing/smtp-server.ts';
import { Lane } from './relay.ts';

const ENVELOPE = { from: 'hello@northwind.example', to: 'ada@reader.example' };
/** More than what the buffers between the two ends take. */
const LARGE = Buffer.from('much to say\r\n'.repeat(2_000_000));

const open: { readonly server: SmtpServer; readonly lane: Lane }[] = [];
afterEach(async () => {
  for (const { lane, server } of open.splice(0)) {
    lane.close();
    await server.close();
  }
});

async function laneTo(...faults: readonly Fault[]) {
  const server = await serveSmtp({ tls: 'none' });
  server.fail(...faults);
  const relay = {
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    name: 'northwind.example',
    answerMs: 20_000,
  } as const;
  const lane = new Lane(relay);
  open.push({ server, lane });
  return { server, lane };
}

test('a message that broke off before its end has not been given away', async () => {
  const { server, lane } = await laneTo({ at: 'middle', does: 'drop' });
  expect(await lane.send(ENVELOPE, LARGE)).toMatchObject({ complete: false, error: { code: expect.any(String) } });
  server.fail();
  expect(await lane.send(ENVELOPE, LARGE)).toEqual({ complete: true });
  expect(server.arrived.length).toBe(1);
});

test('an answer that comes before the end of the message is an answer', async () => {
  const { lane } = await laneTo({ at: 'end', does: '554 5.7.1 spam' });
  const { error } = await lane.send(ENVELOPE, LARGE);
  expect(error).toMatchObject({ responseCode: 554, command: 'DATA' });
});

test('lines of the message that look like the end of it arrive as they are', async () => {
  const { server, lane } = await laneTo();
  const message = Buffer.from('Subject: x\r\n\r\n.\r\n..\r\nQUIT\r\n');
  await lane.send(ENVELOPE, message);
  expect(server.arrived[0]?.message.toString()).toBe(message.toString());
});

test('a server that is never silent and never says anything is given up', async () => {
  const trickling = createServer((socket) => {
    const timer = setInterval(() => socket.write('220-still thinking\r\n'), 50);
    socket.on('error', () => {}).on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => trickling.listen(0, '127.0.0.1', resolve));
  const { port } = trickling.address() as AddressInfo;
  const lane = new Lane({ host: '127.0.0.1', port, tls: 'none', name: 'northwind.example', answerMs: 300 });
  expect(await lane.send(ENVELOPE, LARGE)).toMatchObject({ complete: false, error: { code: 'ETIMEDOUT' } });
  await new Promise((resolve) => trickling.close(resolve));
});
