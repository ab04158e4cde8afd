import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP path on loopback that can be cut: from then on it takes nothing, passes nothing, and says nothing to either end. */
export interface TcpPath {
  readonly port: number;
  cut(): void;
  close(): Promise<void>;
}

export async function createTcpPath(targetPort: number): Promise<TcpPath> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => {
      if (!isCut && !to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!isCut) from.resume();
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      if (!isCut) to.destroy();
    });
  };
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    join(near, far);
    join(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
