import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHaproxyDriver } from '../../gateway/balancer/haproxy.ts';
import { balancerSuite, type BalancerWorld } from '../support/balancer-suite.ts';
import { program, requires } from '../support/requires.ts';

/** client ─▶ HAProxy 127.0.0.1:front ─▶ pool 'app': 127.0.0.1:back (old), 127.0.0.2:back (new) */
requires('load balancing by HAProxy', [program('haproxy')], () => {
  balancerSuite(async (use) => {
    const directory = mkdtempSync(join(tmpdir(), 'lh-haproxy-'));
    const old = await listen('127.0.0.1', 0);
    const port = portOf(old);
    const clone = await listen('127.0.0.2', port);
    const front = await listen('127.0.0.1', 0);
    const frontPort = portOf(front);
    await close(front);
    const socketPath = join(directory, 'admin.sock');
    writeFileSync(join(directory, 'haproxy.cfg'), configuration({ socketPath, frontPort, port }));
    const child = spawn('haproxy', ['-db', '-f', join(directory, 'haproxy.cfg')], { stdio: 'ignore' });
    const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    try {
      while (!existsSync(socketPath)) await new Promise((resolve) => setTimeout(resolve, 20));
      await use(worldOf(socketPath, frontPort));
    } finally {
      child.kill('SIGTERM');
      await exited;
      await Promise.all([close(old), close(clone)]);
      rmSync(directory, { recursive: true });
    }
  });
});

function worldOf(socketPath: string, frontPort: number): BalancerWorld {
  return {
    driver: createHaproxyDriver({ name: 'lb-a', socket: { path: socketPath }, pools: ['app'] }),
    oldAddress: '127.0.0.1',
    newAddress: '127.0.0.2',
    openSession: async (address) => {
      // Round robin: of the sessions opened, the ones at other members are ended again.
      for (;;) {
        const session = await talk(frontPort);
        if (session.served === address) return async () => endOf(session.socket);
        await endOf(session.socket);
      }
    },
  };
}

async function talk(port: number): Promise<{ socket: Socket; served: string }> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').on('error', reject);
    socket.once('data', (chunk) => resolve({ socket, served: chunk.toString() }));
  });
}

async function endOf(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.destroy();
  });
}

/** Says its own address to whoever connects. */
async function listen(address: string, port: number): Promise<Server> {
  return await new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => undefined).write(address));
    server.listen(port, address, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

function configuration({
  socketPath,
  frontPort,
  port,
}: {
  socketPath: string;
  frontPort: number;
  port: number;
}): string {
  return `
global
  stats socket ${socketPath} mode 600 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${frontPort}
  default_backend app
backend app
  balance roundrobin
  server old 127.0.0.1:${port} check inter 200ms
`;
}
