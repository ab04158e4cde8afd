import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A TCP path on loopback of a given rate that can be cut: from then on it takes nothing, passes nothing, and says
 * nothing to either end. `reset` ends its connections with a word to both.
 */
export interface TcpPath {
  readonly port: number;
  cut(): void;
  reset(): void;
  close(): Promise<void>;
}

const sliceBytes = 64 * 1024;

export async function createTcpPath(
  targetPort: number,
  { bytesPerSecond = Number.POSITIVE_INFINITY }: { readonly bytesPerSecond?: number } = {},
): Promise<TcpPath> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const pass = async (from: Socket, to: Socket): Promise<void> => {
    for (;;) {
      const chunk = from.read(Math.min(sliceBytes, Math.max(1, from.readableLength))) as Buffer | null;
      if (isCut || from.destroyed) return;
      if (chunk === null) await new Promise((resolve) => from.once('readable', resolve));
      else {
        to.write(chunk);
        await sleep((chunk.length / bytesPerSecond) * 1000);
        while (to.writableLength > sliceBytes && !to.destroyed) await sleep(1);
      }
    }
  };
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('error', () => undefined);
    from.on('close', () => {
      if (!isCut) to.destroy();
    });
    void pass(from, to);
  };
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    join(near, far);
    join(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => void (isCut = true),
    reset: end,
    close: async () => {
      end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
