import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { LonghaulError } from '../../../topology/errors.ts';
import { createSiteClient } from '../../../src/site/client.ts';
import { createSiteServer, listen } from '../../../src/site/server.ts';
import type { Site } from '../../../src/site/site.ts';
import { CallNotDelivered } from '../../../src/site/unreachable.ts';
import { silentLog } from '../../support/log.ts';

/** A site of which only `describe` is asked. */
const siteThat = (describe: Site['describe']): Site => ({ name: 'lyon', describe }) as Site;
const empty = siteThat(async () => ({ name: 'lyon', hosts: [], guests: [], gateway: null }));
const signal = AbortSignal.timeout(120_000);

async function withServer<T>(site: Site, token: string | null, use: (url: string) => Promise<T>): Promise<T> {
  const server = createSiteServer({ site, log: silentLog, token, tls: null });
  try {
    return await use(await listen(server, { host: '127.0.0.1', port: 0 }, { token, tls: null }));
  } finally {
    await server.close();
  }
}

const describeAt = async (url: string, token: string | null) => {
  const client = createSiteClient({
    site: 'lyon',
    url,
    token,
    tls: null,
    balancers: false,
    connectSeconds: 1,
  });
  try {
    return await client.describe(signal);
  } finally {
    await client.close();
  }
};

test('a caller without the right token is refused and told which of the two it is', async () => {
  await withServer(empty, 'right', async (url) => {
    await expect(describeAt(url, null)).rejects.toMatchObject({
      code: 'LH_AGENT_UNAUTHORISED',
      message: "Agent of site 'lyon' refused the caller: no token was sent",
    });
    await expect(describeAt(url, 'wrong')).rejects.toMatchObject({
      message: "Agent of site 'lyon' refused the caller: the token is not the right one",
    });
    expect(await describeAt(url, 'right')).toEqual({ name: 'lyon', hosts: [], guests: [], gateway: null });
  });
});

test('without authentication it listens on loopback only', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'agent.example']) {
    const server = createSiteServer({ site: empty, log: silentLog, token: null, tls: null });
    await expect(listen(server, { host, port: 0 }, { token: null, tls: null })).rejects.toMatchObject({
      code: 'LH_LISTEN_UNPROTECTED',
    });
  }
});

test('an error of the site is the same error at the caller, with its code, message and settling command', async () => {
  const thrown = new LonghaulError('LH_EPOCH_STALE', ['lyon', 7, 'app', 6], {
    settle: 'longhaul show run-1',
  });
  const site = siteThat(async () => await Promise.reject(thrown));
  await withServer(site, null, async (url) => {
    await expect(describeAt(url, null)).rejects.toMatchObject({
      code: 'LH_EPOCH_STALE',
      kind: 'person',
      message: thrown.message,
      values: ['lyon', 7, 'app', 6],
      settle: 'longhaul show run-1',
    });
  });
});

test('a fault inside the agent is named as one', async () => {
  const site = siteThat(async () => await Promise.reject(new TypeError('x is not a function')));
  await withServer(site, null, async (url) => {
    await expect(describeAt(url, null)).rejects.toMatchObject({
      code: 'LH_AGENT_FAULT',
      message: "Agent of site 'lyon' failed: TypeError: x is not a function",
    });
  });
});

test('a call it does not understand is refused with every problem in it', async () => {
  await withServer(empty, null, async (url) => {
    const body = JSON.stringify({ claim: { workload: 'db', epoch: 0, run: 'r' }, extra: 1 });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/guests/app/resume`, { method: 'POST', headers, body });
    expect(response.status).toBe(422);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('LH_AGENT_CALL_INVALID');
    expect(error.message).toContain('claim.epoch');
    expect(error.message).toContain('extra');
    expect((await fetch(`${url}/guests/..%2fetc/definition`)).status).toBe(422);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });
});

test('an agent that is not there, that is something else, or that never answers ends the call', async () => {
  const nobody = await describeAt('http://127.0.0.1:9', null).catch((error: unknown) => error);
  expect(nobody).toMatchObject({ code: 'LH_AGENT_UNREACHABLE' });
  expect(nobody).toBeInstanceOf(CallNotDelivered);

  const stranger = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
  const mute = createServer(() => undefined);
  const urlOf = async (server: typeof mute): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  };
  const hangsUp = createServer((socket) => socket.once('data', () => socket.destroy()));
  for (const server of [stranger, hangsUp]) {
    const error = await describeAt(await urlOf(server), null).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'LH_AGENT_UNREACHABLE' });
    expect(error).not.toBeInstanceOf(CallNotDelivered); // something may have come of it
  }
  const url = await urlOf(mute);
  const client = createSiteClient({
    site: 'lyon',
    url,
    token: null,
    tls: null,
    balancers: false,
    connectSeconds: 1,
  });
  await expect(client.describe(AbortSignal.timeout(200))).rejects.toMatchObject({ name: 'TimeoutError' });
  await client.close();
  stranger.close();
  hangsUp.close();
  mute.close();
});
