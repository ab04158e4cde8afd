import { expect, test } from 'vitest';
import { createApi, type ApiOptions } from '../../../src/api/server.ts';
import { addPages } from '../../../src/web/pages.ts';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { createMemoryStore } from '../../../src/runs/store/open.ts';
import { realClock } from '../../../src/world/real.ts';
import { planFor } from '../../support/simulation.ts';
import { silentLog } from '../../support/log.ts';

function api(callers: ApiOptions['callers']) {
  const { service } = createApp({
    store: createMemoryStore(realClock, silentLog),
    config: readConfig({}, {}),
    simulation: 'forgotten',
    clock: realClock,
    log: silentLog,
  });
  const server = createApi({ service, clock: realClock, log: silentLog, callers, tls: null });
  addPages(server, service);
  return { server, service };
}

const local = { host: '127.0.0.1:7400' };
const errorOf = (body: string): unknown => (JSON.parse(body) as { readonly error: object }).error;

test('without a token a caller must have asked for a loopback name', async () => {
  const { server } = api({ token: null });
  for (const [host, status] of [
    ['127.0.0.1:7400', 200],
    ['localhost:7400', 200],
    ['[::1]:7400', 200],
    ['rebound.example.test:7400', 403],
    ['10.0.0.5:7400', 403],
  ] as const) {
    const { statusCode } = await server.inject({ url: '/api/runs', headers: { host } });
    expect([host, statusCode]).toEqual([host, status]);
  }
});

test('a page of another origin changes nothing, also not with the token', async () => {
  const { server } = api({ token: 'hunter2' });
  const authorization = `Basic ${Buffer.from('anybody:hunter2').toString('base64')}`;
  const call = { method: 'POST', url: '/api/runs/none/resume', payload: {} } as const;
  for (const [origin, status] of [
    ['http://evil.example.test', 403],
    ['null', 403],
    ['http://127.0.0.1:7400', 404],
  ] as const) {
    const { statusCode } = await server.inject({ ...call, headers: { ...local, authorization, origin } });
    expect([origin, statusCode]).toEqual([origin, status]);
  }
});

test.each([
  [undefined, 'no token was sent'],
  ['Bearer wrong', 'the token is not the right one'],
  [`Basic ${Buffer.from('hunter2:wrong').toString('base64')}`, 'the token is not the right one'],
  ['hunter2', 'the token is not the right one'],
])('with a token, %s is refused', async (authorization, why) => {
  const { server } = api({ token: 'hunter2' });
  for (const url of ['/', '/api/runs', '/api/runs/none/events', '/live.js']) {
    const answer = await server.inject({
      url,
      headers: { ...local, ...(authorization === undefined ? {} : { authorization }) },
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="longhaul"');
    expect(errorOf(answer.body)).toMatchObject({
      code: 'LH_API_UNAUTHORISED',
      message: expect.stringContaining(why) as string,
    });
  }
});

test('the token opens as a bearer token, and as the password of any user', async () => {
  const { server } = api({ token: 'hunter2' });
  for (const authorization of ['Bearer hunter2', `Basic ${Buffer.from('x:hunter2').toString('base64')}`])
    expect((await server.inject({ url: '/api/runs', headers: { ...local, authorization } })).statusCode).toBe(
      200,
    );
});

test.each([
  [{ method: 'GET', url: '/api/runs/none' }, 404, 'LH_RUN_UNKNOWN'],
  [{ method: 'GET', url: '/api/runs/none/events' }, 404, 'LH_RUN_UNKNOWN'],
  [{ method: 'GET', url: '/api/nothing' }, 404, 'LH_API_CALL_INVALID'],
  [{ method: 'GET', url: '/api/runs/none/journal?after=-1' }, 422, 'LH_API_CALL_INVALID'],
  [{ method: 'GET', url: `/api/runs/${encodeURIComponent('../../etc')}` }, 422, 'LH_API_CALL_INVALID'],
  [
    { method: 'POST', url: '/api/runs/none/request', payload: { request: 'explode' } },
    422,
    'LH_API_CALL_INVALID',
  ],
  [
    { method: 'POST', url: '/api/runs', payload: { plan: {}, consent: { yes: true } } },
    422,
    'LH_API_CALL_INVALID',
  ],
  [
    {
      method: 'POST',
      url: '/api/runs',
      payload: 'nonsense',
      headers: { 'content-type': 'application/json' },
    },
    422,
    'LH_API_CALL_INVALID',
  ],
] as const)('%j is answered with %i and its reason', async (call, status, code) => {
  const { server } = api('socket');
  const answer = await server.inject(call as never);
  expect(answer.statusCode).toBe(status);
  expect(errorOf(answer.body)).toMatchObject({ code });
});

test('the page of a run shows each workload with its reasons, and nothing of it becomes markup', async () => {
  const { server, service } = api({ token: null });
  const plan = planFor('routed-live');
  const { id } = await service.start(plan, { yes: false, approvedBy: [] });
  const list = await server.inject({ url: '/', headers: local });
  expect(list.body).toContain(`<a href="/runs/${id}">${id}</a>`);
  const page = await server.inject({ url: `/runs/${id}`, headers: local });
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  expect(page.body).toContain(
    '<tr data-workload="web"><td>web</td><td>routed-live</td><td>paris</td><td>lyon</td>',
  );
  const unknown = await server.inject({ url: '/runs/%3Cscript%3E', headers: local });
  expect(unknown.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
});
